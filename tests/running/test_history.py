from datetime import timedelta
from pathlib import Path

import pytest

from genesis_ray.analytics.footfall import footfall
from genesis_ray.errors import StoreError
from genesis_ray.running.history import asked_run, present_tables, run_named, settings_of
from genesis_ray.running.live_run import open_live_run
from genesis_ray.running.result import summary
from genesis_ray.running.rollups import RunRollups
from genesis_ray.settings import Settings
from genesis_ray.store.event_log import EventLog
from genesis_ray.store.run_folder import RunFolder
from tests.hand_made import at, line


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_run_is_shown_with_the_settings_that_it_was_made_with():
    run = RunFolder.create(Path("run"))
    run.write_summary(summary(Settings(data_dir=Path("theirs"), tenant_id="acme"), None))
    assert settings_of(run, None).data_dir == Path("theirs")
    assert settings_of(run, Path("ours")).data_dir == Path("ours")
    assert settings_of(run, None).tenant_id == "acme"


def test_a_run_that_says_nothing_is_shown_with_the_settings_there_are():
    assert settings_of(RunFolder.create(Path("run")), None) == Settings()


def test_a_run_whose_settings_are_damaged_is_not_taken_for_somebody_elses():
    run = RunFolder.create(Path("run"))
    run.write_summary({"settings": {"process_fps": "often"}})
    with pytest.raises(StoreError, match="with which settings"):
        settings_of(run, None)


def test_the_services_run_is_meant_where_there_is_no_other():
    settings = Settings()
    with pytest.raises(StoreError, match="no run in runs"):
        run_named(None, settings)
    live = open_live_run(settings)
    assert run_named(None, settings).path == live.path
    newest = RunFolder.create()
    assert run_named(None, settings).path == newest.path
    assert run_named(live.path, settings).path == live.path


def test_questions_of_a_tenant_are_answered_from_the_rollups_of_the_run():
    run = RunFolder.create(Path("run"))
    crossings = [line(86_400 * day) for day in range(3)]
    with EventLog(run.events) as log:
        log.append(crossings)
    span = {"since": at(0) - timedelta(hours=9), "until": at(0) + timedelta(days=3)}
    asked = (Settings(), "shop")
    whole = {**span, "time_zone": "UTC", "bucket": "day"}
    raw = footfall(present_tables(run.events, *asked), **whole)
    assert present_tables(run.events, *asked).quarters("lines", ["went_in"], *span.values()) is None

    RunRollups(run).update()
    kept = present_tables(run.events, *asked).quarters("lines", ["went_in"], *span.values())
    assert kept is not None
    assert kept["went_in"].to_pylist() == [1, 1, 1]
    assert footfall(present_tables(run.events, *asked), **whole).equals(raw)


def test_tables_of_a_time_or_of_all_tenants_have_no_figures():
    run = RunFolder.create(Path("run"))
    with EventLog(run.events) as log:
        log.append([line(0)])
    RunRollups(run).update()
    asked = ("lines", ["went_in"], at(0), at(900))
    assert present_tables(run.events, Settings(), "shop").quarters(*asked) is not None
    assert present_tables(run.events, Settings(), "shop", since=at(1)).quarters(*asked) is None
    assert present_tables(run.events, Settings()).quarters(*asked) is None


def test_who_asks_in_the_folder_of_a_service_asks_that_unless_runs_were_made():
    service = open_live_run(Settings(data_dir=Path("data")))
    assert asked_run(None, Path("data")).path == service.path
    run = RunFolder.create()
    assert asked_run(None, Path("data")).path == run.path
