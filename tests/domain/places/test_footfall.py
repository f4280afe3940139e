import pickle
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.places.footfall import Count, Footfall, Passage
from genesis_ray.domain.places.geometry import Point, Polygon
from genesis_ray.domain.places.zones import Zone, ZoneMonitor

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
GAP = timedelta(minutes=5)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def went(seconds: float, direction: str, who: str = "ann") -> Passage:
    return Passage(at(seconds), "door", direction, who)


def counted(*passages: Passage, gap: timedelta = GAP) -> tuple[Count, Count]:
    footfall = Footfall(reentry_gap=gap)
    for passage in passages:
        footfall.update(passage)
    return footfall.count("door", "in"), footfall.count("door", "out")


def test_each_person_counts_once_in_and_once_out():
    assert counted(went(0, "in"), went(60, "out"), went(70, "in", "bob")) == ((2, 2), (1, 1))


def test_who_is_back_within_the_gap_is_the_same_person():
    stay = went(0, "in"), went(60, "out"), went(300, "in"), went(400, "out")
    assert counted(*stay) == ((2, 1), (2, 1))


def test_the_gap_is_counted_from_leaving_however_long_they_were_inside():
    assert counted(went(0, "in"), went(3600, "out"), went(3700, "in")) == ((2, 1), (1, 1))


def test_who_is_back_later_counts_again():
    assert counted(went(0, "in"), went(60, "out"), went(361, "in")) == ((2, 2), (1, 1))


def test_who_was_lost_inside_and_comes_in_again_later_counts_again():
    assert counted(went(0, "in"), went(3600, "in")) == ((2, 2), (0, 0))


def test_places_are_told_apart():
    footfall = Footfall(reentry_gap=GAP)
    footfall.update(went(0, "in"))
    footfall.update(Passage(at(1), "gate", "in", "ann"))
    assert footfall.count("door", "in") == footfall.count("gate", "in") == Count(1, 1)
    assert footfall.count("nowhere", "in") == Count(0, 0)


def test_a_person_is_told_by_the_passage_that_counts_them():
    footfall = Footfall(reentry_gap=GAP)
    passages = went(0, "in"), went(1, "out"), went(2, "in")
    assert [footfall.update(each) for each in passages] == [True, True, False]


def test_a_day_later_a_stay_that_never_ended_is_over():
    assert counted(went(0, "in"), went(100_000, "out"), went(100_001, "in")) == ((2, 2), (1, 1))


passages = st.lists(
    st.builds(went, st.integers(0, 3000), st.sampled_from(["in", "out"]), st.sampled_from("abc")),
    max_size=40,
    unique_by=lambda each: (each.at, each.who),
)


@given(passages)
def test_counts_never_go_down_and_people_are_not_more_than_passages(told):
    footfall = Footfall(reentry_gap=GAP)
    before = {"in": Count(0, 0), "out": Count(0, 0)}
    for passage in sorted(told):
        footfall.update(passage)
        for direction in ("in", "out"):
            now = footfall.count("door", direction)
            assert now.passages >= before[direction].passages
            assert before[direction].people <= now.people <= now.passages
            before[direction] = now
    assert sum(footfall.count("door", d).passages for d in ("in", "out")) == len(told)


@given(passages, st.integers(0, 600))
def test_a_longer_gap_never_makes_more_people(told, gap):
    short, long = (
        counted(*sorted(told), gap=timedelta(seconds=seconds)) for seconds in (gap, gap + 100)
    )
    assert long[0].people <= short[0].people


INSIDE, OUTSIDE = Point(0.2, 0.5), Point(0.8, 0.5)
ROOM = Zone("door", Polygon.of([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]))
walks = st.dictionaries(
    st.integers(1, 3), st.lists(st.booleans(), min_size=8, max_size=8), min_size=1
)
"""Of each track, whether it is inside, a second after the other."""


def footfall_of(walks, *, fps: int) -> list[tuple[Count, Count]]:
    """Return the counts in and out after each second, and after the end."""
    monitor, footfall = ZoneMonitor([ROOM], settle=timedelta()), Footfall(reentry_gap=GAP)
    after = []
    for second in range(8):
        for frame in range(fps):
            now = at(second + frame / fps)
            seen = {track: INSIDE if walk[second] else OUTSIDE for track, walk in walks.items()}
            for crossing in monitor.update(now, seen):
                direction = "in" if crossing.direction == "enter" else "out"
                footfall.update(Passage(crossing.at, "door", direction, str(crossing.track_id)))
        after.append((footfall.count("door", "in"), footfall.count("door", "out")))
    return after


@given(walks)
def test_entries_less_exits_is_how_many_are_inside_at_all_times(walks):
    for second, (entries, exits) in enumerate(footfall_of(walks, fps=2)):
        inside = sum(walk[second] for walk in walks.values())
        assert entries.passages - exits.passages == inside


@given(walks)
def test_the_frame_rate_changes_no_count(walks):
    assert footfall_of(walks, fps=1) == footfall_of(walks, fps=7)


def test_people_who_do_not_come_again_take_no_room():
    footfall = Footfall(reentry_gap=timedelta(seconds=1))
    for n in range(2000):
        footfall.update(went(n * 90_000, "in", str(n)))
    assert footfall.count("door", "in").people == 2000
    assert len(pickle.dumps(footfall)) < 2000
