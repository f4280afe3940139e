from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.events import CameraStateChanged, LineCrossed, ZoneCrossed
from genesis_ray.domain.places.footfall import Count
from genesis_ray.pipeline.counting import Counting, Layout, ZoneNow

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DOOR = ("door", "entrance")
TILL = ("door", "till")
HALL = ("hall", "hall")


@pytest.fixture
def counting() -> Counting:
    return Counting(Layout([DOOR], {TILL: 4.0, HALL: None}), reentry_gap=timedelta(minutes=5))


def envelope(place, seconds: float) -> dict:
    at = NOON + timedelta(seconds=seconds)
    return {"tenant_id": "shop", "site_id": "york", "camera_id": place[0], "occurred_at": at}


def passes(counting, who: str, direction, seconds: float, *, line=DOOR) -> None:
    event = LineCrossed(**envelope(line, seconds), line_id=line[1], track_id=1, direction=direction)
    counting.take(event, who)


def moves(counting, track_id: int, direction, seconds: float, *, zone=TILL) -> None:
    event = ZoneCrossed(
        **envelope(zone, seconds), zone_id=zone[1], track_id=track_id, direction=direction
    )
    counting.take(event, f"{track_id}")


def test_lines_and_zones_are_told_of_before_anybody_comes(counting):
    lines, zones = counting.counts()
    assert lines == {(*DOOR, "in"): Count(0, 0), (*DOOR, "out"): Count(0, 0)}
    assert zones == {TILL: ZoneNow(0, 0.0), HALL: ZoneNow(0, None)}


def test_who_comes_back_soon_passes_again_and_is_no_other_person(counting):
    passes(counting, "ada", "in", 0)
    passes(counting, "ada", "out", 60)
    passes(counting, "ada", "in", 120)
    passes(counting, "bob", "in", 130)
    lines = counting.counts().lines
    assert lines[(*DOOR, "in")] == Count(3, 2)
    assert lines[(*DOOR, "out")] == Count(1, 1)


def test_who_comes_back_after_the_gap_is_counted_anew(counting):
    passes(counting, "ada", "in", 0)
    passes(counting, "ada", "out", 60)
    passes(counting, "ada", "in", 60 + 301)
    assert counting.counts().lines[(*DOOR, "in")] == Count(2, 2)


def test_a_zone_has_those_who_entered_and_did_not_leave_and_so_many_a_square_metre(counting):
    moves(counting, 1, "enter", 0)
    moves(counting, 2, "enter", 1)
    moves(counting, 1, "exit", 2)
    moves(counting, 7, "enter", 3, zone=HALL)
    assert counting.counts().zones == {TILL: ZoneNow(1, 0.25), HALL: ZoneNow(1, None)}


@pytest.mark.parametrize("state", ["ended", "failed"])
def test_nobody_is_in_the_zones_of_a_camera_that_watches_no_more(counting, state):
    moves(counting, 1, "enter", 0)
    moves(counting, 7, "enter", 0, zone=HALL)
    passes(counting, "ada", "in", 1)
    counting.take(CameraStateChanged(**envelope(DOOR, 2), state=state, reason=""), "door:None")
    counts = counting.counts()
    assert counts.zones == {TILL: ZoneNow(0, 0.0), HALL: ZoneNow(1, None)}
    assert counts.lines[(*DOOR, "in")] == Count(1, 1)


def test_places_that_came_later_are_counted_too(counting):
    passes(counting, "ada", "in", 0, line=("yard", "gate"))
    moves(counting, 1, "enter", 0, zone=("yard", "bench"))
    counts = counting.counts()
    assert counts.lines["yard", "gate", "in"] == Count(1, 1)
    assert counts.zones["yard", "bench"] == ZoneNow(1, None)


def test_of_another_layout_what_is_new_is_told_of_at_once_and_lines_go_on(counting):
    passes(counting, "ada", "in", 0)
    moves(counting, 1, "enter", 0)
    counting.lay_out(Layout([("yard", "gate")], {TILL: 2.0, ("yard", "bench"): 3.0}))
    lines, zones = counting.counts()
    assert zones == {TILL: ZoneNow(1, 0.5), ("yard", "bench"): ZoneNow(0, 0.0)}
    assert lines[(*DOOR, "in")] == Count(1, 1)
    assert lines["yard", "gate", "in"] == Count(0, 0)


def test_a_zone_that_is_none_any_more_is_told_of_until_nobody_is_in_it(counting):
    moves(counting, 7, "enter", 0, zone=HALL)
    counting.lay_out(Layout())
    assert counting.counts().zones == {HALL: ZoneNow(1, None)}
    moves(counting, 7, "exit", 1, zone=HALL)
    counting.lay_out(Layout())
    assert counting.counts().zones == {}
