"""Where the frames of a group's cameras wait for the detector."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.frames import Frame, Image
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station import CameraStation

BUSY = "busy"
"""Why a frame was dropped: a newer one came before the detector was free."""

_LAST_FRAME_S = 5.0
"""How long `close` waits for the decoders to finish the frames they are at."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames for one request: of several cameras, each camera's in capture order.

    Attributes:
        images: What the detector is given of them, uint8 [n, height, width, 3].
        ended: Cameras that have given their last frame, in this stack or before.
    """

    frames: list[tuple[CameraStation, Frame]]
    images: npt.NDArray[np.uint8]
    ended: list[CameraStation]


class FrameInbox:
    """Decodes each camera in a thread of its own and hands out what is ready.

    In capacity mode a recording with enough frames waiting stops decoding until some are
    taken: nothing is dropped. A live stream, or a recording in real time, keeps only the
    latest frame and counts those that it replaced.
    """

    def __init__(
        self, stations: Sequence[CameraStation], *, limit: int, realtime: bool, clock: StageClock
    ) -> None:
        """Start decoding; a stack has at most `limit` frames."""
        self._limit = limit
        self._realtime = realtime
        self._clock = clock
        self._changed = threading.Condition()
        self._lanes = [_Lane(station) for station in stations]
        self._turn = 0
        self._closed = False
        self._threads = [
            threading.Thread(
                target=self._decode,
                args=(lane,),
                name=f"decode-{lane.station.camera_id}",
                daemon=True,
            )
            for lane in self._lanes
        ]
        for thread in self._threads:
            thread.start()

    def dropped(self, camera_id: str) -> dict[str, int]:
        """Return how many frames of a camera were dropped, by reason."""
        drops = sum(lane.drops for lane in self._lanes if lane.station.camera_id == camera_id)
        return {BUSY: drops} if drops else {}

    def take(self) -> Stack | None:
        """Wait for frames and return those that are ready; None when all cameras have ended.

        Raises:
            Exception: What a decoding thread failed with.
        """
        with self._changed:
            self._changed.wait_for(self._has_news)
            frames = self._ready_frames()
            ended = [lane for lane in self._lanes if lane.is_drained and not lane.said_so]
            for lane in ended:
                lane.said_so = True
                if lane.failure:
                    raise lane.failure
            self._changed.notify_all()
        if not frames and not ended:
            return None
        images = [image for _, _, image in frames]
        return Stack(
            [(station, frame) for station, frame, _ in frames],
            np.stack(images) if images else np.zeros((0, 0, 0, 3), np.uint8),
            [lane.station for lane in ended],
        )

    def stop(self) -> None:
        """Let every camera end with the frames that wait."""
        with self._changed:
            self._closed = True
            for lane in self._lanes:
                lane.is_over = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop decoding; after this the sources may be closed."""
        self.stop()
        deadline = time.monotonic() + _LAST_FRAME_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _has_news(self) -> bool:
        return (
            any(lane.waiting for lane in self._lanes)
            or any(lane.is_drained and not lane.said_so for lane in self._lanes)
            or all(lane.said_so for lane in self._lanes)
        )

    def _ready_frames(self) -> list[tuple[CameraStation, Frame, Image]]:
        """Take frames of one input shape, an equal share of each camera, up to the limit."""
        order = self._lanes[self._turn :] + self._lanes[: self._turn]
        self._turn = (self._turn + 1) % len(self._lanes)
        first = next((lane for lane in order if lane.waiting), None)
        if first is None:
            return []
        shape = first.next_shape
        taken: list[tuple[CameraStation, Frame, Image]] = []
        while alike := [lane for lane in order if lane.next_shape == shape]:
            turn = alike[: self._limit - len(taken)]
            if not turn:
                break
            taken += [(lane.station, *lane.waiting.popleft()) for lane in turn]
        return taken

    def _decode(self, lane: "_Lane") -> None:
        try:
            frames = lane.station.frames()
            began, first_at = time.monotonic(), None
            while not self._closed:
                with self._clock.time("decode"):
                    pair = next(frames, None)
                if pair is None:
                    break
                if self._realtime and not lane.station.is_live:  # which paces itself
                    captured_at = pair[0].stamp.captured_at
                    first_at = first_at or captured_at
                    self._wait_until(began + (captured_at - first_at).total_seconds())
                self._put(lane, pair)
        except Exception as failure:  # handed to whoever takes, who can tell the operator
            lane.failure = failure
        with self._changed:
            lane.is_over = True
            self._changed.notify_all()

    def _wait_until(self, due: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed, due - time.monotonic())

    def _put(self, lane: "_Lane", pair: tuple[Frame, Image]) -> None:
        with self._changed:
            if self._realtime or lane.station.is_live:
                lane.drops += len(lane.waiting)
                lane.waiting.clear()
            else:
                self._changed.wait_for(lambda: len(lane.waiting) < self._limit or self._closed)
            if not lane.is_over:
                lane.waiting.append(pair)
            self._changed.notify_all()


@dataclass(slots=True, eq=False)
class _Lane:
    """One camera's waiting frames."""

    station: CameraStation
    waiting: deque[tuple[Frame, Image]] = field(default_factory=deque)
    drops: int = 0
    is_over: bool = False
    said_so: bool = False
    failure: Exception | None = None

    @property
    def next_shape(self) -> tuple[int, ...] | None:
        """The shape of the picture that waits longest."""
        return self.waiting[0][1].shape if self.waiting else None

    @property
    def is_drained(self) -> bool:
        """Whether the last frame has been taken."""
        return self.is_over and not self.waiting
