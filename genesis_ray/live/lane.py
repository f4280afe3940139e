"""Where one camera's frames wait, and which of them when there are too many."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from genesis_ray.domain.load.roles import MOST_WAITING, DropClass, drop_class_of, rank_of
from genesis_ray.domain.streams.frames import Frame, FrameStamp, Image
from genesis_ray.domain.streams.samplers import LoadSampler
from genesis_ray.running.station import CameraStation

BUSY = "busy"
"""Why a frame was dropped: a newer one came before the detector was free."""

SAMPLED = "sampled"
"""Or so that those which are left come evenly."""

FAILED = "failed"
"""Or as the detector failed on it, as on every other frame."""

STARVED_S = 5.0
"""Without a frame taken, after which a camera comes before all that may lose frames, one of the
first class before all. After twice as long others do, too: a frame in ten seconds is little."""


URGENCY_OF: dict[DropClass, int] = {"never": 1, "adaptive": 3, "aggressive": 4}
"""Of a camera that has not starved; 0 and 2 are of those that have."""


class Waiting(NamedTuple):
    """A frame that waits, with what the detector is to be given of it, and since when."""

    frame: Frame
    image: Image
    since: float


@dataclass(slots=True, eq=False)
class Lane:
    """One camera's waiting frames.

    Attributes:
        limit: Frames that wait at most in capacity mode.
        unsettled: Capture times of frames that were taken, and have not been settled, in order.
        holds: How many hold the camera up.
        is_slow: Whether what was seen waits somewhere behind, so that less is to be taken.
        decoded_at: Capture time of the last frame decoded.
        played_later_s: How much later than it was captured a recording plays, where it goes by
            the clock.
        waits_since: When a frame was taken last, or came where none waited.
    """

    station: CameraStation
    limit: int
    realtime: bool
    waiting: deque[Waiting] = field(default_factory=deque)
    unsettled: deque[datetime] = field(default_factory=deque)
    drops: Counter[str] = field(default_factory=Counter)
    is_over: bool = False
    said_so: bool = False
    holds: int = 0
    is_slow: bool = False
    decoded_at: datetime | None = None
    played_later_s: float = 0.0
    waits_since: float = 0.0
    sampler: LoadSampler = field(default_factory=LoadSampler)

    @property
    def is_ready(self) -> bool:
        """Whether a frame can be taken."""
        return bool(self.waiting) and not self.holds

    @property
    def is_full(self) -> bool:
        """Whether the decoder has to wait.

        That of a camera which goes by the clock does for frames alone that the network held back.
        """
        if self.realtime:
            return len(self.waiting) >= MOST_WAITING["never"] and self.station.is_waited_for
        return len(self.waiting) >= self.limit

    @property
    def next_shape(self) -> tuple[int, ...] | None:
        """The shape of the picture that waits longest."""
        return self.waiting[0].image.shape if self.is_ready else None

    @property
    def first_at(self) -> datetime | None:
        """Capture time of the first frame that waits or is not settled; None: there is none."""
        if self.unsettled:
            return self.unsettled[0]
        return self.waiting[0].frame.stamp.captured_at if self.waiting else None

    @property
    def is_drained(self) -> bool:
        """Whether the last frame has been taken."""
        return self.is_over and not self.waiting

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many frames were not looked at, by the reason."""
        return {k: n for k, n in (self.station.unseen | self.drops).items() if n}

    def put(self, frame: Frame, image: Image, now: float) -> None:
        """Let a frame wait, perhaps in the place of others."""
        if self.is_over:
            return
        if not self.waiting:
            self.waits_since = now
        if self.realtime and not self._makes_room(now):
            return
        self.waiting.append(Waiting(frame, image, now))

    def take(self, now: float) -> Waiting:
        """Hand out the frame that waits longest."""
        taken = self.waiting.popleft()
        self.unsettled.append(taken.frame.stamp.captured_at)
        self.waits_since = now
        return taken

    def settle(self, stamps: Iterable[FrameStamp]) -> None:
        """Note that frames which were taken are reported, or never will be."""
        for stamp in stamps:
            self.unsettled.remove(stamp.captured_at)

    def urgency(self, now: float) -> tuple[int, int]:
        """Return what a real-time camera's frames are taken by, the least first."""
        kind, rank = drop_class_of(self.station.role), rank_of(self.station.role)
        waits_s = now - self.waits_since
        if waits_s > (STARVED_S if kind == "never" else 2 * STARVED_S):
            return 0, rank
        if kind != "never" and waits_s > STARVED_S:
            return URGENCY_OF["never"] + 1, rank
        return URGENCY_OF[kind], rank

    def _makes_room(self, now: float) -> bool:
        """Drop what a new frame replaces; tell whether it may wait."""
        kind = drop_class_of(self.station.role)
        most = MOST_WAITING[kind]
        if kind != "never" and (kind == "adaptive" or self.is_slow):
            self.sampler.note(1.0 if self.is_slow else len(self.waiting) / most, now)
            if not self.sampler.keeps():
                self.drops[SAMPLED] += 1
                return False
        if len(self.waiting) >= most:
            self.waiting.popleft()
            self.drops[BUSY] += 1
        return True
