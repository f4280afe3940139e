"""From when on questions can be answered, where retention let go of what they read."""

from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.analytics.catalogue import QUESTIONS
from genesis_ray.analytics.reach import EVER, READS, Reach, reach_of
from genesis_ray.domain.rollups import LONGEST_STAY
from genesis_ray.errors import NotFoundError

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
