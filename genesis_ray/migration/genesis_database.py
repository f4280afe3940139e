"""Genesis's SQLite database, `identities.db`, opened so that no byte of it can change."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
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
)
from genesis_ray.migration.pickled_array import read_vector

_BATCH = 1_000

_TABLES = """
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
"""
"""All but those that SQLite makes for itself."""

_NOT_IN_IT_YET = ("-wal", "-journal")
"""What SQLite keeps beside a database that is written, or whose writer was killed."""


class GenesisDatabase:
    """The rows of a database; tables that it does not have are empty.

    A row that cannot be read is yielded as `Unreadable`, and the others are.
    """

    def __init__(self, path: Path, zone: ZoneInfo) -> None:
        """Open the database; times without an offset are `zone`'s.

        Raises:
            SourceError: The file is missing, or no SQLite database, or not all there is: what was
                written last lies beside it.
        """
        self._path = path
        self._zone = zone
        if not path.is_file():
            raise SourceError(f"there is no database {path}")
        for beside in (path.with_name(f"{path.name}{ending}") for ending in _NOT_IN_IT_YET):
            if beside.is_file() and beside.stat().st_size:
                raise SourceError(
                    f"{beside} has changes that are not in {path.name} yet; stop what writes to "
                    f"it. If that was killed, copy both files and let SQLite join them there: "
                    f"sqlite3 {path.name} 'PRAGMA journal_mode = DELETE'"
                )
        try:
            with closing(self._connected()) as connection:
                rows = connection.execute(_TABLES)
                self.tables = sorted(str(row["name"]) for row in rows)
        except sqlite3.Error as error:
            raise SourceError(f"{path} is no SQLite database that can be read: {error}") from error

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return sum(1 for _ in self._rows(table))

    def identities(self) -> Iterator[GenesisIdentity | Unreadable]:
        """Yield the people."""
        for row in self._rows("identities"):
            person_id = text(row, "person_id")
            try:
                if not person_id:
                    raise SourceError("it has no person_id")
                yield GenesisIdentity(
                    person_id=person_id,
                    name=_name(row) or person_id,
                    first_seen=time(row, self._zone, "first_seen", "created_at"),
                    embedding=_embedding(row),
                )
            except SourceError as error:
                yield Unreadable(f"identities {person_id or '?'}", str(error))

    def sessions(self) -> Iterator[GenesisSession | Unreadable]:
        """Yield the visits."""
        for row in self._rows("sessions"):
            session_id = text(row, "session_id", "id")
            try:
                yield self._session(row, session_id)
            except SourceError as error:
                yield Unreadable(f"sessions {session_id or '?'}", str(error))

    def alerts(self) -> Iterator[GenesisAlert | Unreadable]:
        """Yield the alerts."""
        for row in self._rows("alerts"):
            alert_id = text(row, "alert_id", "id")
            try:
                yield self._alert(row, alert_id)
            except SourceError as error:
                yield Unreadable(f"alerts {alert_id or '?'}", str(error))

    def identity_events(self) -> Iterator[GenesisIdentityEvent | Unreadable]:
        """Yield what was noted of people."""
        for row in self._rows("identity_events"):
            event_id = text(row, "event_id", "id")
            try:
                yield self._identity_event(row)
            except SourceError as error:
                yield Unreadable(f"identity_events {event_id or '?'}", str(error))

    def samples(self) -> Iterator[GenesisSample | Unreadable]:
        """Yield the metrics."""
        for place, row in enumerate(self._rows("metrics"), start=1):
            try:
                yield sample(row, self._zone)
            except SourceError as error:
                yield Unreadable(f"metrics {place}", str(error))

    def _alert(self, row: Mapping[str, object], alert_id: str) -> GenesisAlert:
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

    def _session(self, row: Mapping[str, object], session_id: str) -> GenesisSession:
        person_id = text(row, "person_id")
        started_at = time(row, self._zone, "start_time", "started_at")
        ended_at = time(row, self._zone, "end_time", "ended_at")
        if not (session_id and person_id and started_at):
            raise SourceError("expected session_id, person_id and start_time")
        if ended_at and ended_at < started_at:
            raise SourceError(f"it ends at {ended_at}, before it begins at {started_at}")
        zones = decoded(row, "zones_visited") or []
        if isinstance(zones, str):
            zones = [each.strip() for each in zones.strip("{}").split(",") if each.strip()]
        if not isinstance(zones, list):
            raise SourceError(f"zones_visited: expected a list of zones, got {zones!r:.40}")
        return GenesisSession(
            session_id=session_id,
            person_id=person_id,
            camera_id=text(row, "camera_id"),
            started_at=started_at,
            ended_at=ended_at,
            zone_ids=tuple(map(str, zones)),
        )

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
        return connection


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
