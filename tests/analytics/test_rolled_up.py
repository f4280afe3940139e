from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.dwell import dwell_histogram
from genesis_ray.analytics.footfall import footfall, zone_entries
from genesis_ray.analytics.occupancy import occupancy
from genesis_ray.analytics.reach import EVER
from genesis_ray.analytics.rollups import RollupQueries
from genesis_ray.domain.figures.rollups import GROUPS
from tests.hand_made import at, line, tables, zone

QUARTER_S = 900
QUERIES = RollupQueries()


class RolledUp(dict):
    """Tables with figures that are made when they are asked for."""

    def quarters(self, group, figures, since, until):
        rows = QUERIES.quarters(group, self, start=since, end=until)
        return rows.select(["bucket", *GROUPS[group].keys, *figures])


def in_berlin(question, bucket="hour", **chosen):
    def ask(given, since, until):
        span = {"since": at(since), "until": at(until)}
        return question(given, **span, time_zone="Europe/Berlin", bucket=bucket, **chosen)

    return ask


def of_histogram(given, since, until):
    return dwell_histogram(given, since=at(since), until=at(until))


QUESTIONS = [
    in_berlin(footfall),
    in_berlin(footfall, camera_ids=["door"]),
    in_berlin(zone_entries),
    in_berlin(zone_entries, bucket="day", zone_ids=["till"]),
    in_berlin(zone_entries, bucket=None),
    in_berlin(occupancy),
    in_berlin(occupancy, bucket="day", areas_m2={("door", "till"): 3.7}),
    in_berlin(occupancy, zone_ids=["till"]),
    in_berlin(occupancy, camera_ids=["door"], bucket="day"),
    of_histogram,
]

SECONDS = st.integers(-5 * 3600, 8 * 3600)
CROSSINGS = st.lists(
    st.builds(
        zone,
        SECONDS,
        st.sampled_from(["enter", "exit"]),
        st.sampled_from(["till", "shelf"]),
        st.integers(1, 2),
        st.sampled_from(["door", "yard"]),
    ),
    max_size=14,
)
LINES = st.lists(st.builds(line, SECONDS, st.sampled_from(["in", "out"])), max_size=6)


ANY_SECOND = st.integers(-3600, 7 * 3600)
EDGES = st.one_of(st.integers(-4, 28).map(lambda number: number * QUARTER_S), ANY_SECOND)


@settings(max_examples=40, deadline=None)
@given(
    ask=st.sampled_from(QUESTIONS),
    crossings=CROSSINGS,
    lines=LINES,
    since=EDGES,
    until=EDGES,
)
def test_figures_answer_as_events_do_wherever_a_range_begins_and_ends(
    ask, crossings, lines, since, until
):
    assume(since < until)
    given_ = tables([*crossings, *lines])
    assert ask(RolledUp(given_), since, until).equals(ask(given_, since, until))


@pytest.mark.parametrize("ask", QUESTIONS)
def test_where_there_are_figures_no_events_are_read(ask):
    given_ = tables([zone(0, "enter"), zone(60, "exit"), line(0)])

    class OnlyFigures(dict):
        quarters = RolledUp(given_).quarters

    assert ask(OnlyFigures(), 0, 3600).equals(ask(given_, 0, 3600))


@pytest.mark.parametrize("ask", QUESTIONS)
@pytest.mark.parametrize("span", [(-300, 3600), (0, 4000), (-300, 4000)])
def test_of_a_ragged_range_only_the_ends_are_read_from_events(ask, span):
    quarter_before, within, quarter_after = -200, 100, 3700
    all_of_it = [*_stay(quarter_before), *_stay(within), *_stay(quarter_after)]
    ends = [*_stay(quarter_before), *_stay(quarter_after)]

    class EndsAndFigures(dict):
        quarters = RolledUp(tables(all_of_it)).quarters

    assert ask(EndsAndFigures(tables(ends)), *span).equals(ask(tables(all_of_it), *span))


def _stay(second):
    return [zone(second, "enter"), zone(second + 60, "exit"), line(second)]


@pytest.mark.parametrize(
    ("ask", "span"),
    [
        (in_berlin(footfall), (1, 899)),
        (in_berlin(footfall, bucket="minute"), (0, 3600)),
        (in_berlin(occupancy, longest_stay=timedelta(hours=1)), (0, 3600)),
    ],
)
def test_what_figures_do_not_tell_is_asked_of_the_events(ask, span):
    given_ = tables([zone(0, "enter"), zone(60, "exit"), zone(90, "enter", "shelf"), line(2)])

    class WithoutFigures(dict):
        def quarters(self, *_):
            raise AssertionError("figures do not tell this")

    assert ask(WithoutFigures(given_), *span).equals(ask(given_, *span))


IN_TWO_AT_ONCE = [zone(0, "enter"), zone(30, "enter", "shelf"), zone(60, "exit")]


def test_of_several_chosen_zones_events_tell_what_all_together_had():
    given_ = tables(IN_TWO_AT_ONCE)
    ask = in_berlin(occupancy, camera_ids=["door"])
    assert ask(RolledUp(given_), 0, 3600).equals(ask(given_, 0, 3600))


def test_where_their_events_are_gone_each_zone_is_told_and_all_together_is_not():
    class Purged(RolledUp):
        def rows_since(self, _table):
            return at(2 * 3600)

        def quarters_since(self, _group):
            return EVER

        def first_quarters(self, _group):
            return at(0)

    answer = in_berlin(occupancy, camera_ids=["door"])(
        Purged(tables(IN_TWO_AT_ONCE)), 0, 3600
    ).to_pylist()
    told = {row["zone_id"]: row["max_people"] for row in answer}
    assert told == {None: None, "till": 1, "shelf": 1}
    assert [row["person_seconds"] for row in answer if row["zone_id"] is None] == [None]
