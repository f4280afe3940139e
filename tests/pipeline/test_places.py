from datetime import UTC, datetime, timedelta

import numpy as np

from genesis_ray.domain.events import LineCrossed, LoiteringFound, ZoneCrossed
from genesis_ray.domain.places.geometry import Point, Polygon
from genesis_ray.domain.places.lines import Line
from genesis_ray.domain.places.zones import Zone
from genesis_ray.pipeline.places import PlaceWatch

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ENVELOPE = {"tenant_id": "shop", "site_id": "york", "camera_id": "door"}
UPPER = Polygon.of([(0, 0), (1, 0), (1, 0.5), (0, 0.5)])
TALL = np.array([0.4, 0.3, 0.6, 0.9], np.float32)
"""The head is in the upper half, the feet are in the lower one."""
SMALL = np.array([0.4, 0.1, 0.6, 0.4], np.float32)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def watch(*places: Zone | Line) -> PlaceWatch:
    zones = [place for place in places if isinstance(place, Zone)]
    lines = [place for place in places if isinstance(place, Line)]
    return PlaceWatch(zones, lines, settle=timedelta(), envelope=ENVELOPE)


def test_each_zone_goes_by_the_anchor_of_its_own():
    watching = watch(Zone("feet", UPPER), Zone("heads", UPPER, anchor="top_center"))
    assert [e.zone_id for e in watching.update(at(0), {7: TALL})] == ["heads"]
    assert [e.zone_id for e in watching.update(at(1), {7: SMALL})] == ["feet"]
    assert [e.zone_id for e in watching.close(7, at(2))] == ["feet", "heads"]


def test_each_line_goes_by_the_anchor_of_its_own():
    ends = Point(0, 0.5), Point(1, 0.5)
    watching = watch(Line("feet", *ends), Line("middles", *ends, anchor="center"))
    for box in (SMALL, TALL):
        told = list(watching.update(at(0), {7: box}))
    assert [event.line_id for event in told] == ["feet", "middles"]


def test_facts_are_told_as_events_of_the_camera():
    bench = Zone("bench", UPPER, loiter=timedelta(seconds=2))
    watching = watch(bench, Line("sill", Point(0, 0.5), Point(1, 0.5)))
    told = [e for second in range(4) for e in watching.update(at(second), {7: SMALL})]
    told += watching.update(at(4), {7: TALL})
    own = {**ENVELOPE, "track_id": 7}
    assert told == [
        ZoneCrossed(**own, occurred_at=at(0), zone_id="bench", direction="enter"),
        LoiteringFound(**own, occurred_at=at(2), zone_id="bench", since=at(0)),
        ZoneCrossed(**own, occurred_at=at(4), zone_id="bench", direction="exit"),
        LineCrossed(**own, occurred_at=at(4), line_id="sill", direction="in"),
    ]


def test_a_camera_without_places_has_nothing_to_say():
    watching = watch()
    assert list(watching.update(at(0), {7: TALL})) == list(watching.close(7, at(1))) == []
