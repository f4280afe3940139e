from datetime import timedelta
from pathlib import Path

import pytest

from genesis_ray.domain.events import Event
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.last_word import last_word
from tests.hand_made import at, line, seen, zone

DAY_S = 86_400


@pytest.fixture
def events(tmp_path) -> Path:
    return tmp_path / "events"


def append(events: Path, *rows: Event) -> None:
    with EventLog(events) as log:
        log.append(rows)


def seconds(events: Path, now: float = 10 * DAY_S, tenant_id: str = "shop") -> float | None:
    found = last_word(events, tenant_id, now=at(now))
    return None if found is None else (found - at(0)) / timedelta(seconds=1)


def test_it_is_when_somebody_was_in_view_or_crossed_a_zone_last(events):
    assert seconds(events) is None
    append(events, line(3))
    assert seconds(events) is None
    append(events, seen(2), seen(7), zone(5, "enter"))
    assert seconds(events) == 7
    append(events, zone(9, "exit"))
    assert seconds(events) == 9


def test_rows_that_wait_to_be_written_count(events):
    append(events, seen(2))
    with EventLog(events) as log:
        log.append([seen(DAY_S)])
        assert seconds(events) == DAY_S


def test_what_was_told_late_does_not_hide_what_was_told_before(events):
    append(events, seen(50))
    append(events, seen(20))
    assert seconds(events) == 50


def test_other_tenants_say_nothing(events):
    append(events, seen(2))
    assert seconds(events, tenant_id="other") is None


def test_what_is_dated_ahead_is_of_now(events):
    append(events, seen(2), seen(500))
    assert seconds(events, now=100) == 100
    append(events, seen(3 * DAY_S))
    assert seconds(events, now=DAY_S) == 500


def test_a_damaged_file_says_nothing(events):
    append(events, seen(2))
    append(events, seen(DAY_S))
    (newest,) = events.glob("track_observations/*/day=2026-01-06/*")
    newest.write_bytes(b"torn")
    assert seconds(events) == 2
