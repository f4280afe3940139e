from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.density import Area, CrowdDensity, Density, Move, area_of
from genesis_ray.domain.geometry import Point, Polygon
from genesis_ray.domain.zones import Zone, ZoneMonitor

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HALF = Zone("hall", Polygon.of([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]))
SQUARE_METRES = Area(20, "m2")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def after(*moves: Move) -> list[Density]:
    crowd = CrowdDensity(SQUARE_METRES)
    return [each for move in moves for each in crowd.update(move)] + crowd.finish()


def test_density_is_people_by_area():
    moves = Move(at(0), "enter", "a"), Move(at(1), "enter", "b"), Move(at(2), "exit", "a")
    assert after(*moves) == [
        Density(at(0), 1, 0.05),
        Density(at(1), 2, 0.1),
        Density(at(2), 1, 0.05),
    ]


def test_who_enters_twice_is_one_person_and_who_was_never_in_does_not_leave():
    moves = Move(at(0), "enter", "a"), Move(at(1), "enter", "a"), Move(at(2), "exit", "b")
    assert [density.people for density in after(*moves)] == [1, 1, 1]


def test_the_peak_is_the_first_time_that_it_was_as_crowded():
    crowd = CrowdDensity(SQUARE_METRES)
    assert crowd.peak is None
    for n, (direction, who) in enumerate(["+a", "+b", "-a", "+c", "-b"]):
        crowd.update(Move(at(n), "enter" if direction == "+" else "exit", who))
    crowd.finish()
    assert crowd.peak == Density(at(1), 2, 0.1)


def test_the_area_is_what_was_measured_or_else_the_zones_share_of_the_picture():
    measured = Zone("hall", HALF.outline, area_m2=12.5)
    assert area_of(measured) == Area(12.5, "m2")
    assert area_of(HALF) == Area(0.5, "picture")


def test_an_area_of_nothing_is_refused():
    with pytest.raises(ValueError, match="area above 0, got 0 m2"):
        CrowdDensity(Area(0, "m2"))


moves = st.lists(
    st.builds(
        Move, st.integers(0, 60).map(at), st.sampled_from(["enter", "exit"]), st.sampled_from("abc")
    ),
    max_size=30,
    unique_by=lambda move: (move.at, move.who),
)


@given(moves, st.lists(st.floats(0, 3), min_size=30, max_size=30))
def test_the_order_of_arrival_within_the_tolerance_changes_nothing(told, delays):
    delayed = sorted(
        zip(told, delays, strict=False), key=lambda each: each[0].at + timedelta(seconds=each[1])
    )
    crowd = CrowdDensity(SQUARE_METRES, tolerance=timedelta(seconds=3))
    densities = [each for move, _ in delayed for each in crowd.update(move)] + crowd.finish()
    assert densities == after(*sorted(told))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.integers(2, 9))
def test_the_frame_rate_changes_nothing(crowds, fps):
    """People come and go once a second: as many are in the hall as `crowds` says."""
    levels = []
    for rate in (1, fps):
        monitor = ZoneMonitor([HALF], settle=timedelta())
        crowd = CrowdDensity(area_of(HALF))
        for frame in range(len(crowds) * rate):
            inside = crowds[frame // rate]
            seen = {n: Point(0.2 if n < inside else 0.8, 0.5) for n in range(3)}
            for crossing in monitor.update(at(frame / rate), seen):
                crowd.update(Move(crossing.at, crossing.direction, str(crossing.track_id)))
        crowd.finish()
        levels.append(crowd.peak)
    assert levels[0] == levels[1]
    assert (levels[0].people if levels[0] else 0) == max(crowds)
