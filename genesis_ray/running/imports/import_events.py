"""The history that Genesis recorded, as events of a run."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.alerting.alert_events import AlertAcknowledged, AlertRaised, AlertResolved
from genesis_ray.domain.alerting.alert_rules import SEVERITIES
from genesis_ray.domain.events import (
    Event,
    IdentityNoted,
    MetricsSampled,
    VisitEnded,
    VisitStarted,
)
from genesis_ray.domain.stable_ids import stable_id
from genesis_ray.migration.genesis_rows import (
    GenesisAlert,
    GenesisIdentityEvent,
    GenesisSample,
    GenesisSession,
)
from genesis_ray.running.imports.import_report import Tally
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.schemas import table_of, to_tables

_BATCH = 10_000
"""Rows of the source that are in memory at a time."""


def identity_of(settings: Settings, person_id: str) -> str:
    """Return the identity that a person of Genesis is here; the same one at each import."""
    return str(stable_id(settings.tenant_id, "genesis", person_id))


def visit_events(settings: Settings, session: GenesisSession) -> list[Event]:
    """Return the events of a visit; one that had not ended has but a beginning."""
    own: dict[str, Any] = {
        "tenant_id": settings.tenant_id,
        "site_id": settings.site_id,
        "camera_id": _camera(session.camera_id),
        "visit_id": session.session_id,
        "identity_id": identity_of(settings, session.person_id),
        "started_at": session.started_at,
    }
    started = VisitStarted(occurred_at=session.started_at, **own)
    if session.ended_at is None:
        return [started]
    ended_at, zone_ids = session.ended_at, session.zone_ids
    return [started, VisitEnded(occurred_at=ended_at, ended_at=ended_at, zone_ids=zone_ids, **own)]


def alert_events(settings: Settings, alert: GenesisAlert) -> list[Event]:
    """Return the events of an alert; one that was acknowledged is over, as far as is known.

    Severities that are not known here are warnings. The message names nobody: a person's id in
    it is left out, as they could not be forgotten in there.
    """
    own: dict[str, Any] = {
        "tenant_id": settings.tenant_id,
        "site_id": settings.site_id,
        "camera_id": _camera(alert.camera_id) if alert.camera_id else "",
        "alert_id": str(stable_id(settings.tenant_id, "genesis alert", alert.alert_id)),
        "rule_id": alert.alert_type,
        "severity": alert.severity if alert.severity in SEVERITIES else "warning",
        "identity_id": identity_of(settings, alert.person_id) if alert.person_id else None,
        "message": _naming_nobody(alert.message, alert.person_id),
    }
    raised = AlertRaised(occurred_at=alert.raised_at, **own)
    if not alert.is_acknowledged:
        return [raised]
    at = max(alert.acknowledged_at or alert.raised_at, alert.raised_at)
    by = alert.acknowledged_by or "unknown"
    acknowledged = AlertAcknowledged(occurred_at=at, acknowledged_by=by, **own)
    return [raised, acknowledged, AlertResolved(occurred_at=at, **own)]


def identity_events(settings: Settings, noted: GenesisIdentityEvent) -> list[Event]:
    """Return the event of what was noted of a person, whose id is left out of its words."""
    return [
        IdentityNoted(
            tenant_id=settings.tenant_id,
            site_id=settings.site_id,
            camera_id=_camera(noted.camera_id),
            occurred_at=noted.at,
            identity_id=identity_of(settings, noted.person_id),
            event_type=_naming_nobody(noted.event_type, noted.person_id),
            zone_id=noted.zone_name or None,
        )
    ]


def sample_events(settings: Settings, sample: GenesisSample) -> list[Event]:
    """Return the event of a row of metrics."""
    return [
        MetricsSampled(
            tenant_id=settings.tenant_id,
            site_id=settings.site_id,
            camera_id=_camera(sample.camera_id),
            occurred_at=sample.at,
            people_total=sample.people_total,
            queue_len=sample.queue_len,
            avg_wait_sec=sample.avg_wait_sec,
            people_by_zone=tuple(sorted(sample.people_by_zone.items())),
            new_faces=sample.new_faces,
            recognized_faces=sample.recognized_faces,
        )
    ]


def bring_in(
    events: Path,
    rows: Callable[[Tally], Iterable[Sequence[Event]]],
    tally: Tally,
    progress: Callable[[int], None],
) -> None:
    """Append the events of rows to a log, then read them back and compare them, row by row.

    `rows` reads the source, and is called twice: what is compared with is not what was written
    but what the source says. `progress` is told of rows as they come by.

    Raises:
        StoreError: The log cannot be written or read.
    """
    with EventLog(events) as log:
        for batch in _batches(rows(tally)):
            fresh = _unknown(events, batch)
            log.append([event for row in fresh for event in row])
            tally.brought_in += len(fresh)
            tally.already_there += len(batch) - len(fresh)
            progress(len(batch))
    for batch in _batches(rows(Tally(tally.what))):
        same = _same(events, batch)
        tally.verified += sum(same)
        for row, is_same in zip(batch, same, strict=True):
            if not is_same:
                tally.leave_out(
                    f"{row[0].camera_id or 'no camera'} at {row[0].occurred_at.isoformat()}",
                    "another row says something else of the same moment, which stays",
                    kind="contradicts another row",
                )
        progress(len(batch))


def _batches(rows: Iterable[Sequence[Event]]) -> Iterator[list[Sequence[Event]]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _unknown(events: Path, batch: Sequence[Sequence[Event]]) -> list[Sequence[Event]]:
    """Return the rows of which an event is not in the log yet."""
    known = set(_by_id(_stored(events, batch)))
    fresh = []
    for row in batch:
        if not all(event.event_id in known for event in row):
            fresh.append(row)
            known.update(event.event_id for event in row)
    return fresh


def _same(events: Path, batch: Sequence[Sequence[Event]]) -> list[bool]:
    """Tell of each row whether all its events are in the log, with the same values."""
    stored = _by_id(_stored(events, batch))
    tables = to_tables([event for row in batch for event in row])
    expected = {name: iter(table.to_pylist()) for name, table in tables.items()}
    same = []
    for row in batch:
        found = [stored.get(event.event_id) == next(expected[table_of(event)]) for event in row]
        same.append(all(found))
    return same


def _stored(events: Path, batch: Sequence[Sequence[Event]]) -> dict[str, pa.Table]:
    """Return what the log has of the events, by table."""
    found = {}
    for name, wanted in to_tables([event for row in batch for event in row]).items():
        tenant_id = wanted["tenant_id"][0].as_py()
        first: Any = pc.min(wanted["occurred_at"]).as_py()
        rows = read_table(events, name, tenant_id, since=first.date())
        found[name] = rows.filter(pc.is_in(rows["event_id"], value_set=wanted["event_id"]))
    return found


def _by_id(tables: dict[str, pa.Table]) -> dict[bytes, dict[str, object]]:
    return {row["event_id"]: row for table in tables.values() for row in table.to_pylist()}


def _naming_nobody(words: str, person_id: str) -> str:
    return words.replace(person_id, "somebody") if person_id else words


def _camera(name: str) -> str:
    """Return a camera's name as this system takes it; that of an unknown one is "imported"."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-._")[:64] or "imported"
