from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.analytics.reports.contents import Headline
from genesis_ray.analytics.reports.wording import (
    before,
    change,
    counted,
    duration,
    hour,
    listed,
    moment,
    percent,
    span,
    value,
)
from genesis_ray.domain.figures.comparison import Change, count_change
from genesis_ray.domain.figures.periods import Period

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (3.04, "3.0 s"), (45.2, "45 s"), (60, "1 min"), (95, "1 min 35 s"),
        (59.7, "1 min"), (3599.6, "1 h"), (11_400, "3 h 10 min"), (7200, "2 h"),
    ],
)  # fmt: skip
def test_durations_have_two_units_at_most(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.1234, "12 %"), (0.0123, "1.2 %"), (0, "0 %"), (1, "100 %"), (0.99999, "99.9 %"),
     (0.997, "99.7 %"), (1.5, "150 %")],
)  # fmt: skip
def test_what_is_not_all_is_never_a_hundred_percent(share, text):
    assert percent(share) == text


def test_one_is_one_and_many_are_many():
    assert [counted(n, "visit") for n in (0, 1, 1234)] == ["0 visits", "1 visit", "1,234 visits"]
    assert counted(1, "person", "people") == "1 person"


def test_things_are_listed():
    assert [listed(list(those)) for those in ("", "a", "ab", "abc")] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "text"),
    [
        (Period(utc(2026, 2, 1, 23), utc(2026, 2, 8, 23)), "Mon 2 Feb 2026 – Sun 8 Feb 2026"),
        (Period(utc(2026, 2, 1, 23), utc(2026, 2, 2, 23)), "Mon 2 Feb 2026"),
        (Period(utc(2026, 2, 2, 8), utc(2026, 2, 2, 9, 30)), "Mon 2 Feb 2026, 09:00–10:30"),
        (
            Period(utc(2026, 2, 2, 8), utc(2026, 2, 3, 8, 0, 5)),
            "Mon 2 Feb 2026, 09:00:00 – Tue 3 Feb 2026, 09:00:05",
        ),
        (Period(utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)), "Sun 29 Mar 2026"),  # 23 hours
        (
            Period(utc(2026, 3, 29, 0, 59), utc(2026, 3, 29, 1, 1)),
            "Sun 29 Mar 2026, 01:59 CET – 03:01 CEST",
        ),
        (
            Period(utc(2026, 10, 25, 1), utc(2026, 10, 25, 1, 30)),
            "Sun 25 Oct 2026, 02:00 CET – 02:30 CET",  # the second time
        ),
    ],
)
def test_a_time_is_told_by_the_sites_clock_without_the_midnight_after(period, text):
    assert span(period, BERLIN) == text


def test_an_hour_is_told_with_its_day():
    period = Period(utc(2026, 2, 2, 22, 30), utc(2026, 2, 2, 23))
    assert hour(period, BERLIN) == "Mon 2 Feb 2026, 23:30–00:00"


def test_what_the_range_cuts_off_an_hour_is_told_with_its_seconds():
    begun = utc(2026, 2, 2, 9)
    assert (
        hour(Period(begun, begun + timedelta(seconds=19)), BERLIN)
        == "Mon 2 Feb 2026, 10:00:00–10:00:19"
    )


def headline(unit, made):
    return Headline(name="", unit=unit, value=1, before=1, change=made)


@pytest.mark.parametrize(
    ("unit", "made", "text"),
    [
        ("people", count_change(1500, 1000), "+50 %"),
        ("people", count_change(4, 6), "−2, within chance"),
        ("people", count_change(7, 7), "as before"),
        ("seconds", Change(-12, -0.1, None), "−10 %"),
        ("seconds", Change(65, None, None), "+1 min 5 s"),
        ("share", Change(0.031, 0.04, None), "+3.1 points"),
        ("people", None, ""),
    ],
)
def test_a_change_is_in_the_unit_that_its_figure_bears(unit, made, text):
    assert change(headline(unit, made)) == text


@pytest.mark.parametrize(
    ("of", "text"), [(7, "5 of 7"), (19, "14 of 19"), (20, "71 %"), (100, "71 %")]
)
def test_a_share_of_few_is_not_told_in_percent(of, text):
    few = Headline(name="", unit="share", value=5 / 7, before=5 / 7, of=of, of_before=of)
    assert (value(few), before(few)) == (text, text)


def test_an_hour_that_comes_twice_says_which_it_is():
    assert moment(utc(2026, 10, 25, 0, 30), BERLIN) == "Sun 25 Oct 2026, 02:30 CEST"
    assert moment(utc(2026, 10, 25, 1, 30), BERLIN) == "Sun 25 Oct 2026, 02:30 CET"
    assert hour(Period(utc(2026, 10, 25, 0), utc(2026, 10, 25, 1)), BERLIN) == (
        "Sun 25 Oct 2026, 02:00 CEST – 02:00 CET"
    )
    assert moment(utc(2026, 10, 24, 0, 30), BERLIN) == "Sat 24 Oct 2026, 02:30"


def test_the_day_of_a_peak_is_a_day():
    assert hour(Period(utc(2026, 2, 1, 23), utc(2026, 2, 2, 23)), BERLIN) == "Mon 2 Feb 2026"
