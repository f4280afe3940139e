"""What a report states after a purge it stated before, and of what is gone it says so."""

import json
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.analytics.reports.contents import Report
from genesis_ray.analytics.reports.site import Queue
from genesis_ray.analytics.reports.summary import summarise
from genesis_ray.analytics.reports.tables import headline_table, unusual_lines
from genesis_ray.domain.events import CameraStateChanged, Event
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.erasure.retention import purge
from genesis_ray.running.questions.reporting import report_of
from genesis_ray.sections.retention import RetentionSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.hand_made import recognized
from tests.reported import DAY, END, MONDAY, QUEUE, TIME_ZONE, WEEK, alert, shop

NOW = END + 2 * WEEK
"""Six weeks of the shop, then: of the last week two days are left, of the others none."""

OLD = "removed by retention"
SAYS_SO = (OLD, "not known any more", "is kept", "rows of the period before")
"""With what a report says that something is gone."""
ENTRIES = "Entries over lines"
"""What stands in for people where single crossings are gone, in figures of quarters of an hour."""


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """A run after a purge, and before."""

    purged: RunFolder
    whole: RunFolder
    settings: Settings

    made: dict[str, tuple[Report, ...]] = field(default_factory=dict)

    def reports(self, period: str) -> tuple[Report, ...]:
        """Return the reports of a period, of the run after the purge and of the one before."""
        since, until = (PERIODS | HOURS)[period]
        if period not in self.made:
            self.made[period] = tuple(
                report_of(run, self.settings, since=since, until=until, queues=[Queue(*QUEUE)])
                for run in (self.purged, self.whole)
            )
        return self.made[period]


def some_days() -> list[Event]:
    """Return the events of the shop's Mondays and Wednesdays, and all states of its camera."""
    return [
        event
        for event in shop()
        if isinstance(event, CameraStateChanged)
        or event.occurred_at.astimezone(ZoneInfo(TIME_ZONE)).weekday() in (0, 2)
    ]


def made(folder, retention: RetentionSettings, now=NOW) -> Runs:
    run, before = RunFolder.create(folder / "run"), RunFolder(folder / "before")
    settings = Settings(
        data_dir=folder / "data", tenant_id="shop", time_zone=TIME_ZONE, retention=retention
    )  # fmt: skip
    names = [recognized(60.0 * track, track, f"visitor-{track}") for track in range(1, 20)]
    with EventLog(run.events) as log:
        log.append([*some_days(), *names, *alert(9 * 86_400, "three")])
    shutil.copytree(run.path, before.path)
    with EventLog(run.events) as log:
        purge(run, log, settings, at=now)
    return Runs(run, before, settings)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Runs:
    return made(tmp_path_factory.mktemp("purged"), RetentionSettings())


def statements(report: Report) -> set[str]:
    """Return all that a report says."""
    table = headline_table(report)
    figures = {
        f"{row[0]}, {column}: {cell}"
        for row in table.rows
        for column, cell in zip(table.heading[1:], row[1:], strict=True)
        if cell
    }
    return {
        *figures,
        *unusual_lines(report),
        *(chart.figure.layout.title.text for chart in report.charts),
        *report.remarks,
        *summarise(report).text.split(". "),
        repr(report.alerts),
        repr(report.cameras),
    }


def drawn(report: Report) -> dict[str, str]:
    """Return the data of each chart but for what is drawn of the period before."""
    return {
        chart.figure.layout.title.text: json.loads(chart.figure.to_json())["data"][0]
        for chart in report.charts
        if chart.figure.data
    }


PERIODS = {
    "two old weeks": (MONDAY + 2 * WEEK, MONDAY + 4 * WEEK),
    "the last week": (END - WEEK, END),
    "old, ragged": (MONDAY + timedelta(minutes=7), MONDAY + 2 * DAY),
    "all, and more": (MONDAY - timedelta(minutes=7), NOW + timedelta(minutes=7)),
}
HOURS = {"two old hours": (MONDAY + timedelta(hours=9), MONDAY + timedelta(hours=11))}


@pytest.mark.parametrize("period", PERIODS)
def test_what_is_stated_after_a_purge_is_what_was_before_it(runs, period):
    purged, whole = runs.reports(period)
    more = statements(purged) - statements(whole)
    allowed = (*SAYS_SO, f"{figure(whole, ENTRIES).value} entries over the lines")
    assert [text for text in more - {ENTRIES} if not any(own in text for own in allowed)] == []
    before = drawn(whole)
    assert all(before[title] == data for title, data in drawn(purged).items() if title != ENTRIES)


def test_a_ragged_start_that_is_gone_is_no_zero(runs):
    purged, _ = runs.reports("old, ragged")
    assert figure(purged, "People in").value is None
    assert "begin and end with a quarter of an hour" in " ".join(purged.remarks)
    assert "not known any more" in summarise(purged).text


def test_of_hours_without_rows_the_hour_of_the_peak_is_known(runs):
    purged, whole = runs.reports("two old hours")
    for name in (ENTRIES, "Most people in zones at once"):
        assert figure(purged, name).value == figure(whole, name).value > 0


def figure(report: Report, name: str):
    return next((each for each in report.headlines if each.name == name), None)


def test_counts_of_lines_and_visits_are_there_long_after(runs):
    purged, whole = runs.reports("two old weeks")
    for name in (ENTRIES, "Visits of people recognised", "Median visit"):
        assert figure(purged, name).value == figure(whole, name).value > 0
    assert figure(purged, "People in").value is None
    assert figure(whole, "People in").value == 44
    assert figure(purged, "Half waited at most") is None
    assert "Where people stand" not in " ".join(drawn(purged))


def test_it_says_from_when_on_the_rest_can_be_told(runs):
    purged, whole = runs.reports("two old weeks")
    said = [text for text in purged.remarks if OLD in text]
    assert said == [
        "Where people stand, how many were recognised, stays without an end and waiting can be "
        "told only of periods from Sat 31 Jan 2026, 00:00 on: earlier rows were removed by "
        "retention.",
        "People over lines can be told only of periods from Sun 1 Feb 2026, 00:00 on: earlier rows "
        "were removed by retention.",
    ]
    assert not any(OLD in text for text in whole.remarks)


def test_a_full_hour_is_found_among_weeks_whose_rows_are_gone(runs):
    purged, _ = runs.reports("the last week")
    assert [each.why[:12] for each in purged.unusual] == ["entries over"]


@pytest.fixture(scope="module")
def gone(tmp_path_factory) -> Runs:
    """The same so long after that only the states of the camera are kept."""
    return made(tmp_path_factory.mktemp("gone"), RetentionSettings(), now=END + 30 * WEEK)


def test_a_period_of_which_nothing_is_left_claims_nothing(gone):
    since, until = PERIODS["old, ragged"]
    report = report_of(gone.purged, gone.settings, since=since - DAY, until=until)
    text = summarise(report).text
    assert "how many people came is not known any more" in text
    assert not any(word in text for word in ("obody", "No alert", "No hour", " 0 "))
    assert report.alerts is None
    assert [each.value for each in report.headlines] == [None]


def test_one_of_which_nothing_at_all_is_left_is_refused_and_why(gone):
    since, until = PERIODS["two old weeks"]
    with pytest.raises(ConfigurationError, match="removed by retention, and there are events up"):
        report_of(gone.purged, gone.settings, since=since, until=until)
