"""The events that tell of alerts: a row each in the table `alerts`."""

from dataclasses import dataclass
from typing import Literal

from genesis_ray.domain.alerting.alert_rules import Severity
from genesis_ray.domain.events import Event

AlertStatus = Literal["raised", "escalated", "acknowledged", "resolved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent(Event):
    """What all four have: the alert as it was from then on.

    `camera_id` is "" where an alert is about no camera in particular, `zone_id`, `track_id` and
    `identity_id` are None where it is about none. `message` names nobody.
    """

    KEY = ("alert_id", "severity")
    alert_id: str
    rule_id: str
    severity: Severity
    zone_id: str | None = None
    track_id: int | None = None
    identity_id: str | None = None
    message: str
    acknowledged_by: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised(AlertEvent):
    """A rule's condition holds; the time is when it did, capture time."""

    status: Literal["raised"] = "raised"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEscalated(AlertEvent):
    """Nobody acknowledged an alert in time: it is graver now, if it can be, and told again."""

    status: Literal["escalated"] = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAcknowledged(AlertEvent):
    """`acknowledged_by` looks after an alert; the time is that of the clock on the wall."""

    KEY = ("alert_id", "acknowledged_by")
    status: Literal["acknowledged"] = "acknowledged"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResolved(AlertEvent):
    """The condition no longer holds, or somebody saw to what has no end."""

    status: Literal["resolved"] = "resolved"
