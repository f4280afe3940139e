"""Which of the frames that wait are taken next."""

from collections.abc import Sequence

from genesis_ray.domain.frames import Frame, Image
from genesis_ray.live.lane import Lane
from genesis_ray.running.station import CameraStation

Picked = tuple[CameraStation, Frame, Image]
"""A frame, whose it is, and what the detector is to be given of it."""


class Picker:
    """Takes frames of one input shape, the most urgent cameras' first.

    Cameras of one urgency get equal shares, and the first place goes round.
    """

    def __init__(self, *, limit: int, realtime: bool) -> None:
        """Take at most `limit` frames at once; what may take its time is equally urgent."""
        self._limit = limit
        self._realtime = realtime
        self._turn = 0

    def pick(self, lanes: Sequence[Lane], now: float) -> list[Picked]:
        """Take those that are ready."""
        order = [*lanes[self._turn :], *lanes[: self._turn]]
        self._turn = (self._turn + 1) % max(1, len(lanes))
        first = self._most_urgent([lane for lane in order if lane.is_ready], now)
        shape = first[0].next_shape if first else None
        picked: list[Picked] = []
        while room := self._limit - len(picked):
            # Anew each time: who had waited for too long does so no more.
            alike = [lane for lane in order if lane.is_ready and lane.next_shape == shape]
            if not alike:
                break
            for lane in self._most_urgent(alike, now)[:room]:
                frame, image, _ = lane.take(now)
                picked.append((lane.station, frame, image))
        return picked

    def _most_urgent(self, lanes: list[Lane], now: float) -> list[Lane]:
        if not self._realtime or not lanes:
            return lanes
        urgency = {id(lane): lane.urgency(now) for lane in lanes}
        least = min(urgency.values())
        return [lane for lane in lanes if urgency[id(lane)] == least]
