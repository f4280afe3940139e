"""From when on questions can be answered, where retention let go of what they read."""

from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.analytics.catalogue import QUESTIONS
from genesis_ray.analytics.reach import (
    EVER,
    READS,
    Reach,
    Within,
    known_since,
    known_until,
    reach_of,
    within_reach,
)
from genesis_ray.domain.figures.rollups import LONGEST_STAY
from genesis_ray.errors import ConfigurationError, NotFoundError

RAW = datetime(2026, 3, 6, 9, 41, 30, tzinfo=UTC)
MINUTE_AFTER = datetime(2026, 3, 6, 9, 42, tzinfo=UTC)
ROLLED_UP = datetime(2026, 1, 5, tzinfo=UTC)


class Kept(dict):
    """Tables of which rows are gone before `rows`, and figures of groups before `quarters`."""

    def __init__(self, rows=(), quarters=()):
        super().__init__()
        self.rows, self.groups = dict(rows), dict(quarters)

    def rows_since(self, table):
        return self.rows.get(table, EVER)

    def quarters_since(self, group):
        return self.groups.get(group)

    def first_quarters(self, group):
        return self.groups.get(group)


def test_every_question_of_the_catalogue_says_what_it_reads():
    assert READS.keys() == QUESTIONS.keys()


def test_tables_that_know_of_no_retention_have_all():
    assert reach_of({}, "footfall") == Reach(EVER)
    assert reach_of(Kept(), "footfall").first == EVER


def test_a_question_without_rollups_reaches_to_the_first_whole_minute_of_its_events():
    kept = Kept({"zone_crossings": RAW, "line_crossings": RAW}, {"zones": ROLLED_UP})
    assert reach_of(kept, "dwell") == Reach(MINUTE_AFTER)
    assert reach_of(Kept({"track_observations": RAW.replace(second=0)}), "heat").first == (
        RAW.replace(second=0)
    )


def test_who_may_have_come_before_is_waited_for():
    assert reach_of(Kept({"zone_crossings": RAW}), "occupancy").events == (
        MINUTE_AFTER + LONGEST_STAY
    )


def test_the_table_that_was_let_go_of_most_counts():
    kept = Kept({"track_observations": RAW, "face_recognitions": RAW - timedelta(days=60)})
    assert reach_of(kept, "identification").first == MINUTE_AFTER


def test_rollups_reach_back_further():
    kept = Kept({"line_crossings": RAW}, {"lines": ROLLED_UP})
    assert reach_of(kept, "footfall") == Reach(MINUTE_AFTER, ROLLED_UP)
    assert reach_of(kept, "footfall").first == ROLLED_UP


def test_a_question_of_two_groups_needs_both():
    one = Kept({"zone_crossings": RAW}, {"zones": EVER})
    both = Kept({"zone_crossings": RAW}, {"zones": EVER, "site": ROLLED_UP})
    assert reach_of(one, "occupancy").quarters is None
    assert reach_of(both, "occupancy").quarters == ROLLED_UP


def test_what_is_no_question_is_named():
    with pytest.raises(NotFoundError, match="no question 'footfal'"):
        reach_of({}, "footfal")


def of_footfall(since: datetime, until: datetime, **how):
    kept = Kept({"line_crossings": RAW}, {"lines": ROLLED_UP})
    return within_reach(kept, "footfall", since, until, **how)


def test_a_range_that_is_there_is_taken_as_it_is():
    span = RAW + timedelta(hours=1, seconds=3), RAW + timedelta(days=1, seconds=7)
    assert of_footfall(*span) == Within(*span)


def test_what_is_told_from_figures_alone_is_whole_quarters_and_that_is_said():
    asked = datetime(2026, 2, 1, 8, 7, tzinfo=UTC), datetime(2026, 2, 2, 8, 20, tzinfo=UTC)
    within = of_footfall(*asked)
    assert (within.since, within.until) == (
        datetime(2026, 2, 1, 8, 15, tzinfo=UTC), datetime(2026, 2, 2, 8, 15, tzinfo=UTC)
    )  # fmt: skip
    since, until = within.notes
    assert since.startswith("footfall is answered from 2026-02-01 08:15 (UTC) on, since single ")
    assert until.startswith("footfall is answered up to 2026-02-02 08:15 (UTC): single events of ")


def test_a_range_that_begins_before_all_of_it_begins_later_and_that_is_said():
    within = of_footfall(ROLLED_UP - timedelta(days=9), ROLLED_UP + timedelta(days=1))
    assert within.since == ROLLED_UP
    assert "was let go of before (retention" in within.notes[0]


def test_buckets_of_minutes_are_told_from_events_alone():
    within = of_footfall(ROLLED_UP, RAW + timedelta(days=1), by_quarters=False)
    assert within.since == MINUTE_AFTER


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (
            (ROLLED_UP - timedelta(2), ROLLED_UP),
            r"can be answered from 2026-01-05 01:00 \(Europe/Berlin\) on",
        ),
        ((ROLLED_UP, ROLLED_UP + timedelta(minutes=9)), "of whole quarters of an hour before 2026"),
    ],
)
def test_a_range_of_which_nothing_can_be_told_is_refused(span, told):
    with pytest.raises(ConfigurationError, match=told):
        of_footfall(*span, time_zone="Europe/Berlin")


def test_a_range_that_is_none_is_left_to_the_question():
    assert of_footfall(RAW, ROLLED_UP) == Within(RAW, ROLLED_UP)


def test_all_that_is_known_begins_with_figures_whose_events_are_gone():
    kept = Kept({"line_crossings": RAW}, {"lines": ROLLED_UP})
    assert known_since(kept, RAW) == ROLLED_UP
    assert known_since(kept, ROLLED_UP - timedelta(minutes=3)) == ROLLED_UP - timedelta(minutes=15)
    assert known_since(Kept({}, {"lines": ROLLED_UP}), RAW) == RAW
    assert known_since({}, RAW) == RAW


def test_it_ends_with_a_quarter_where_all_events_are_gone():
    kept = Kept({"line_crossings": RAW})
    assert known_until(kept, RAW - timedelta(seconds=1)) == RAW.replace(minute=45, second=0)
    assert known_until(kept, RAW + timedelta(seconds=1)) == RAW + timedelta(seconds=1)
    assert known_until({}, RAW) == RAW
