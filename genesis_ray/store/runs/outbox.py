"""Which notice was told on which channel: a small SQLite database in a run's folder.

A row is a notice on a channel. It has the notice's `event_id` and nothing else of it: who is
forgotten, and erased from the event tables, is not in here either. Each change is durable before
the method returns. One process delivers (see `writer_lock`); any may look, and put back what was
set aside.
"""

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, writing_to
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lock import WriteLock

State = Literal["waiting", "delivered", "dead", "withheld"]
"""To be told; told; set aside after too many attempts; not for this channel."""

STATES: tuple[State, ...] = get_args(State)

_VERSION = 2
_FILE = "outbox.sqlite"
_LOCK = "writer.lock"
_LOCKED_FOR_S = 30.0
"""Longer than any other process keeps the database for itself."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SCHEMA = f"""
CREATE TABLE channels (channel TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE deliveries (
    place INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    event_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN {STATES}),
    attempts INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    said TEXT NOT NULL DEFAULT '',
    waits_since INTEGER NOT NULL DEFAULT 0,
    UNIQUE (channel, event_id)
);
CREATE INDEX deliveries_in_order ON deliveries (channel, state, place);
PRAGMA user_version = {_VERSION};
"""
_FROM_1 = """
ALTER TABLE deliveries ADD COLUMN waits_since INTEGER NOT NULL DEFAULT 0;
UPDATE deliveries SET waits_since = changed_at;
PRAGMA user_version = 2;
"""
"""Of what waited then it is not known since when: since it was tried last, at the least."""

_STEPS = {0: _SCHEMA, 1: _FROM_1}
"""From each version that this one knows to its own."""

_PUT = """
INSERT INTO deliveries (channel, event_id, state, changed_at, due_at, said, waits_since)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?4) ON CONFLICT (channel, event_id) DO NOTHING
"""
_WAITING = """
SELECT channel, event_id, state, attempts, changed_at, due_at, said FROM deliveries
WHERE channel = ? AND state = 'waiting' ORDER BY place LIMIT ?
"""
_BACKLOG = """
SELECT channel, count(*), min(waits_since) FROM deliveries WHERE state = 'waiting' GROUP BY channel
"""
_ALL = """
SELECT channel, event_id, state, attempts, changed_at, due_at, said FROM deliveries ORDER BY place
"""
_CHANGE = """
UPDATE deliveries SET state = ?, attempts = ?, changed_at = ?, due_at = ?, said = ?
WHERE channel = ? AND event_id = ?
"""
_REVIVE = """
UPDATE deliveries
SET state = 'waiting', attempts = 0, changed_at = ?1, due_at = ?1, waits_since = ?1
WHERE channel = ?2 AND event_id = ?3 AND state = 'dead'
"""
_FORGET = "DELETE FROM deliveries WHERE event_id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A notice on a channel.

    Attributes:
        attempts: How often it was tried.
        changed_at: When it came into its state, or was last tried.
        due_at: Not to be tried before.
        said: What the receiver said last; of what is withheld, why.
    """

    channel: str
    event_id: bytes
    state: State = "waiting"
    attempts: int = 0
    changed_at: datetime = _EPOCH
    due_at: datetime = _EPOCH
    said: str = ""


class Backlog(NamedTuple):
    """How many notices wait on a channel, and since when the first of them has."""

    waiting: int
    since: datetime


class Outbox(Closeable):
    """The deliveries of one run; its methods may be called from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open the outbox in `folder`, or make it.

        Raises:
            StoreError: It cannot be read or written, or a later version made it.
        """
        self._folder = folder
        with writing_to(folder):
            make_folder(folder)
        self._one_at_a_time = threading.Lock()
        with _explained(folder):
            self._database = sqlite3.connect(
                folder / _FILE, timeout=_LOCKED_FOR_S, check_same_thread=False, isolation_level=None
            )
        try:
            with _explained(folder):
                self._database.execute("PRAGMA synchronous = FULL")
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    @staticmethod
    def exists(folder: Path) -> bool:
        """Tell whether there is an outbox in a folder."""
        return (folder / _FILE).exists()

    def begin(self, channel: str, past: Iterable[bytes], *, at: datetime) -> None:
        """Have a channel that is new not tell the notices of `past`; does nothing to others."""
        with self._changing() as database:
            if database.execute("SELECT 1 FROM channels WHERE channel = ?", (channel,)).fetchone():
                return
            database.execute("INSERT INTO channels VALUES (?)", (channel,))
            rows = [
                OutboxRow(
                    channel=channel,
                    event_id=event_id,
                    state="withheld",
                    changed_at=at,
                    due_at=at,
                    said="before the channel was there",
                )
                for event_id in past
            ]
            database.executemany(_PUT, map(_values, rows))

    def put(self, rows: Sequence[OutboxRow]) -> None:
        """Add rows, all or none, behind those there are; one that is there already stays."""
        with self._changing() as database:
            database.executemany(_PUT, map(_values, rows))

    def waiting(self, channel: str, *, limit: int) -> list[OutboxRow]:
        """Return the first notices that a channel has to tell, in order."""
        with self._reading() as database:
            return [_row(values) for values in database.execute(_WAITING, (channel, limit))]

    def backlog(self) -> dict[str, Backlog]:
        """Return what waits on each channel on which something does."""
        with self._reading() as database:
            return {
                channel: Backlog(count, _to_time(since))
                for channel, count, since in database.execute(_BACKLOG)
            }

    def note(self, row: OutboxRow) -> None:
        """Replace what is known of a notice on a channel."""
        values = row.state, row.attempts, _to_us(row.changed_at), _to_us(row.due_at), row.said
        with self._changing() as database:
            database.execute(_CHANGE, (*values, row.channel, row.event_id))

    def revive(self, rows: Iterable[OutboxRow], *, at: datetime) -> int:
        """Have what was set aside tried again, as if it never had been; return how many were."""
        with self._changing() as database:
            now = _to_us(at)
            keys = [(now, row.channel, row.event_id) for row in rows]
            return database.executemany(_REVIVE, keys).rowcount if keys else 0

    def forget(self, event_ids: Collection[bytes]) -> None:
        """Remove all rows of notices, whatever their state."""
        with self._changing() as database:
            database.executemany(_FORGET, [(event_id,) for event_id in event_ids])

    def rows(self) -> list[OutboxRow]:
        """Return all rows, in the order in which they came."""
        with self._reading() as database:
            return [_row(values) for values in database.execute(_ALL)]

    def close(self) -> None:
        """Let go of the file."""
        with self._one_at_a_time:
            self._database.close()

    def _prepare(self) -> None:
        with self._changing() as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version in _STEPS:
                for statement in filter(str.strip, _STEPS[version].split(";")):
                    database.execute(statement)
            elif version != _VERSION:
                raise StoreError(
                    f"{self._folder / _FILE} has version {version}, this genesis_ray knows "
                    f"{_VERSION}; use the genesis_ray that wrote it"
                )

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Do all that is done within, or nothing."""
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._one_at_a_time, _explained(self._folder):
            yield self._database


def writer_lock(folder: Path) -> WriteLock:
    """Take the right to deliver what is in the outbox of a folder.

    Raises:
        StoreError: Another process has it.
    """
    with writing_to(folder):
        make_folder(folder)
    return WriteLock(folder / _LOCK)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"the outbox {folder / _FILE} cannot be used: {error}; free some space if the disk is "
            f"full. Where the file is damaged, move it away: what was delivered is told again then"
        ) from error


def _values(row: OutboxRow) -> tuple[str, bytes, str, int, int, str]:
    at, due = _to_us(row.changed_at), _to_us(row.due_at)
    return row.channel, row.event_id, row.state, at, due, row.said


def _row(values: tuple[Any, ...]) -> OutboxRow:
    channel, event_id, state, attempts, changed_at, due_at, said = values
    return OutboxRow(
        channel=channel,
        event_id=event_id,
        state=state,
        attempts=attempts,
        changed_at=_to_time(changed_at),
        due_at=_to_time(due_at),
        said=said,
    )


def _to_us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _to_time(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)
