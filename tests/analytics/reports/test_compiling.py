from datetime import timedelta

import pytest

from genesis_ray.analytics import query
from genesis_ray.analytics.database import database
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.reports.summary import summarise
from genesis_ray.analytics.reports.tables import camera_table, unusual_lines
from genesis_ray.domain.figures.periods import Period
from genesis_ray.errors import ConfigurationError
from tests.hand_made import at, camera_is, drops, line, recognized, seen, stay, tables, visit
from tests.reported import DAY, END, LAST_WEEK, MADE_AT, WEEK, alert, berlin, reported, shop


def figure(report, name, place=""):
    (found,) = (each for each in report.headlines if (each.name, each.place) == (name, place))
    return found


def titles(report):
    return [chart.figure.layout.title.text for chart in report.charts]


def test_a_week_is_compared_with_the_week_before(report):
    assert report.before == Period(LAST_WEEK - WEEK, LAST_WEEK)
    people = figure(report, "People in")
    assert (people.value, people.before) == (7 * 11 + 37, 7 * 11)
    assert people.change.share == pytest.approx(37 / 77)
    assert not people.change.is_within_chance


def test_visits_and_who_came_back_are_of_the_whole_period(report):
    assert figure(report, "Visits of people recognised").value == 114
    assert figure(report, "Returning visitors").value == 90  # each came in the weeks before


def test_stays_are_those_of_visits(report):
    assert figure(report, "Median visit").value == pytest.approx(100, abs=5)


def test_the_peak_has_its_hour(report):
    peak = figure(report, "Most people in zones at once")
    assert peak.value == 2
    assert peak.when == Period(berlin(2026, 2, 11, 10), berlin(2026, 2, 11, 11))


def test_a_queue_is_told_by_its_place(report):
    assert figure(report, "Half waited at most", "door / queue").value == pytest.approx(30, abs=10)
    assert figure(report, "Nine in ten waited at most", "door / queue").of == 114
    served = figure(report, "Served within 1 min", "door / queue")
    assert 0.9 < served.value < 1


def test_the_full_hour_is_unusual(report):
    assert report.unusual_in_all == 1
    (hour,) = report.unusual
    assert hour.at == berlin(2026, 2, 11, 10)
    assert hour.why.startswith("entries over lines 40, usually 3")


def test_alerts_are_counted_by_rule_and_name_nobody(report):
    (rule,) = report.alerts
    assert (rule.rule_id, rule.alerts, rule.open) == ("long-queue", 2, 1)
    assert "Ada" not in repr(report)


def test_a_gap_is_said_plainly(report):
    assert "door was offline for 3 h (1.8 % of the time): its figures are of the rest." in (
        report.remarks
    )
    assert report.cameras[0].share_online == pytest.approx(165 / 168)


def test_a_site_with_everything_has_every_chart(report):
    assert titles(report) == [
        "People in", "Hours of the week", "People at once", "How long people stay",
        "Waiting in queue", "Ways through the zones", "Where people stand: door",
        "Cameras online",
    ]  # fmt: skip
    assert all(chart.figure.data for chart in report.charts)


def test_times_are_those_of_the_sites_clock(report):
    assert report.charts[0].figure.data[0].x[0].hour == 0


def test_every_query_keeps_to_the_limits_of_the_tables(monkeypatch):
    class Bounded(dict):
        limits = Limits(memory_mb=199, threads=1)

    asked = []

    def watched(taken, limits):
        asked.append(limits)
        return database(taken, limits)

    monkeypatch.setattr(query, "database", watched)
    events = [
        *alert(9, "one"),
        *(seen(s, t, x=t / 8) for t in range(8) for s in (60 * t, 60 * t + 9)),
    ]
    known = Bounded(tables(events))
    report = reported(events, at(0), at(3600), queues=(), tables=known, within=lambda _: known)
    assert figure(report, "People seen").value == 8
    assert [each.alerts for each in report.alerts] == [1]
    assert set(asked) == {Bounded.limits}


def test_without_lines_people_are_counted_as_they_come_into_view():
    events = [
        camera_is(0, "online"),
        *(seen(s, t, x=t / 8) for t in range(8) for s in (60 * t, 60 * t + 9)),
    ]
    report = reported(events, at(0), at(3600), queues=())
    assert figure(report, "People seen").value == 8
    assert figure(report, "Median stay").value == 9
    assert sum(report.charts[0].figure.data[0].y) == 8
    assert any("No line was crossed" in remark for remark in report.remarks)
    assert titles(report) == ["People seen", "Where people stand: door", "Cameras online"]


def test_who_goes_in_and_out_and_in_is_one_person_and_two_entries():
    report = reported([line(0), line(60, "out"), line(90), line(95, track_id=2)], at(0), at(3600))
    assert figure(report, "People in").value == 2
    assert figure(report, "Entries over lines").value == 3
    assert sum(report.charts[0].figure.data[0].y) == 2
    assert "2 people came in" in summarise(report).text


def test_a_first_hour_with_too_few_people_tells_little():
    events = [line(0), *stay(0, 9), *visit(0, 60), *visit(5, 90, "bob")]
    report = reported(events, at(0), at(3600))
    for name in ("Visits of people recognised", "Returning visitors", "Median visit", "Mean visit"):
        told = figure(report, name)
        assert told.value is None
        assert told.why_not == "withheld: fewer than 5 people"
    assert figure(report, "Half waited at most", "queue queue").why_not == "none"
    assert report.not_compared.startswith("nothing is recorded of the period before")
    assert all(each.before is None and each.change is None for each in report.headlines)
    assert "4 weeks" in report.cannot_tell
    assert report.remarks[0].startswith("No camera told its state")


def test_a_period_that_is_not_over_ends_now_and_is_not_compared_with_a_part():
    made_at = LAST_WEEK + timedelta(days=5, hours=12)
    events = [each for each in shop() if each.occurred_at >= LAST_WEEK - 3 * DAY]
    report = reported(events, made_at=made_at)
    assert report.period == Period(LAST_WEEK, made_at)
    assert report.before == Period(LAST_WEEK - WEEK, made_at - WEEK)
    assert "only the time from Fri 6 Feb 2026" in report.not_compared


def test_nothing_in_the_period_is_said_with_what_there_is():
    with pytest.raises(ConfigurationError, match=r"events from Mon 5 Jan 2026, 00:00 to .* 15 Feb"):
        reported(shop(), END + DAY, END + 2 * DAY, MADE_AT + 3 * DAY)


def test_no_events_at_all_is_an_error():
    with pytest.raises(ConfigurationError, match="no events to report on"):
        reported([])


def test_a_range_that_ends_before_it_starts_is_refused():
    with pytest.raises(ConfigurationError, match="not after its start"):
        reported(shop(), END, LAST_WEEK)


MIDNIGHT_S = 14 * 3600.0  # in Berlin


def attended(since: float, until: float, track_id: int):
    return [seen(second, track_id, x=track_id / 9) for second in (since, until)]


def test_who_stays_over_midnight_came_on_the_day_before_and_stayed_for_all_of_it():
    events = [
        *attended(MIDNIGHT_S - 600, MIDNIGHT_S - 300, 1),
        *attended(MIDNIGHT_S - 120, MIDNIGHT_S + 120, 2),
        *attended(MIDNIGHT_S + 600, MIDNIGHT_S + 660, 3),
    ]
    midnight = at(MIDNIGHT_S)
    days = (midnight - DAY, midnight), (midnight, midnight + DAY), (midnight - DAY, midnight + DAY)
    reports = [reported(events, *day, queues=(), least_group=1) for day in days]
    assert [figure(report, "People seen").value for report in reports] == [2, 1, 3]
    assert [figure(report, "Mean stay").value for report in reports] == [270, 60, 200]


def test_returning_visitors_are_compared_where_both_periods_have_as_much_behind_them(report):
    assert figure(report, "Returning visitors").before == 77
    (said,) = (text for text in report.remarks if text.startswith("Returning"))
    assert said == "Returning visitors had been here in the 4 weeks before the period."
    earlier = reported(shop(), LAST_WEEK - WEEK, LAST_WEEK)
    assert figure(earlier, "Returning visitors").value == 77
    assert figure(earlier, "Returning visitors").before is None  # of three weeks alone


def test_nobody_has_been_here_before_the_beginning_and_that_is_not_said_to_be_nobody():
    events = [line(0), *(each for n in range(9) for each in visit(n, 60 + n, f"p{n}"))]
    told = figure(reported(events, at(0), at(3600), queues=()), "Returning visitors")
    assert (told.value, told.why_not) == (None, "nothing is recorded of before")


def test_how_many_were_recognised_is_withheld_of_few():
    events = [
        each
        for number in range(30)
        for each in (seen(60 * number, number), recognized(60 * number, number, f"p{number % 4}"))
    ]
    few = reported(events, at(0), at(3600), queues=())
    assert any("is withheld: of fewer than 5 people" in text for text in few.remarks)
    assert not any("30" in text for text in few.remarks)
    shown = reported(events, at(0), at(3600), queues=(), least_group=4)
    assert any("100 % of 30 tracks" in text for text in shown.remarks)


def test_frames_dropped_are_those_of_the_period():
    events = [line(0), drops(120, 300, busy=100), drops(7200, 1, busy=999)]
    report = reported(events, at(0), at(3600), queues=())
    assert (
        "door: in 1 min more frames came than could be looked at; 100 of 400 were dropped."
        in report.remarks
    )
    assert "999" not in " ".join(report.remarks)


def test_hours_without_weeks_before_are_told_to_be_so():
    early = reported(shop(), LAST_WEEK - 2 * WEEK, LAST_WEEK)
    assert 0 < early.hours_compared < early.hours == 14 * 24
    lines = unusual_lines(early)
    assert "Nothing is said of the other" in lines[-1]
    assert f"Of the {early.hours_compared} hours that could be compared" in summarise(early).text


def test_of_many_cameras_the_worst_ten_are_told():
    events = [line(0)]
    for number in range(50):
        name = f"camera-{number:02}"
        events += [
            camera_is(0, "online", name), camera_is(600, "stalled", name),
            camera_is(660 + 60 * number, "online", name),
        ]  # fmt: skip
    report = reported(events, at(0), at(7200), queues=())
    gaps = [text for text in report.remarks if "offline" in text]
    assert len(gaps) == 10
    assert gaps[0].startswith("camera-49 was offline for 50 min (42 % of the time)")
    assert "40 other cameras had shorter gaps, of 40 min at most each" in " ".join(report.remarks)
    table = camera_table(report)
    assert [row[0] for row in table.rows] == [
        *(f"camera-{number}" for number in range(49, 39, -1)), "the 40 others, together",
    ]  # fmt: skip
    (chart,) = (c.figure for c in report.charts if "Cameras" in c.figure.layout.title.text)
    assert chart.layout.title.text == "Cameras online: the worst 10 of 50"
    assert len(chart.data[0].y) == 10
