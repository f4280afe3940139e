from datetime import timedelta
from pathlib import Path

import pytest

from genesis_ray.domain.alerting.alert_events import AlertRaised, AlertResolved
from genesis_ray.running.alerting.notices import LoggedNotices
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_log import EventLog
from tests.receivers import NOON


def alert(number, kind=AlertRaised, **changes):
    values = {
        "tenant_id": "default",
        "site_id": "shop",
        "camera_id": "till",
        "occurred_at": NOON + timedelta(seconds=number),
        "alert_id": f"alert-{number}",
        "rule_id": "queue",
        "severity": "warning",
        "message": f"{number} people wait",
    }
    return kind(**values | changes)


@pytest.fixture
def log(tmp_path):
    with EventLog(tmp_path / "events") as log:
        yield log


@pytest.fixture
def source(tmp_path, log):
    return LoggedNotices(tmp_path / "events", "default")


def numbers(notices):
    return [notice.alert_id for notice in notices]


def test_all_there_is_comes_first_and_then_what_is_new(source, log):
    log.append([alert(2), alert(1)])
    assert numbers(source.fresh()) == ["alert-1", "alert-2"]
    assert source.fresh() == []
    log.append([alert(3), alert(4, AlertResolved)])
    assert numbers(source.fresh()) == ["alert-3", "alert-4"]


def test_what_is_logged_later_than_it_happened_is_not_missed(source, log):
    log.append([alert(5000)])
    source.fresh()
    log.append([alert(1)])
    assert numbers(source.fresh()) == ["alert-1"]


def test_what_is_logged_days_later_is_found_by_a_whole_look(tmp_path):
    source = LoggedNotices(tmp_path, "default")
    for number in (86_400 * 10, 1):
        with EventLog(tmp_path) as log:
            log.append([alert(number)])
        found = source.fresh()
    assert found == []
    assert numbers(source.fresh(whole=True)) == ["alert-1"]
    assert source.fresh() == source.fresh(whole=True) == []


def test_a_notice_has_what_its_row_has(source, log):
    log.append([alert(1, AlertResolved, camera_id="", zone_id="queue", track_id=7)])
    (notice,) = source.fresh()
    assert (notice.status, notice.zone_id, notice.track_id) == ("resolved", "queue", 7)
    assert (notice.camera_id, notice.identity_id, notice.acknowledged_by) == (None, None, None)
    assert source.find([notice.event_id]) == {notice.event_id: notice}


def test_other_tenants_are_told_nothing(source, log):
    log.append([alert(1, tenant_id="other"), alert(2)])
    assert numbers(source.fresh()) == ["alert-2"]
    assert source.find([alert(1, tenant_id="other").event_id]) == {}


def test_what_is_not_there_is_not_found(source, log):
    assert source.fresh() == []
    assert source.find([]) == {}
    assert source.find([bytes(16)]) == {}


DAY = 86_400


@pytest.fixture
def days(tmp_path) -> list[Path]:
    """The files of alerts 0 to 2, each of the day of its number."""
    for number in range(3):
        with EventLog(tmp_path / "events") as log:
            log.append([alert(number, occurred_at=NOON + timedelta(days=number))])
    return sorted((tmp_path / "events").rglob("*.parquet"))


def torn(file: Path) -> bytes:
    """Leave of a file what a power cut may leave, and return what there was."""
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    return whole


def test_a_damaged_file_hides_its_own_notices_alone(days, tmp_path):
    source = LoggedNotices(tmp_path / "events", "default")
    whole = torn(days[0])
    fresh = source.fresh()
    assert numbers(fresh) == ["alert-1", "alert-2"]
    assert {*source.find([each.event_id for each in fresh])} == {each.event_id for each in fresh}
    assert source.is_incomplete
    days[0].write_bytes(whole)
    assert numbers(source.fresh(whole=True)) == ["alert-0"]
    assert not source.is_incomplete


def test_a_file_that_is_damaged_later_hides_what_was_there(days, tmp_path):
    source = LoggedNotices(tmp_path / "events", "default")
    first = source.fresh()[0]
    torn(days[0])
    assert not source.is_incomplete
    assert source.find([first.event_id]) == {}
    assert source.is_incomplete


def test_only_the_files_of_the_days_that_are_asked_for_are_read(days, tmp_path, monkeypatch):
    source = LoggedNotices(tmp_path / "events", "default")
    last = source.fresh()[-1]
    read, opened = parquet_file.read, []
    monkeypatch.setattr(
        parquet_file, "read", lambda path, schema: [opened.append(path), read(path, schema)][1]
    )
    assert source.find([last.event_id]) == {last.event_id: last}
    assert opened == days[2:]
    another = LoggedNotices(tmp_path / "events", "default")  # which has not looked yet
    assert another.find([last.event_id]) == {last.event_id: last}
