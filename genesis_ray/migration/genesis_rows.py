"""What a Genesis installation remembers, as rows."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from genesis_ray.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class GenesisIdentity:
    """A row of `identities`; the embedding is DeepFace's Facenet512, where there is one."""

    person_id: str
    name: str
    first_seen: datetime | None
    embedding: npt.NDArray[np.float32] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenesisSession:
    """A row of `sessions`: a visit, of which the end is None while it goes on."""

    session_id: str
    person_id: str
    camera_id: str
    started_at: datetime
    ended_at: datetime | None
    zone_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GenesisIdentityEvent:
    """A row of `identity_events`: what happened to a person, "" where no zone or camera is told."""

    person_id: str
    event_type: str
    zone_name: str
    camera_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GenesisAlert:
    """A row of `alerts`; `acknowledged_at` is None where nobody did, or nobody noted when."""

    alert_id: str
    alert_type: str
    severity: str
    message: str
    raised_at: datetime
    camera_id: str
    person_id: str
    is_acknowledged: bool
    acknowledged_at: datetime | None
    acknowledged_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenesisSample:
    """A row of `metrics`, of metrics.jsonl or of metrics.csv."""

    at: datetime
    camera_id: str
    people_total: int | None
    queue_len: int | None
    avg_wait_sec: float | None
    people_by_zone: Mapping[str, int] = field(default_factory=dict)
    new_faces: int | None = None
    recognized_faces: int | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is none: what it was and why."""

    row: str
    reason: str


_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{8}")


def text(row: Mapping[str, object], *names: str) -> str:
    """Return the first of the columns that says something, as text; "" if none does.

    Raises:
        SourceError: It is no text in UTF-8.
    """
    for name in names:
        value = row.get(name)
        if value is not None and str(value).strip():
            return well_formed(name, str(value).strip())
    return ""


def well_formed(name: str, value: str) -> str:
    """Return a text of a column as it is.

    Raises:
        SourceError: It has half of a character, or bytes that are none: no table here takes it.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        raise SourceError(f"{name}: expected text in UTF-8, got {value!r:.40}") from None
    return value


def number(row: Mapping[str, object], name: str) -> float | None:
    """Return a number, None where the column is empty or missing.

    Raises:
        SourceError: It is something else.
    """
    value = text(row, name)
    if not value:
        return None
    try:
        found = float(value)
    except ValueError:
        raise SourceError(f"{name}: expected a number, got {value!r:.40}") from None
    if not np.isfinite(found):
        raise SourceError(f"{name}: expected a finite number, got {value!r}")
    return found


_MOST = 2**53
"""A count: above, a float does not tell whole numbers apart."""


def count(row: Mapping[str, object], name: str) -> int | None:
    """Return a whole number that is not below zero, None where there is none.

    Raises:
        SourceError: It is something else.
    """
    found = number(row, name)
    if found is None:
        return None
    if not 0 <= found <= _MOST or found != int(found):
        raise SourceError(f"{name}: expected a count, got {row[name]!r}")
    return int(found)


def time(
    row: Mapping[str, object], zone: ZoneInfo, *names: str, not_before: datetime | None = None
) -> datetime | None:
    """Return a time in UTC: ISO 8601, or seconds since 1970; without an offset it is `zone`'s.

    Of an hour that comes twice the first is meant, unless that is before `not_before`. Eight digits
    are a date.

    Raises:
        SourceError: It is something else.
    """
    value = text(row, *names)
    if not value:
        return None
    try:
        if _NUMBER.fullmatch(value) and not _DATE.fullmatch(value):
            return datetime.fromtimestamp(float(value), UTC)
        found = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        raise SourceError(
            f"{names[0]}: expected a time, as 2026-02-15T10:30:00Z, got {value!r:.40}"
        ) from None
    try:
        if found.tzinfo:
            return found.astimezone(UTC)
        first, second = (found.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        raise SourceError(f"{names[0]}: expected a time in UTC, got {value!r:.40}") from None
    return max(first, second) if not_before and first < not_before else first


def decoded(row: Mapping[str, object], name: str) -> object:
    """Return what a column of JSON says, or as it is where it is none; None where it is empty."""
    value = row.get(name)
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def sample(row: Mapping[str, object], zone: ZoneInfo) -> GenesisSample:
    """Return a row of metrics, however it was stored.

    Raises:
        SourceError: It has no time, or a value that is none.
    """
    at = time(row, zone, "time", "timestamp", "ts")
    if at is None:
        raise SourceError("it has no time: expected a column time or timestamp")
    zones = decoded(row, "people_by_zone") or {}
    if not isinstance(zones, Mapping):
        raise SourceError(f"people_by_zone: expected people by zone, got {zones!r:.40}")
    return GenesisSample(
        at=at,
        camera_id=text(row, "camera_id", "camera"),
        people_total=count(row, "people_total"),
        queue_len=count(row, "queue_len"),
        avg_wait_sec=number(row, "avg_wait_sec"),
        people_by_zone={
            well_formed("people_by_zone", str(zone_id)): count(zones, zone_id) or 0
            for zone_id in zones
        },
        new_faces=count(row, "new_faces"),
        recognized_faces=count(row, "recognized_faces"),
    )
