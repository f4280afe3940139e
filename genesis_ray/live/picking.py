"""Which of the frames that wait are taken next."""

from collections.abc import Sequence

from genesis_ray.domain.streams.frames import Frame, Image
from genesis_ray.live.lane import Lane
from genesis_ray.live.precedence import Precedence
from genesis_ray.running.station import CameraStation

Picked = tuple[CameraStation, Frame, Image]
"""A frame, whose it is, and what the detector is to be given of it."""


class Picker:
    """Takes frames of one input shape, the most urgent cameras' first.

    Cameras of one urgency get equal shares, and the first place goes round.
    """

    def __init__(self, *, limit: int, realtime: bool, precedence: Precedence | None = None) -> None:
        """Take at most `limit` frames at once; what may take its time is equally urgent."""
        self._limit = limit
        self._precedence = precedence or Precedence()
        self._realtime = realtime
        self._turn = 0

    def pick(self, lanes: Sequence[Lane], now: float) -> list[Picked]:
        """Take those that are ready, and may be taken."""
        self._precedence.look_at(lanes)
        order = [*lanes[self._turn :], *lanes[: self._turn]]
        self._turn = (self._turn + 1) % max(1, len(lanes))
        first = self._most_urgent([lane for lane in order if self.can_take(lane, now)], now)
        shape = first[0].next_shape if first else None
        picked: list[Picked] = []
        while room := self._limit - len(picked):
            # Anew each time: who had waited for too long does so no more.
            able = [lane for lane in order if self.can_take(lane, now)]
            alike = [lane for lane in able if lane.next_shape == shape]
            if not alike:
                break
            for lane in self._most_urgent(alike, now)[:room]:
                if self.can_take(lane, now):  # those before it may have been as many as may be
                    frame, image, _ = lane.take(now)
                    self._precedence.took(lane)
                    picked.append((lane.station, frame, image))
        self._precedence.sent([station.role for station, _, _ in picked])
        return picked

    def can_take(self, lane: Lane, now: float) -> bool:
        """Tell whether a frame is ready, and may be taken."""
        return lane.is_ready and (not self._realtime or self._precedence.allows(lane, now))

    def _most_urgent(self, lanes: list[Lane], now: float) -> list[Lane]:
        if not self._realtime or not lanes:
            return lanes
        urgency = {id(lane): lane.urgency(now) for lane in lanes}
        least = min(urgency.values())
        return [lane for lane in lanes if urgency[id(lane)] == least]
