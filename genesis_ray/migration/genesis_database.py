"""Genesis's SQLite database, `identities.db`, opened so that no byte of it can change."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from genesis_ray.errors import SourceError
from genesis_ray.migration.genesis_rows import (
    GenesisAlert,
    GenesisIdentity,
    GenesisIdentityEvent,
    GenesisSample,
    GenesisSession,
    Unreadable,
    decoded,
    sample,
    text,
    time,
    well_formed,
)
from genesis_ray.migration.pickled_array import read_vector

_Row = TypeVar("_Row")

_BATCH = 1_000

_BESIDE = ("-wal", "-journal")
"""What SQLite keeps beside a database that is written, or whose writer was killed."""

_TABLES = """
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
"""
"""All but those that SQLite makes for itself."""

_COLUMNS: dict[str, list[tuple[str, ...]]] = {
    "identities": [("person_id",)],
    "sessions": [("session_id", "id"), ("person_id",), ("start_time", "started_at")],
    "identity_events": [("person_id",), ("event_type", "type"), ("timestamp", "created_at")],
    "alerts": [("alert_id", "id"), ("timestamp", "created_at")],
    "metrics": [("time", "timestamp", "ts")],
}
"""What a row of each table cannot do without, by the names that it has had."""

CARRIED = tuple(_COLUMNS)
"""The tables that are read here."""

_HOT_JOURNAL = bytes.fromhex("d9d505f920a163d7")
"""How a rollback journal begins that was not done with; SQLite may leave others behind."""


class GenesisDatabase:
    """The rows of a database; tables that it does not have are empty.

    A row that cannot be read is yielded as `Unreadable`, and the others are.
    """

    def __init__(self, path: Path, zone: ZoneInfo) -> None:
        """Open the database and look whether all of it can be read; its locks do not matter.

        Args:
            path: The file.
            zone: Whose times are that have no offset.

        Raises:
            SourceError: The file is missing, no SQLite database, damaged, not Genesis's, or not
                all there is: what was written last lies beside it.
        """
        self._path = path
        self._zone = zone
        if not path.is_file():
            raise SourceError(f"there is no database {path}")
        self._refuse_unfinished()
        try:
            with closing(self._connected()) as connection:
                rows = connection.execute(_TABLES)
                self.tables = sorted(str(row["name"]) for row in rows)
                (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                columns = {name: self._columns(connection, name) for name in self._carried()}
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:
                raise _damaged(path, str(error)) from error
            raise SourceError(f"{path} is no SQLite database that can be read: {error}") from error
        if said != "ok":
            raise _damaged(path, said)
        self._refuse_another_schema(columns)

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return sum(1 for _ in self._rows(table))

    def identities(self) -> Iterator[GenesisIdentity | Unreadable]:
        """Yield the people."""
        return self._read("identities", ("person_id",), self._identity)

    def sessions(self) -> Iterator[GenesisSession | Unreadable]:
        """Yield the visits."""
        return self._read("sessions", ("session_id", "id"), self._session)

    def alerts(self) -> Iterator[GenesisAlert | Unreadable]:
        """Yield the alerts."""
        return self._read("alerts", ("alert_id", "id"), self._alert)

    def identity_events(self) -> Iterator[GenesisIdentityEvent | Unreadable]:
        """Yield what was noted of people."""
        return self._read("identity_events", ("event_id", "id"), self._identity_event)

    def samples(self) -> Iterator[GenesisSample | Unreadable]:
        """Yield the metrics."""
        return self._read("metrics", (), lambda row: sample(row, self._zone))

    def _read(
        self, table: str, keys: tuple[str, ...], parsed: Callable[[Mapping[str, object]], _Row]
    ) -> Iterator[_Row | Unreadable]:
        for place, row in enumerate(self._rows(table), start=1):
            try:
                yield parsed(row)
            except SourceError as error:
                yield Unreadable(f"{table} {_key(row, keys) or place}", str(error))

    def _identity(self, row: Mapping[str, object]) -> GenesisIdentity:
        person_id = text(row, "person_id")
        if not person_id:
            raise SourceError("it has no person_id")
        return GenesisIdentity(
            person_id=person_id,
            name=_name(row) or person_id,
            first_seen=time(row, self._zone, "first_seen", "created_at"),
            embedding=_embedding(row),
        )

    def _alert(self, row: Mapping[str, object]) -> GenesisAlert:
        alert_id = text(row, "alert_id", "id")
        raised_at = time(row, self._zone, "timestamp", "created_at")
        if not (alert_id and raised_at):
            raise SourceError("expected alert_id and timestamp")
        return GenesisAlert(
            alert_id=alert_id,
            alert_type=text(row, "alert_type", "type") or "unknown",
            severity=text(row, "severity").lower(),
            message=text(row, "message"),
            raised_at=raised_at,
            camera_id=text(row, "camera_id"),
            person_id=text(row, "person_id"),
            is_acknowledged=text(row, "acknowledged").lower() in ("1", "true", "t"),
            acknowledged_at=time(row, self._zone, "acknowledged_at"),
            acknowledged_by=text(row, "acknowledged_by"),
        )

    def _identity_event(self, row: Mapping[str, object]) -> GenesisIdentityEvent:
        person_id, event_type = text(row, "person_id"), text(row, "event_type", "type")
        at = time(row, self._zone, "timestamp", "created_at")
        if not (person_id and event_type and at):
            raise SourceError("expected person_id, event_type and timestamp")
        metadata = decoded(row, "metadata")
        more = metadata if isinstance(metadata, Mapping) else {}
        return GenesisIdentityEvent(
            person_id=person_id,
            event_type=event_type,
            zone_name=text(row, "zone_name", "zone") or text(more, "zone"),
            camera_id=text(row, "camera_id") or text(more, "camera_id"),
            at=at,
        )

    def _session(self, row: Mapping[str, object]) -> GenesisSession:
        session_id, person_id = text(row, "session_id", "id"), text(row, "person_id")
        started_at = time(row, self._zone, "start_time", "started_at")
        ended_at = time(row, self._zone, "end_time", "ended_at", not_before=started_at)
        if not (session_id and person_id and started_at):
            raise SourceError("expected session_id, person_id and start_time")
        if ended_at and ended_at < started_at:
            raise SourceError(f"it ends at {ended_at}, before it begins at {started_at}")
        zones = _zones(row)
        return GenesisSession(
            session_id=session_id,
            person_id=person_id,
            camera_id=text(row, "camera_id"),
            started_at=started_at,
            ended_at=ended_at,
            zone_ids=tuple(well_formed("zones_visited", each) for each in zones),
        )

    def _refuse_unfinished(self) -> None:
        wal, journal = (self._path.with_name(f"{self._path.name}{end}") for end in _BESIDE)
        unfinished = [wal] if wal.is_file() and wal.stat().st_size else []
        if journal.is_file():
            with journal.open("rb") as file:
                unfinished += [journal] if file.read(len(_HOT_JOURNAL)) == _HOT_JOURNAL else []
        for beside in unfinished:
            raise SourceError(
                f"{beside} has changes that are not in {self._path.name} yet; stop what writes to "
                f"it. If that was killed, copy both files and let SQLite join them there: "
                f"sqlite3 {self._path.name} 'PRAGMA journal_mode = DELETE'"
            )

    def _refuse_another_schema(self, columns: Mapping[str, set[str]]) -> None:
        if not self._carried():
            raise SourceError(
                f"{self._path} is no database of Genesis: expected tables {', '.join(CARRIED)}, "
                f"found {', '.join(self.tables) or 'none'}; move it away to bring in the rest"
            )
        for table, found in columns.items():
            missing = [" or ".join(names) for names in _COLUMNS[table] if not found & {*names}]
            if missing and self.count(table):
                raise SourceError(
                    f"{self._path}: table {table} has another schema: expected a column "
                    f"{', and '.join(missing)}, found {', '.join(sorted(found))}; rename columns "
                    f"in a copy, as docs/import.md has them"
                )

    def _carried(self) -> list[str]:
        return [name for name in CARRIED if name in self.tables]

    def _columns(self, connection: sqlite3.Connection, table: str) -> set[str]:
        rows = connection.execute("SELECT name FROM pragma_table_info(?)", [table])
        return {str(row["name"]) for row in rows}

    def _rows(self, table: str) -> Iterator[dict[str, object]]:
        if table not in self.tables:
            return
        try:
            with closing(self._connected()) as connection:
                # A name of this module's own, which no parameter can stand for.
                rows = connection.execute(f'SELECT * FROM "{table}" ORDER BY rowid')  # noqa: S608
                while batch := rows.fetchmany(_BATCH):
                    yield from (dict(row) for row in batch)
        except sqlite3.Error as error:
            raise SourceError(f"{self._path}: table {table} cannot be read: {error}") from error

    def _connected(self) -> sqlite3.Connection:
        # Immutable: not even a journal is made beside it, nor one that is there rolled back.
        uri = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True)
        connection.row_factory = sqlite3.Row
        # What is no text is told of its row, where `text` meets it, and not of the whole table.
        connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
        return connection


def _key(row: Mapping[str, object], names: tuple[str, ...]) -> str:
    try:
        return text(row, *names)
    except SourceError:
        return ""


def _damaged(path: Path, why: str) -> SourceError:
    return SourceError(
        f"{path} is damaged ({' '.join(why.split())}); put it back from a backup, or let SQLite "
        f"save what it can: sqlite3 {path.name} .recover | sqlite3 recovered.db"
    )


def _zones(row: Mapping[str, object]) -> list[str]:
    """Return zones that are JSON, an array of PostgreSQL's, or names with commas between."""
    found = decoded(row, "zones_visited") or []
    if isinstance(found, str):
        return [each.strip() for each in found.strip("{}").split(",") if each.strip()]
    if not isinstance(found, list):
        raise SourceError(f"zones_visited: expected a list of zones, got {found!r:.40}")
    return [str(each) for each in found]


def _name(row: Mapping[str, object]) -> str:
    metadata = decoded(row, "metadata")
    return text(metadata, "name") if isinstance(metadata, Mapping) else ""


def _embedding(row: Mapping[str, object]) -> npt.NDArray[np.float32] | None:
    value = row.get("embedding")
    if value is None:
        return None
    if not isinstance(value, bytes):
        raise SourceError(f"embedding: expected a pickled vector, got {value!r:.40}")
    return read_vector(value)
