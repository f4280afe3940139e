"""The zones and lines of one camera: boxes of tracks in, events out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from genesis_ray.domain.events import Event, LineCrossed, LoiteringFound, ZoneCrossed
from genesis_ray.domain.places.geometry import Anchor, Point, anchor_of
from genesis_ray.domain.places.lines import Line, LineCounter, LineCrossing
from genesis_ray.domain.places.zones import Crossing, Loitering, Zone, ZoneMonitor
from genesis_ray.domain.tracking.heads import Box


class PlaceWatch:
    """Tells which zones and lines tracks cross, each by the anchor of its own."""

    def __init__(
        self,
        zones: Sequence[Zone],
        lines: Sequence[Line],
        *,
        settle: timedelta,
        envelope: Mapping[str, str],
    ) -> None:
        """Watch places; `settle` is of those that have none, `envelope` what events begin with."""
        self._envelope = dict(envelope)
        anchors: list[Anchor] = list(
            dict.fromkeys([*(zone.anchor for zone in zones), *(line.anchor for line in lines)])
        )
        self._zones = {
            anchor: ZoneMonitor([z for z in zones if z.anchor == anchor], settle=settle)
            for anchor in anchors
        }
        self._lines = {
            anchor: LineCounter([line for line in lines if line.anchor == anchor], settle=settle)
            for anchor in anchors
        }

    def update(self, at: datetime, boxes: Mapping[int, Box]) -> Iterator[Event]:
        """Take the boxes of a frame by track id; yield what is settled by then."""
        places: dict[Anchor, dict[int, Point]] = {
            anchor: {track_id: anchor_of(box, anchor) for track_id, box in boxes.items()}
            for anchor in self._zones
        }
        for anchor, monitor in self._zones.items():
            yield from map(self._of_zone, monitor.update(at, places[anchor]))
        for anchor, counter in self._lines.items():
            yield from map(self._line_crossed, counter.update(at, places[anchor]))

    def close(self, track_id: int, at: datetime) -> Iterator[Event]:
        """Forget a finished track, which was last seen at `at`; yield what that settles."""
        for monitor in self._zones.values():
            yield from map(self._of_zone, monitor.close(track_id, at))
        for counter in self._lines.values():
            counter.close(track_id)

    def _of_zone(self, fact: Crossing | Loitering) -> ZoneCrossed | LoiteringFound:
        if isinstance(fact, Loitering):
            return LoiteringFound(
                **self._envelope,
                occurred_at=fact.at,
                zone_id=fact.zone_id,
                track_id=fact.track_id,
                since=fact.since,
            )
        return ZoneCrossed(
            **self._envelope,
            occurred_at=fact.at,
            zone_id=fact.zone_id,
            track_id=fact.track_id,
            direction=fact.direction,
        )

    def _line_crossed(self, crossing: LineCrossing) -> LineCrossed:
        return LineCrossed(
            **self._envelope,
            occurred_at=crossing.at,
            line_id=crossing.line_id,
            track_id=crossing.track_id,
            direction=crossing.direction,
        )
