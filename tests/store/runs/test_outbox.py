import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.runs.outbox import Backlog, Outbox, OutboxRow, writer_lock

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def row(number: int, channel: str = "pager", **changes: object) -> OutboxRow:
    values = {"channel": channel, "event_id": bytes([number] * 16)}
    return OutboxRow(**{**values, "changed_at": NOON, "due_at": NOON, **changes})


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path / "deliveries") as outbox:
        yield outbox


def test_what_was_put_waits_in_its_order(outbox):
    outbox.put([row(2), row(1), row(9, "office")])
    outbox.put([row(3)])
    assert outbox.waiting("pager", limit=10) == [row(2), row(1), row(3)]
    assert outbox.waiting("pager", limit=2) == [row(2), row(1)]


def test_what_is_there_already_stays_as_it_is(outbox):
    outbox.put([row(1)])
    outbox.note(row(1, state="delivered", attempts=2))
    outbox.put([row(1), row(2)])
    assert outbox.rows() == [row(1, state="delivered", attempts=2), row(2)]


def test_all_of_it_outlives_the_process(tmp_path):
    later = row(1, attempts=3, due_at=NOON + timedelta(microseconds=1), said="HTTP 503")
    with Outbox(tmp_path) as outbox:
        outbox.put([row(1), row(2)])
        outbox.note(later)
    with Outbox(tmp_path) as outbox:
        assert outbox.waiting("pager", limit=10) == [later, row(2)]


def test_a_new_channel_does_not_tell_what_was_before(outbox):
    past = [row(1).event_id, row(2).event_id]
    outbox.begin("pager", past, at=NOON)
    outbox.put([row(1), row(2), row(3)])
    assert outbox.waiting("pager", limit=10) == [row(3)]


def test_a_channel_that_is_known_goes_on_where_it_was(outbox):
    outbox.begin("pager", [], at=NOON)
    outbox.begin("pager", [row(1).event_id], at=NOON)
    outbox.put([row(1)])
    assert outbox.waiting("pager", limit=10) == [row(1)]


def test_the_dead_are_revived_as_if_they_had_never_been_tried(outbox):
    outbox.put([row(1), row(2), row(3)])
    outbox.note(row(1, state="dead", attempts=12))
    outbox.note(row(2, state="delivered"))
    later = NOON + timedelta(hours=1)
    assert outbox.revive([row(1), row(2), row(3)], at=later) == 1
    assert outbox.waiting("pager", limit=1) == [row(1, changed_at=later, due_at=later)]
    assert outbox.revive([], at=later) == 0


def test_of_what_is_forgotten_no_row_is_left(outbox):
    outbox.put([row(1), row(1, "office"), row(2)])
    outbox.forget([row(1).event_id])
    assert outbox.rows() == [row(2)]


def test_two_processes_may_change_it_and_one_delivers(tmp_path):
    lock = writer_lock(tmp_path)
    with Outbox(tmp_path) as one, Outbox(tmp_path) as other:
        one.put([row(1)])
        one.note(row(1, state="dead"))
        assert other.revive([row(1)], at=NOON) == 1
        assert one.waiting("pager", limit=1) == [row(1)]
    with pytest.raises(StoreError, match="being written to by process"):
        writer_lock(tmp_path)
    lock.release()
    writer_lock(tmp_path).release()


def test_a_change_that_fails_halfway_is_none(outbox):
    with pytest.raises(StoreError, match="cannot be used"):
        outbox.put([row(1), replace(row(2), state="lost")])  # type: ignore[arg-type]
    assert outbox.rows() == []
    outbox.put([row(1)])


def test_a_file_that_is_none_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "outbox.sqlite").write_bytes(b"this is no database, however long one looks at it")
    with pytest.raises(StoreError, match=r"outbox\.sqlite cannot be used.*move it away"):
        Outbox(tmp_path)


def test_it_is_known_how_many_wait_and_since_when_the_first_of_them_has(outbox):
    later = NOON + timedelta(hours=1)
    outbox.put([row(1), row(2, changed_at=later), row(9, "office", state="withheld")])
    outbox.note(row(1, attempts=1, changed_at=later, due_at=later))
    assert outbox.backlog() == {"pager": Backlog(2, NOON)}
    outbox.note(row(1, state="dead"))
    assert outbox.backlog() == {"pager": Backlog(1, later)}
    evening = NOON + timedelta(hours=9)
    outbox.revive([row(1)], at=evening)
    outbox.note(row(2, state="delivered"))
    assert outbox.backlog() == {"pager": Backlog(1, evening)}


def test_one_of_an_earlier_version_goes_on_with_what_waits_in_it(tmp_path):
    with Outbox(tmp_path) as outbox:
        outbox.put([row(1), row(2)])
    with sqlite3.connect(tmp_path / "outbox.sqlite") as database:
        database.execute("ALTER TABLE deliveries DROP COLUMN waits_since")
        database.execute("PRAGMA user_version = 1")
    database.close()
    with Outbox(tmp_path) as outbox:
        assert outbox.waiting("pager", limit=10) == [row(1), row(2)]
        assert outbox.backlog() == {"pager": Backlog(2, NOON)}


def test_a_later_version_is_refused(tmp_path):
    Outbox(tmp_path).close()
    with sqlite3.connect(tmp_path / "outbox.sqlite") as database:
        database.execute("PRAGMA user_version = 3")
    database.close()
    with pytest.raises(StoreError, match="version 3, this genesis_ray knows 2"):
        Outbox(tmp_path)


def test_a_full_disk_is_told_and_what_was_stays(small_disk):
    with Outbox(small_disk.path / "deliveries") as outbox:
        outbox.put([row(1)])
        small_disk.fill()
        with pytest.raises(StoreError, match="free some space"):
            outbox.put([row(n, f"channel{n}") for n in range(256)] * 8)
        small_disk.grow()
        assert outbox.rows() == [row(1)]
        outbox.put([row(2)])
    with Outbox(small_disk.path / "deliveries") as outbox:
        assert outbox.rows() == [row(1), row(2)]
