"""After a purge every question answers as before, or says from when on it can; none says 0."""

import shutil
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from genesis_ray.analytics.catalogue import QUESTIONS
from genesis_ray.analytics.present import PresentTables
from genesis_ray.analytics.reach import Reach, reach_of
from genesis_ray.domain.events import Event
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.erasure.retention import purge
from genesis_ray.running.questions.asking import answer_of, range_of
from genesis_ray.running.questions.history import present_tables
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.hand_made import NINE, at, camera_is, line, recognized, scored, seen, visit, zone

DAY_S = 86_400.0
NOW_S = 40 * 60.0 + 20
RAW_LIMIT = at(NOW_S - 30 * DAY_S)
DAYS_AGO = (40.3, 38.6, 36.5, 33.25, 30.9, 30.0007, 29.9, 27.4, 20.1, 3.5)
"""When somebody came; events are kept for thirty days."""

PARAMS = {
    "bucket": "day", "queue_zone_id": "queue", "service_zone_id": "till", "camera_id": "door",
    "identity_id": "ada", "by": "duration", "least_group": 1, "visit_gap_s": 300.0,
    "bucket_s": 3600, "homographies": {"door": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]},
}  # fmt: skip

FROM_QUARTERS = {
    "footfall", "entries", "occupancy", "dwell-histogram", "tracks", "unusual-hours",
}  # fmt: skip
OF_VISITS = {
    "visits", "visit-distribution", "returning", "cohorts", "transitions", "journeys", "timeline",
}  # fmt: skip


def somebody(number: int, second: float) -> list[Event]:
    """Somebody who comes in, is seen, named, in two zones, and goes."""
    track_id, who = number + 1, ("ada", "ben")[number % 2]
    return [
        *visit(second + 1, second + 86, who, ("queue", "till")),
        line(second + 1, track_id=track_id),
        *(seen(second + each, track_id) for each in range(0, 90, 10)),
        scored(second + 11, track_id),
        recognized(second + 12, track_id, who),
        zone(second + 5, "enter", "queue", track_id),
        zone(second + 40, "exit", "queue", track_id),
        zone(second + 41, "enter", "till", track_id),
        zone(second + 80, "exit", "till", track_id),
        line(second + 85, "out", track_id=track_id),
    ]


class Runs(NamedTuple):
    """The tables of a run after a purge with the default limits, and before."""

    purged: PresentTables
    whole: PresentTables
    settings: Settings


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Runs:
    folder = tmp_path_factory.mktemp("purged")
    run, before = RunFolder.create(folder / "run"), RunFolder(folder / "before")
    settings = Settings(data_dir=folder / "data", tenant_id="shop")
    with EventLog(run.events) as log:
        log.append([camera_is(NOW_S - 41 * DAY_S, "online")])
        for number, days in enumerate(DAYS_AGO):
            log.append(somebody(number, NOW_S - days * DAY_S))
    shutil.copytree(run.path, before.path)
    with EventLog(run.events) as log:
        purge(run, log, settings, at=at(NOW_S))
    return Runs(
        *(present_tables(each.events, settings, "shop") for each in (run, before)), settings
    )


def ago(days: float, *, minute: bool = False) -> datetime:
    """Return a time so many days ago; without its seconds and minutes where it is to be even."""
    when = at(NOW_S - days * DAY_S)
    return when if minute else when.replace(minute=0, second=0)


RANGES = {
    "old, from hour to hour": ("Europe/Berlin", ago(41), ago(34)),
    "old, at any second": ("Europe/Berlin", ago(41.01, minute=True), ago(33.2, minute=True)),
    "all, by a clock of quarters": (
        "Asia/Kathmandu",
        datetime(2025, 11, 26, tzinfo=ZoneInfo("Asia/Kathmandu")),
        datetime(2026, 1, 5, tzinfo=ZoneInfo("Asia/Kathmandu")),
    ),
    "all, as without --since and --until": ("Europe/Berlin", None, None),
    "all but some minutes": ("Europe/Berlin", ago(40.9, minute=True), ago(3.1, minute=True)),
}  # fmt: skip


@pytest.mark.parametrize("span", RANGES)
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_answers_as_before_the_purge_or_says_from_when_on(runs, caplog, name, span):
    time_zone, since, until = RANGES[span]
    takes = QUESTIONS[name].takes
    params = {
        key: value for key, value in {**PARAMS, "time_zone": time_zone}.items() if key in takes
    }

    def ask(tables: PresentTables, since, until) -> pa.Table:
        return answer_of(
            QUESTIONS[name].ask, tables, runs.settings, since, until, time_zone=time_zone,
            params=params,
        )  # fmt: skip

    reach = reach_of(runs.purged, name)
    if until is not None and until <= reach.first:
        with pytest.raises(ConfigurationError, match=f"{name} can be answered from 20.* on"):
            ask(runs.purged, since, until)
        return
    start, end = range_of(runs.purged, since, until, time_zone=time_zone)
    told_of = _answered(reach, start, end)
    answer, before = ask(runs.purged, since, until), ask(runs.whole, *told_of)
    notes = [record.message for record in caplog.records]
    if name == "timeline" and start < RAW_LIMIT:
        assert any(note.startswith("timeline lacks what track_obs") for note in notes)
        answer, before = _without_sights(answer), _without_sights(before)
    if name == "visits" and start < RAW_LIMIT:
        assert any(note.startswith("visits lacks what zone_crossings") for note in notes)
        before = _without_old_dwells(before)
    assert answer.equals(before)
    assert any(note.startswith(f"{name} is answered ") for note in notes) == (
        told_of != (start, end)
    )


def _answered(reach: Reach, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return the range that is answered of one that is asked for."""
    quarter = timedelta(minutes=15)
    start = max(start, reach.first)
    if start < reach.events and (over := (start - NINE) % quarter):
        start += quarter - over
    return start, end - (end - NINE) % quarter if end < reach.events else end


def _without_old_dwells(visits: pa.Table) -> pa.Table:
    """Return visits without times in zones where crossings are gone."""
    dwells = [
        None if row["started_at"] < RAW_LIMIT else row["dwell_s"] for row in visits.to_pylist()
    ]
    place = visits.schema.get_field_index("dwell_s")
    return visits.set_column(place, "dwell_s", pa.array(dwells, visits.schema.field(place).type))


def _without_sights(timeline: pa.Table) -> pa.Table:
    of_visits = ["visit_began", "visit_ended", "named", "carried"]
    return timeline.filter(pc.is_in(timeline["event"], pa.array(of_visits)))


def test_questions_that_rollups_answer_reach_as_far_as_those(runs):
    first = {name: reach_of(runs.purged, name).first for name in QUESTIONS}
    whole = {name for name, at_ in first.items() if at_ < ago(60)}
    assert whole == FROM_QUARTERS | OF_VISITS | {"uptime"}
    assert first["heat"] == RAW_LIMIT.replace(second=0) + timedelta(minutes=1)
    assert all(first[name] >= RAW_LIMIT for name in first.keys() - whole)
