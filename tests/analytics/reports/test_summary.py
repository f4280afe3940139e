from dataclasses import replace

import pytest

from genesis_ray.analytics.reports.contents import AlertCount, CameraTime, Headline
from genesis_ray.analytics.reports.summary import summarise
from genesis_ray.domain.figures.comparison import count_change
from tests.hand_made import at


def test_a_report_in_a_few_sentences(report):
    assert summarise(report).text == (
        "Mon 9 Feb 2026 – Sun 15 Feb 2026: 114 people came in, 48 % more than in the period "
        "before. 114 visits of people who were recognised began; 90 people had been here in the "
        "4 weeks before. Half of the visits took 1 min 40 s at most, 11 % longer than in the "
        "period before. "
        "At most 2 people were in zones at the same time, on Wed 11 Feb 2026, 10:00–11:00. "
        "At door / queue half waited 40 s at most and nine in ten 1 min; 95 % were served within "
        "1 min. 1 hour was out of the ordinary. 2 alerts were raised, of which 1 is not over. "
        "The camera was online for 98 % of the time; the figures are of that."
    )


def people(value, before=None):
    made = None if before is None else count_change(value, before)
    return Headline(name="People in", unit="people", value=value, before=before, change=made)


@pytest.mark.parametrize(
    ("headline", "text"),
    [
        (people(0), ": nobody came in. "),
        (people(1), ": 1 person came in. "),
        (people(7, 7), ": 7 people came in, as many as in the period before. "),
        (people(1, 3), "1 person came in, 2 fewer than the 3 of the period before, which may be"),
        (people(300, 200), ": 300 people came in, 50 % more than in the period before. "),
    ],
)
def test_nobody_one_and_many_come_in(report, headline, text):
    assert text in summarise(replace(report, headlines=[headline])).text


def alerts(number, still):
    return AlertCount(
        rule_id="queue", severity="info", alerts=number, open=still, first_at=at(0), last_at=at(0)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("raised", "text"),
    [
        ([], "No alert was raised."),
        ([alerts(1, 0)], " 1 alert was raised. "),
        ([alerts(1, 1)], " 1 alert was raised and is not over. "),
        ([alerts(3, 0)], " 3 alerts were raised. "),
        ([alerts(3, 1), alerts(1, 1)], " 4 alerts were raised, of which 2 are not over. "),
    ],
)
def test_alerts_are_counted(report, raised, text):
    assert text in summarise(replace(report, alerts=raised)).text


def camera(report, online=1.0):
    length = report.period.seconds
    return CameraTime(
        camera_id="door", online_s=length * online, impaired_s=0,
        offline_s=length * (1 - online), unwatched_s=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("online", "text"),
    [
        ([], "No camera told whether it was online."),
        ([1], "The camera was online all of the time."),
        ([1, 1], "All 2 cameras were online all of the time."),
        ([0.5], "The camera was online for 50 % of the time; the figures are of that."),
        ([1, 0.5], "The 2 cameras were online for 75 % of the time; the figures are of that."),
    ],
)
def test_how_much_was_watched_is_told(report, online, text):
    cameras = [camera(report, share) for share in online]
    assert summarise(replace(report, cameras=cameras)).text.endswith(text)


def test_where_there_is_no_comparison_it_says_why(report):
    alone = replace(report, headlines=[people(3)], not_compared="nothing is recorded")
    assert "3 people came in. There is no comparison: nothing is recorded." in summarise(alone).text


def test_where_nothing_can_be_unusual_nothing_is_said_of_it(report):
    assert "ordinary" not in summarise(replace(report, cannot_tell="too few weeks")).text
    assert "No hour was out of the ordinary." in summarise(replace(report, unusual_in_all=0)).text
