from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.dwell import dwell_histogram
from genesis_ray.analytics.footfall import footfall, zone_entries
from genesis_ray.analytics.occupancy import occupancy
from genesis_ray.analytics.rollups import RollupQueries
from genesis_ray.domain.rollups import GROUPS
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
    in_berlin(occupancy, bucket="day"),
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


@settings(max_examples=30, deadline=None)
@given(
    ask=st.sampled_from(QUESTIONS),
    crossings=CROSSINGS,
    lines=LINES,
    first=st.integers(-4, 8),
    quarters=st.integers(1, 24),
)
def test_figures_answer_as_events_do(ask, crossings, lines, first, quarters):
    given_ = tables([*crossings, *lines])
    span = (first * QUARTER_S, (first + quarters) * QUARTER_S)
    assert ask(RolledUp(given_), *span).equals(ask(given_, *span))


@pytest.mark.parametrize("ask", QUESTIONS)
def test_where_there_are_figures_no_events_are_read(ask):
    given_ = tables([zone(0, "enter"), zone(60, "exit"), line(0)])

    class OnlyFigures(dict):
        quarters = RolledUp(given_).quarters

    assert ask(OnlyFigures(), 0, 3600).equals(ask(given_, 0, 3600))


@pytest.mark.parametrize(
    ("ask", "span"),
    [
        (in_berlin(footfall), (1, 3600)),
        (in_berlin(zone_entries), (0, 3599)),
        (in_berlin(footfall, bucket="minute"), (0, 3600)),
        (in_berlin(occupancy, zone_ids=["till"]), (0, 3600)),
        (in_berlin(occupancy, camera_ids=["door"]), (0, 3600)),
        (in_berlin(occupancy, longest_stay=timedelta(hours=1)), (0, 3600)),
    ],
)
def test_what_figures_do_not_tell_is_asked_of_the_events(ask, span):
    given_ = tables([zone(0, "enter"), zone(60, "exit"), zone(90, "enter", "shelf"), line(2)])

    class WithoutFigures(dict):
        def quarters(self, *_):
            raise AssertionError("figures do not tell this")

    assert ask(WithoutFigures(given_), *span).equals(ask(given_, *span))
