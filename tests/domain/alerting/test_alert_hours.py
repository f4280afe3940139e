from collections import defaultdict
from copy import deepcopy
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.domain.alerting.alert_hours import HourSoFar, ToldBefore, UnusualHours
from genesis_ray.domain.alerting.alert_rules import Subject
from genesis_ray.domain.alerting.alert_zones import Where
from genesis_ray.domain.alerting.same_hours import SameHours
from genesis_ray.domain.figures.anomalies import WeeklyPolicy
from tests.domain.told import at, camera_is, seen

DOOR = Subject("door")
QUICK = WeeklyPolicy(weeks=3, least_weeks=2)
HOUR, DAY, WEEK = 3600, 86_400, 7 * 86_400


def came(second: float, people: int, first_track: int = 0):
    return [seen(second + number, first_track + number) for number in range(people)]


class Watching:
    """A condition that is told of Mondays from nine to ten, a week apart."""

    def __init__(self, side="either", policy=QUICK, before=ToldBefore()):  # noqa: B008
        self.condition = UnusualHours(Where(), ZoneInfo("UTC"), policy, side, before)
        self.raised = defaultdict(list)

    def take(self, *events):
        for event in events:
            self.condition.take(event)
            if due := self.condition.due.get(DOOR):
                self.raised[due.at].append(due.message)
        return self

    def mondays(self, *people: int):
        for week, number in enumerate(people):
            start = week * WEEK
            self.take(camera_is("online", start), *came(start + 60, number))
            self.advance(start + HOUR).take(camera_is("ended", start + HOUR + 1))
            self.advance(start + 3 * HOUR)
        return self

    def advance(self, second: float):
        while (next_at := self.condition.next_at) and next_at <= at(second):
            self.condition.advance(next_at)
            if due := self.condition.due.get(DOOR):
                self.raised[due.at].append(due.message)
        return self


def test_more_than_on_this_weekday_and_hour_are_told_as_soon_as_there_are():
    watching = Watching().mondays(10, 10, 10, 60)
    ((since, messages),) = watching.raised.items()
    assert at(3 * WEEK + 60) < since < at(3 * WEEK + 120)
    assert messages[-1] == (
        "60 people came into view of door in an hour, usually 10 ± 3.9 on Mondays from 9:00 to "
        "10:00, of 3 weeks"
    )
    assert DOOR not in watching.condition.due  # the hours after were not watched: nothing is known


def test_fewer_are_told_once_the_hour_is_over():
    assert [*Watching().mondays(60, 60, 60, 2).raised] == [at(3 * WEEK + HOUR)]


@pytest.mark.parametrize(("side", "many", "few"), [("above", 1, 0), ("below", 0, 1)])
def test_a_rule_may_be_about_one_side_alone(side, many, few):
    assert len(Watching(side).mondays(10, 10, 60).raised) == many
    assert len(Watching(side).mondays(60, 60, 2).raised) == few


def test_the_first_weeks_do_not_shout():
    assert Watching().mondays(10, 90).raised == {}
    assert Watching(policy=WeeklyPolicy()).mondays(10, 10, 10, 90).raised == {}
    assert len(Watching(policy=WeeklyPolicy()).mondays(10, 10, 10, 10, 90).raised) == 1


def test_another_hour_is_no_measure():
    watching = Watching().mondays(10, 10)
    start = 2 * WEEK + 5 * HOUR
    watching.take(camera_is("online", start), *came(start + 60, 90)).advance(start + HOUR)
    assert watching.raised == {}


def test_it_holds_until_an_hour_was_usual():
    watching = Watching()
    for week, people in enumerate([(10, 10, 10), (10, 10, 10), (60, 60, 10)]):
        watching.take(camera_is("online", week * WEEK))
        for hour, number in enumerate(people):
            start = week * WEEK + hour * HOUR
            watching.take(*came(start + 60, number, 100 * hour)).advance(start + HOUR)
        watching.take(camera_is("ended", week * WEEK + 3 * HOUR))
        watching.advance(week * WEEK + 5 * HOUR)
    assert len(watching.raised) == 1
    assert "from 10:00 to 11:00" in next(iter(watching.raised.values()))[-1]


def test_who_is_out_of_view_for_a_minute_or_less_has_come_once():
    watching = Watching()
    watching.take(camera_is("online", 0), *(seen(60 * minute) for minute in range(60)))
    watching.take(camera_is("online", WEEK), *(seen(WEEK + 60 * minute) for minute in range(60)))
    watching.take(*came(2 * WEEK, 6, 100))
    assert "usually 1 ±" in next(iter(watching.raised.values()))[-1]


def test_an_hour_that_was_not_watched_whole_never_has_too_few_and_is_no_measure():
    def gap(start: float, seconds: float):
        return [camera_is("stalled", start + 900), camera_is("online", start + 900 + seconds)]

    for seconds, count in [(359, 1), (361, 0)]:
        watching = Watching().mondays(60, 60)
        start = 2 * WEEK
        watching.take(camera_is("online", start), *gap(start, seconds)).advance(start + HOUR)
        assert len(watching.raised) == count
    watching = Watching()
    for week, people in enumerate([60, 60, 10, 10]):
        start = week * WEEK
        watching.take(camera_is("online", start), *came(start + 60, people))
        watching.take(*gap(start, 400)).advance(start + HOUR)
    assert watching.raised == {}


def test_weeks_that_are_long_past_are_no_measure():
    watching = Watching().mondays(10, 10)
    start = 10 * WEEK
    watching.take(camera_is("online", start), *came(start + 60, 90))
    assert watching.raised == {}


def test_a_closed_day_is_an_empty_one_and_not_unknown():
    watching = Watching(policy=WeeklyPolicy(weeks=3, least_weeks=2))
    watching.take(camera_is("online", 0)).advance(2 * WEEK)
    watching.take(*came(2 * WEEK + 60, 9))
    assert len(watching.raised) == 1


def test_a_clock_that_jumps_by_years_is_given_up_after_two_months():
    watching = Watching().mondays(10)
    watching.take(camera_is("online", WEEK)).advance(3650 * DAY)
    assert watching.condition.next_at is None


def test_it_goes_on_with_what_an_earlier_system_was_told():
    hours = SameHours(ZoneInfo("UTC"), QUICK)
    for week in range(2):
        hours.add(at(week * WEEK), 10)
    told = {"door": HourSoFar(at(2 * WEEK + 1800), hours, 30, timedelta(seconds=1790))}
    before = ToldBefore(told)
    assert deepcopy(UnusualHours(Where(), ZoneInfo("UTC"), QUICK, before=before))
    watching = Watching(before=before)
    watching.take(camera_is("online", 2 * WEEK + 1820), *came(2 * WEEK + 1900, 1))
    ((_, (message,)),) = watching.raised.items()
    assert message.startswith("31 people came")
    watching.advance(2 * WEEK + HOUR)
    watching.take(camera_is("online", 3 * WEEK), *came(3 * WEEK, 30)).advance(3 * WEEK + HOUR)
    assert "of 3 weeks" in [*watching.raised.values()][-1][-1]
    assert before["door"].hours.reading(at(3 * WEEK), 0).samples == 2


def test_other_cameras_are_not_looked_at():
    condition = UnusualHours(Where(camera_id="hall"), ZoneInfo("UTC"), QUICK)
    assert not condition.take(seen(0))
    assert condition.next_at is None
