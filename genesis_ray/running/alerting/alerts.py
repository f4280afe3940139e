"""The alerts of a run: found, acknowledged, taken up by a service that starts anew."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.alerting.alert_desks import Alert, OpenAlert
from genesis_ray.domain.alerting.alert_events import AlertAcknowledged, AlertStatus
from genesis_ray.domain.alerting.alert_rules import Severity, Subject
from genesis_ray.errors import ConfigurationError, NotFoundError, StoreError
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.events.spool import Spool
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.runs.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAlert:
    """An alert of a run, as it is now: a row of `analytics.alerts.present`."""

    alert_id: str
    tenant_id: str
    site_id: str
    camera_id: str
    rule_id: str
    severity: Severity
    status: AlertStatus
    zone_id: str | None
    track_id: int | None
    identity_id: str | None
    message: str
    raised_at: datetime
    escalated_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    why: str
    resolved_at: datetime | None

    def acknowledged(self, by: str, why: str, at: datetime) -> AlertAcknowledged:
        """Return the event that somebody looks after this."""
        return AlertAcknowledged(
            tenant_id=self.tenant_id,
            site_id=self.site_id,
            camera_id=self.camera_id,
            occurred_at=at,
            alert_id=self.alert_id,
            rule_id=self.rule_id,
            severity=self.severity,
            zone_id=self.zone_id,
            track_id=self.track_id,
            identity_id=self.identity_id,
            message=self.message,
            acknowledged_by=by,
            why=why,
        )

    @property
    def subject(self) -> Subject:
        """What it is about, by which it is known to be open."""
        if self.identity_id:
            return Subject(identity_id=self.identity_id)
        return Subject(self.camera_id, self.zone_id or "", self.track_id)


def alerts_of(run: RunFolder) -> list[LoggedAlert]:
    """Return all alerts of a run, by when they were raised."""
    return [*_as_they_are(RunTables(run.events))]


def chosen(found: Iterable[LoggedAlert], given: str) -> LoggedAlert:
    """Return the alert that is named by its id, or the beginning of one.

    Raises:
        NotFoundError: There is none.
        ConfigurationError: Several begin so, or somebody acknowledged it before.
    """
    own = [alert for alert in found if given and alert.alert_id.startswith(given)]
    if not own:
        raise NotFoundError(
            f"no alert {given!r} in this run; `genesis alerts list` shows which there are"
        )
    if len(own) > 1:
        ids = ", ".join(alert.alert_id for alert in own)
        raise ConfigurationError(f"several alerts begin with {given!r}: {ids}; name one")
    (alert,) = own
    if alert.acknowledged_at:
        raise ConfigurationError(
            f"alert {alert.alert_id} was acknowledged by {alert.acknowledged_by} at "
            f"{alert.acknowledged_at:%Y-%m-%d %H:%M:%S} UTC already"
        )
    return alert


def acknowledge(run: RunFolder, alert: LoggedAlert, *, by: str, why: str, at: datetime) -> bool:
    """Note that somebody looks after an alert; tell whether it is logged, or left for who writes.

    Where a process writes to the run, that takes it in; what nobody took in by its end is logged
    with the next acknowledgement.

    Raises:
        StoreError: The disk is full or refuses.
    """
    note = {"alert_id": alert.alert_id, "by": by, "why": why, "at": at.isoformat()}
    _spool_of(run).put(f"{alert.alert_id}-{at:%Y%m%dT%H%M%S%f}", note)
    if WriteLock.holder(EventFolder(run.events).lock):
        return False
    try:
        log_waiting(run)
    except StoreError:
        if WriteLock.holder(EventFolder(run.events).lock):  # it began to, just now
            return False
        raise
    return True


def log_waiting(run: RunFolder) -> None:
    """Log what was acknowledged and nobody took in, where there is something.

    Raises:
        StoreError: Another process writes to the run, or the disk is full.
    """
    if _spool_of(run).notes():
        with EventLog(run.events) as log:
            take_in(run, log)


def take_in(run: RunFolder, log: EventLog) -> None:
    """Log what was acknowledged and nobody took in, with the log of who writes."""
    notes = Acknowledgements(run)
    for name, event in notes.waiting():
        log.append([event])
        notes.done(name)


class Acknowledgements:
    """What people acknowledged and is not logged yet, as notes in the run's folder."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._spool = _spool_of(run)

    def waiting(self) -> Iterator[tuple[str, AlertAcknowledged]]:
        """Yield what waits, each with the name to be given to `done` once it is logged."""
        notes = self._spool.notes()
        known = {alert.alert_id: alert for alert in alerts_of(self._run)} if notes else {}
        for name, note in notes.items():
            event = _event(note, known)
            if event is None:
                self._spool.refuse(name, "it names no alert of this run, by whom, why and when")
            else:
                yield name, event

    def done(self, name: str) -> None:
        """Take it that a note is logged."""
        self._spool.remove(name)


def _spool_of(run: RunFolder) -> Spool:
    return Spool(run.acknowledgements)


def _event(note: dict[str, Any], known: dict[str, LoggedAlert]) -> AlertAcknowledged | None:
    try:
        at = datetime.fromisoformat(note["at"]).astimezone(UTC)
        return known[note["alert_id"]].acknowledged(str(note["by"]), str(note["why"]), at)
    except (KeyError, TypeError, ValueError):
        return None


def alerts_left_open(tables: RunTables) -> Sequence[OpenAlert]:
    """Return a tenant's alerts that are not resolved, as the log tells of them."""
    rows = tables["alerts"].read()
    if not len(rows):
        return ()
    found = _as_they_are({"alerts": rows})
    return [_open(alert) for alert in found if alert.resolved_at is None]


def _as_they_are(tables: Tables) -> Iterator[LoggedAlert]:
    # Here, because DuckDB takes memory, and whoever watches hardly ever needs it.
    from genesis_ray.analytics.alerts import present

    for row in present(tables).to_pylist():
        yield LoggedAlert(**row)


def _open(alert: LoggedAlert) -> OpenAlert:
    raised_at = alert.raised_at.astimezone(UTC)
    escalated_at = alert.escalated_at.astimezone(UTC) if alert.escalated_at else None
    return OpenAlert(
        Alert(
            alert_id=alert.alert_id,
            rule_id=alert.rule_id,
            subject=alert.subject,
            camera_id=alert.camera_id,
            track_id=alert.track_id,
            severity=alert.severity,
            message=alert.message,
            raised_at=raised_at,
        ),
        told_at=escalated_at or raised_at,
        is_acknowledged=alert.acknowledged_at is not None,
    )
