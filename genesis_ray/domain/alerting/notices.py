"""What is told of an alert, and to whom."""

from dataclasses import dataclass
from datetime import datetime

from genesis_ray.domain.alerting.alert_events import AlertStatus
from genesis_ray.domain.alerting.alert_rules import SEVERITIES, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that happened to an alert: a row of the table `alerts`.

    Attributes:
        event_id: 16 bytes, the same however often it is told.
        camera_id: None where it is about several.
        occurred_at: When it happened in the picture, UTC.
        alert_id: Shared by all notices of one alert, from raised to resolved.
        message: A line for people.
        acknowledged_by: Who did, where that is the status.
    """

    event_id: bytes
    tenant_id: str
    site_id: str
    camera_id: str | None
    occurred_at: datetime
    alert_id: str
    rule_id: str
    severity: Severity
    status: AlertStatus
    message: str
    zone_id: str | None = None
    track_id: int | None = None
    identity_id: str | None = None
    acknowledged_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFilter:
    """Which notices a channel tells.

    Attributes:
        severity: And heavier ones.
        rules: Of these alone; of all where it is empty.
        resolves: Whether it tells that an alert is over.
        acknowledgements: Whether it tells that somebody saw to it.
    """

    severity: Severity = "info"
    rules: frozenset[str] = frozenset()
    resolves: bool = True
    acknowledgements: bool = False

    def tells(self, notice: Notice) -> bool:
        """Tell whether a notice is for this channel."""
        if notice.status == "resolved" and not self.resolves:
            return False
        if notice.status == "acknowledged" and not self.acknowledgements:
            return False
        if self.rules and notice.rule_id not in self.rules:
            return False
        return SEVERITIES.index(notice.severity) >= SEVERITIES.index(self.severity)
