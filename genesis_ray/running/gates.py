"""What stands between a camera's source and the detector."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from genesis_ray.domain.streams.frame_gate import FrameGate
from genesis_ray.domain.streams.frames import Frame, Gains, Image
from genesis_ray.domain.streams.stream_health import Picture
from genesis_ray.vision.motion import MotionGate
from genesis_ray.vision.white_balance import GreyWorld


class Gates:
    """Keeps back the frames of one camera in which there is nothing to see, and counts them.

    Attributes:
        unseen: How many, by the reason.
    """

    def __init__(self, *, motion: bool, grey_world: bool) -> None:
        """Let everything through that shows something; with `motion`, where something moves.

        With `grey_world` frames get the gains of their white balance.
        """
        self._frame = FrameGate()
        self._motion = MotionGate() if motion else None
        self._white = GreyWorld() if grey_world else None
        self.unseen: Counter[str] = Counter()

    def passed(
        self, frames: Iterable[Frame], to_input: Callable[[Image, Gains | None], Image]
    ) -> Iterator[tuple[Frame, Image]]:
        """Yield those to be looked at, each with what the detector is to be given of it.

        A frame bears the state of the gates right after it. They are ahead of who observes it.
        """
        for frame in frames:
            at = frame.stamp.captured_at
            if reason := self._frame.refuses(at, Picture.of(frame.image)):
                self.unseen[reason] += 1
                continue
            gains = self._white.gains_at(at, frame.image) if self._white else None
            image = to_input(frame.image, gains)
            if self._motion and not self._motion.passes(at, image):
                self.unseen["still"] += 1
                continue
            yield replace(frame, gates=self._state(), gains=gains), image

    def resume(self, state: Any) -> None:
        """Go on from the state that a frame bears."""
        frame, motion, white, unseen = state
        self._frame.resume(frame)
        if self._motion and motion:
            self._motion.resume(motion)
        if self._white and white:
            self._white.resume(white)
        self.unseen = Counter(unseen)

    def _state(self) -> object:
        return (
            self._frame.state,
            self._motion and self._motion.state,
            self._white and self._white.state,
            dict(self.unseen),
        )
