"""Where the frames of a group's cameras wait for the detector."""

import logging
import math
import threading
import time
import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.load.retry import DELAYS_S, Attempts
from genesis_ray.domain.load.roles import DropClass
from genesis_ray.domain.streams.frames import Frame, FrameStamp, Image
from genesis_ray.live.lane import FAILED, Lane
from genesis_ray.live.picking import Picker
from genesis_ray.live.precedence import LOOKS_EVERY_S, Behind, Precedence
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station import CameraStation
from genesis_ray.running.station_values import Failure

_log = logging.getLogger(__name__)

_LAST_FRAME_S = 5.0
"""How long `close` waits for the decoders to finish the frames they are at."""

_LAST_LIVE_FRAME_S = 0.5
"""Or those of streams, which may hang for longer, and of which nothing is closed but by them."""


_SOON_S = 10.0
"""How far ahead a recording may be dated that is waited for: it begins beside live cameras."""

_LONGEST_LIVE_PAUSE_S = 15.0
"""Before a live stream is begun anew, whatever the settings say of other work: with the time that
connecting takes, frames come within 30 s of the end of what it failed of."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames for one request: of several cameras, each camera's in capture order.

    Attributes:
        images: What the detector is given of them, uint8 [n, height, width, 3].
        ended: Cameras that have given their last frame, in this stack or before.
    """

    frames: list[tuple[CameraStation, Frame]]
    images: npt.NDArray[np.uint8]
    ended: list[str]


class FrameInbox:
    """Decodes each camera in a thread of its own and hands out what is ready.

    In capacity mode a recording with enough frames waiting stops decoding until some are
    taken: nothing is dropped. Of a live stream, or a recording in real time, only the latest
    frame waits and those that it replaced are counted; of one that is to lose nothing, the
    latest few. Who is more important comes first.
    """

    def __init__(
        self,
        stations: Sequence[CameraStation],
        *,
        limit: int,
        realtime: bool,
        clock: StageClock,
        retry_delays_s: Sequence[float] = DELAYS_S,
        requests: int = 1,
    ) -> None:
        """Start decoding; a stack has at most `limit` frames, `requests` are under way at most.

        A decoder that fails is tried again after each of `retry_delays_s`; a live stream's for
        ever, and soon.
        """
        self._retry_delays_s = retry_delays_s
        self._limit = limit
        self._realtime = realtime
        self._look_every_s = LOOKS_EVERY_S if realtime else None
        self._clock = clock
        self._changed = threading.Condition()
        self._lanes: list[Lane] = []
        self._is_kept_open = self._is_slow = False
        self._precedence, self._behind = Precedence(requests=requests), Behind()
        self._picker = Picker(limit=limit, realtime=realtime, precedence=self._precedence)
        self._closed = threading.Event()
        self._threads: dict[threading.Thread, bool] = {}  # and whether it is of a stream
        for station in stations:
            self.add(station)

    def add(self, station: CameraStation) -> None:
        """Start decoding another camera."""
        lane = Lane(station, self._limit, self._realtime or station.is_live)
        name = f"decode-{station.camera_id}"
        thread = threading.Thread(target=self._decode, args=(lane,), name=name, daemon=True)
        with self._changed:
            lane.is_slow = self._is_slow
            self._lanes.append(lane)
            self._threads[thread] = station.is_live
        thread.start()

    def stay_open(self, is_open: bool) -> None:
        """Wait for cameras to be added, though all there are have ended; or do so no more."""
        with self._changed:
            self._is_kept_open = is_open
            self._changed.notify_all()

    def remove(self, camera_id: str) -> None:
        """Let a camera end with the frames that wait."""
        with self._changed:
            for lane in self._of(camera_id):
                lane.is_over = True
            self._changed.notify_all()

    def forget(self, camera_id: str) -> None:
        """Keep nothing of a camera that has ended; another one may have its name."""
        with self._changed:
            self._lanes = [each for each in self._lanes if each.station.camera_id != camera_id]
            alive = {each: live for each, live in self._threads.items() if each.is_alive()}
            self._threads = alive

    def dropped(self, camera_id: str) -> dict[str, int]:
        """Return how many frames of a camera were dropped, by reason."""
        return {reason: n for lane in self._of(camera_id) for reason, n in lane.dropped.items()}

    def played_later_s(self, camera_id: str) -> float:
        """Return how much later than captured a camera's frames come, if it is a recording."""
        lanes = self._of(camera_id)
        return lanes[0].played_later_s if lanes else 0.0

    def take(self) -> Stack | None:
        """Wait for frames and return those that are ready; None when all cameras have ended."""
        with self._changed:
            # Who has to give way may do so no more by now, of which nobody is told.
            while not self._changed.wait_for(self._has_news, self._look_every_s):
                pass
            frames = self._picker.pick(self._lanes, time.monotonic())
            ended = [lane for lane in self._lanes if lane.is_drained and not lane.said_so]
            for lane in ended:
                lane.said_so = True
            self._changed.notify_all()
        if not frames and not ended:
            return None
        images = [image for _, _, image in frames]
        return Stack(
            [(station, frame) for station, frame, _ in frames],
            np.stack(images) if images else np.zeros((0, 0, 0, 3), np.uint8),
            [lane.station.camera_id for lane in ended],
        )

    def answered(self, stack: Stack) -> None:
        """Note that the detector has answered, or that it will not."""
        with self._changed:
            self._precedence.answered([station.role for station, _ in stack.frames])
            self._changed.notify_all()

    def behind(self) -> DropClass | None:
        """Return the most important class of cameras that falls behind; None where none does."""
        with self._changed:
            return self._behind.among(self._lanes)

    def give_way(self, to: Collection[DropClass]) -> None:
        """Take nothing of classes below these for a while, see `Precedence`."""
        with self._changed:
            self._precedence.give_way(to, time.monotonic())
            self._changed.notify_all()

    def settle(self, stamps: Sequence[FrameStamp]) -> None:
        """Note that frames which were taken, of one camera, are reported, or never will be."""
        with self._changed:
            for lane in self._of(stamps[0].camera_id) if stamps else ():
                lane.settle(stamps)

    def note_lost(self, camera_id: str) -> None:
        """Count a frame that was taken, and is given up as the detector fails on every frame."""
        with self._changed:
            for lane in self._of(camera_id):
                lane.drops[FAILED] += 1

    def first_at(self, camera_id: str) -> datetime | None:
        """Return when the first frame that waits or is not settled was captured; None: no such."""
        with self._changed:
            lanes = self._of(camera_id)
            return lanes[0].first_at if lanes else None

    def slow_down(self, is_slow: bool) -> None:
        """Take less of the cameras that may lose frames, or as much as can be again."""
        with self._changed:
            self._is_slow = is_slow
            for lane in self._lanes:
                lane.is_slow = is_slow

    def hold(self, camera_id: str, is_held: bool) -> None:
        """Hand out nothing of a camera, or again something; who holds it twice lets go twice."""
        with self._changed:
            for lane in self._of(camera_id):
                lane.holds += 1 if is_held else -1
            self._changed.notify_all()

    def stop(self) -> None:
        """Let every camera end with the frames that wait; recordings are cut off by that."""
        with self._changed:
            for lane in self._lanes:
                if not (lane.is_over or lane.station.is_live):
                    lane.station.is_cut_off = True
            self._end()

    def _end(self) -> None:
        with self._changed:
            self._closed.set()
            for lane in self._lanes:
                lane.is_over = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop decoding; after this the sources may be closed."""
        self._end()
        closed_at = time.monotonic()
        for thread, is_live in self._threads.items():
            within_s = _LAST_LIVE_FRAME_S if is_live else _LAST_FRAME_S
            thread.join(max(0.0, closed_at + within_s - time.monotonic()))

    def _of(self, camera_id: str) -> list[Lane]:
        """Return a camera's lanes: none, or one."""
        return [lane for lane in self._lanes if lane.station.camera_id == camera_id]

    def _has_news(self) -> bool:
        now = time.monotonic()
        return (
            any(self._picker.can_take(lane, now) for lane in self._lanes)
            or any(lane.is_drained and not lane.said_so for lane in self._lanes)
            or (all(lane.said_so for lane in self._lanes) and not self._is_kept_open)
        )

    def _decode(self, lane: Lane) -> None:
        try:
            self._play_on(lane)
        finally:  # whatever became of it, nobody waits for it
            with self._changed:
                lane.is_over = True
                self._changed.notify_all()

    def _play_on(self, lane: Lane) -> None:
        """Play a camera to its end, beginning anew after failures."""
        attempts = Attempts(self._retry_delays_s)
        while not (self._closed.is_set() or lane.is_over):
            try:
                if attempts.failures:
                    lane.station.rewind(lane.decoded_at)
                self._play(lane, attempts)
                return
            # Whatever a decoder raises: its neighbours go on, and so does it, if it can.
            except Exception as failure:
                pause_s = self._pause_after(failure, lane.station, attempts)
            if pause_s is None:
                return
            self._wait_until(time.monotonic() + pause_s)

    def _pause_after(
        self, failure: Exception, station: CameraStation, attempts: Attempts
    ) -> float | None:
        """Return how long to wait before a camera is begun anew that failed; None: it is not."""
        delay_s = attempts.failed()
        if station.is_live:
            if station.break_off():
                # Not what it says, which may be the address with its password.
                where = traceback.extract_tb(failure.__traceback__)[-1]
                _log.error(
                    "camera %s is connected to anew until it helps: its decoder failed of %s in %s",
                    station.camera_id,
                    type(failure).__name__,
                    f"line {where.lineno} of {where.filename}",
                )
            return min(math.inf if delay_s is None else delay_s, _LONGEST_LIVE_PAUSE_S)
        if delay_s is None:
            reason = f"{type(failure).__name__}: {failure}"
            station.failure = Failure(reason, attempts.failures)
        return delay_s

    def _play(self, lane: Lane, attempts: Attempts) -> None:
        frames = lane.station.frames()
        began, first_at = time.monotonic(), None
        while not (self._closed.is_set() or lane.is_over):
            with self._clock.time("decode"):
                pair = next(frames, None)
            if pair is None:
                break
            attempts.succeeded()
            captured_at = lane.decoded_at = pair[0].stamp.captured_at
            if self._realtime and not lane.station.is_live:  # which paces itself
                if first_at is None:
                    first_at = captured_at
                    lane.played_later_s = time.time() - captured_at.timestamp()
                    if -_SOON_S < lane.played_later_s < 0:  # it is to begin in a moment
                        began = time.monotonic() - lane.played_later_s
                        lane.played_later_s = 0.0
                self._wait_until(began + (captured_at - first_at).total_seconds())
            self._put(lane, pair)

    def _wait_until(self, due: float) -> None:
        # Not for a change of anything, of which there are hundreds a second, for every camera.
        self._closed.wait(max(0.0, due - time.monotonic()))

    def _put(self, lane: Lane, pair: tuple[Frame, Image]) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: not lane.is_full or lane.is_over or self._closed.is_set()
            )
            lane.put(*pair, now=time.monotonic())
            self._changed.notify_all()
