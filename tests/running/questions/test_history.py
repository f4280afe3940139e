from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from genesis_ray.analytics.footfall import footfall
from genesis_ray.analytics.metrics import current_metrics, metrics
from genesis_ray.analytics.occupancy import occupancy
from genesis_ray.analytics.stored import whole
from genesis_ray.domain.alerting.alert_events import AlertAcknowledged, AlertRaised
from genesis_ray.domain.recognition.ledger import Reject
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import StoreError
from genesis_ray.running.live_run import open_live_run
from genesis_ray.running.questions.history import asked_run, present_tables, run_named, settings_of
from genesis_ray.running.result import summary
from genesis_ray.running.upkeep.rollups import RunRollups
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.tenants import gallery_folder
from tests.hand_made import OWN, at, line, seen, zone


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


@pytest.fixture
def broken_off():
    """The tables of a run in which somebody is in a zone, and seen for an hour and a half."""
    run = RunFolder.create(Path("run"))
    with EventLog(run.events) as log:
        log.append([zone(0, "enter"), seen(1), seen(5400), line(9 * 3600)])
    return present_tables(run.events, Settings(), "shop")


def test_where_a_log_breaks_off_nobody_is_in_a_zone_for_longer(broken_off):
    span = {"since": at(0), "until": at(10_800), "time_zone": "UTC"}
    for _ in range(2):
        rows = occupancy(broken_off, **span, bucket="hour").to_pylist()
        seconds = [(row["zone_id"], row["person_seconds"]) for row in rows]
        for place in (None, "till"):
            assert [s for zone_id, s in seconds if zone_id == place] == [3600, 1800, 0]
        RunRollups(RunFolder(Path("run"))).update()  # and from those it is the same


def test_metrics_of_a_log_that_broke_off_have_nobody_after_that(broken_off):
    rows = metrics(broken_off, since=at(0), until=at(9000), bucket_s=1800).to_pylist()
    inside = [dict(row["people_by_zone"]) for row in rows]
    assert inside == [{"till": 1}] * 4 + [{}]  # up to the end of the bucket of the last word
    (now,) = current_metrics(broken_off, at=at(9000)).to_pylist()
    assert dict(now["people_by_zone"]) == {}
    for second in (3600, 5402):  # as of a recording that is being played
        (before,) = current_metrics(broken_off, at=at(second)).to_pylist()
        assert dict(before["people_by_zone"]) == {"till": 1}


def test_in_a_log_that_goes_on_whoever_has_not_left_is_there_until_now(broken_off):
    now = datetime.now(UTC)
    entered = replace(zone(0, "enter", track_id=2), occurred_at=now - timedelta(hours=1))
    with EventLog(RunFolder(Path("run")).events) as log:
        log.append([entered, replace(seen(0, track_id=2), occurred_at=now)])
        span = {"since": now - timedelta(hours=2), "until": now, "time_zone": "UTC"}
        (_, own) = occupancy(broken_off, **span, bucket=None).to_pylist()
    assert own["person_seconds"] == pytest.approx(3600)


def test_an_alert_raised_outside_of_a_time_is_about_whom_it_was_raised_about(tmp_path):
    settings, run = Settings(data_dir=tmp_path, tenant_id="shop"), RunFolder.create(Path("run"))
    own = {**OWN, "camera_id": "door", "alert_id": "a", "rule_id": "vip", "severity": "info",
           "track_id": 1, "identity_id": "ada", "message": "somebody is here"}  # fmt: skip
    days_later = at(3 * 86_400)
    with EventLog(run.events) as log:
        log.append([AlertRaised(**own, occurred_at=at(5))])
        log.append(
            [AlertAcknowledged(**own, occurred_at=days_later, acknowledged_by="eve", why="")]
        )
    track = TrackSight(identity_id="ada", camera_id="door", track_id=1, since=at(0), until=at(8))
    with Ledger(gallery_folder(settings.data_dir, "shop"), writer=True) as ledger:
        ledger.append(Reject(entry_id="0", at=at(9), by="eve", why="", track=track))

    def about(**asked) -> list[str | None]:
        rows = whole(present_tables(run.events, settings, "shop", **asked)["alerts"])
        return rows["identity_id"].to_pylist()

    assert about() == [None, None]
    assert about(until=days_later) == [None]
    assert about(since=days_later) == [None]
