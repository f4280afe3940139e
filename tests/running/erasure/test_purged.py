"""From when on rows of a run are there, as its purges noted it."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from genesis_ray.analytics.reach import EVER, reach_of
from genesis_ray.errors import StoreError
from genesis_ray.running.erasure.purged import KeptOf, gone_before, note_gone
from genesis_ray.running.questions.history import present_tables
from genesis_ray.sections.retention import RetentionSettings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.running.erasure.test_retention import (
    CROSSED,
    KEPT,
    NOW,
    crossed,
    let_go,
    settings_of,
    visit,
)

LIMIT = NOW - timedelta(days=30)


@pytest.fixture
def run(tmp_path) -> RunFolder:
    run = RunFolder.create(tmp_path / "run")
    with EventLog(run.events) as log:
        log.append([crossed(days) for days in CROSSED])
        log.append([visit(days) for days in (89, 90, 95)])
    return run


def kept(run) -> KeptOf:
    return KeptOf(run, "default")


def test_a_run_that_was_never_purged_has_everything(run):
    assert gone_before(run) == {}
    assert kept(run).rows_since("line_crossings") == EVER


def test_a_purge_notes_what_goes_by_table_and_nothing_else(run):
    let_go(run)
    assert kept(run).rows_since("line_crossings") == LIMIT
    assert kept(run).rows_since("visits") == NOW - timedelta(days=90)
    assert kept(run).rows_since("zone_crossings") == EVER
    assert KeptOf(run, "other").rows_since("line_crossings") == EVER


def test_rows_that_went_stay_gone_whatever_limits_say_later(run):
    let_go(run)
    let_go(run, RetentionSettings(raw_days=None), at=NOW + timedelta(days=1))
    let_go(run, RetentionSettings(raw_days=60), at=NOW + timedelta(days=2))
    assert kept(run).rows_since("line_crossings") == LIMIT


def test_it_is_noted_before_rows_go(run, monkeypatch):
    monkeypatch.setattr("genesis_ray.running.erasure.retention._purge_table", _die)
    with pytest.raises(KeyboardInterrupt):
        let_go(run)
    assert kept(run).rows_since("line_crossings") == LIMIT


def test_of_a_run_purged_by_an_earlier_version_the_last_limits_count(run):
    let_go(run)
    (run.path / "purged.json").unlink()
    assert kept(run).rows_since("line_crossings") == LIMIT


def test_figures_begin_with_the_day_that_the_limit_of_rollups_is_in(run):
    let_go(run)
    assert kept(run).quarters_since("zones") is None
    first = kept(run).first_quarters("lines")
    assert first.date() == date(2026, 5, 5)
    let_go(run, RetentionSettings(rollup_days=33), at=NOW + timedelta(hours=1))
    assert kept(run).quarters_since("lines") == datetime(2026, 5, 8, tzinfo=UTC)
    assert kept(run).first_quarters("lines") == datetime(2026, 5, 8, tzinfo=UTC)


def test_the_tables_of_a_run_say_from_when_on_a_question_can_be_answered(run):
    let_go(run)
    tables = present_tables(run.events, settings_of(run, KEPT), "default")
    assert reach_of(tables, "footfall").events == LIMIT
    assert reach_of(tables, "footfall").quarters < NOW - timedelta(days=max(CROSSED))


def test_a_damaged_note_is_named(run):
    note_gone(run, {("default", "visits"): NOW})
    (run.path / "purged.json").write_text(json.dumps({"gone_before": 3}))
    with pytest.raises(StoreError, match=r"purged\.json does not say from when on"):
        gone_before(run)


def _die(*_):
    raise KeyboardInterrupt
