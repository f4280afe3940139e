"""What an operator can set of alerts: which rules there are, and when each holds."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from genesis_ray.domain.alerting.alert_rules import Severity
from genesis_ray.sections.types import Identifier, Seconds, Section

_DAY_S = 86_400

Lasting = Annotated[Seconds, Field(ge=0, le=_DAY_S)]
"""For how long something is to hold before it is told; 0: at once."""

Span = Annotated[Seconds, Field(ge=1, le=_DAY_S)]
"""What is measured in seconds that anybody would tell from none."""

Count = Annotated[int, Field(ge=0, le=100_000)]
"""Of people."""


class _Rule(Section):
    """What all rules have."""

    SEVERITY: ClassVar[Severity] = "warning"

    name: Identifier | None = Field(
        default=None, description="What its alerts are listed by; unset: made of what it is about"
    )
    severity: Severity | None = Field(
        default=None, description="Unset: that of this kind of rule, see docs/alerts.md"
    )
    cool_down_s: Annotated[Seconds, Field(ge=0, le=30 * _DAY_S)] = Field(
        default=300.0, description="After an alert is resolved, before the same is raised again"
    )
    escalate_s: Span | None = Field(
        default=None,
        description="Not acknowledged for so long: a severity graver, and told again; unset: never",
    )

    @property
    def rule_id(self) -> str:
        """What its alerts are listed by."""
        parts = [self.__dict__.get(part) for part in ("rule", "camera_id", "zone_id")]
        return self.name or "-".join(str(part) for part in parts if part)

    @property
    def told_as(self) -> Severity:
        """How grave its alerts are."""
        return self.severity or self.SEVERITY


class _CameraRule(_Rule):
    camera_id: Identifier | None = Field(default=None, description="Unset: every camera")


class _ZoneRule(_CameraRule):
    zone_id: Identifier = Field(description="Of the camera, or of each that has a zone so called")


class QueueRule(_ZoneRule):
    """Too many people in a queue."""

    rule: Literal["queue"]
    over: Count = Field(default=6, description="More people than that")
    for_s: Lasting = Field(default=180.0, description="All that time")


class WaitRule(_ZoneRule):
    """People wait too long in a queue."""

    rule: Literal["wait"]
    over_s: Span = Field(default=300.0, description="Longer than that")
    of: Literal["longest", "mean"] = Field(
        default="longest",
        description="Who waits longest now, or the mean of those whose service began lately",
    )
    window_s: Span = Field(default=600.0, description="What the mean is taken over")
    service_zone_id: Identifier | None = Field(
        default=None,
        description="Where service is, of the same camera: who goes elsewhere has given up and is "
        "not in the mean; unset: whoever leaves was served",
    )
    handover_s: Lasting = Field(
        default=5.0, description="From leaving the queue to entering the zone of service, at most"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.of == "longest" and self.service_zone_id:
            raise ValueError(
                "service_zone_id tells who was served, which only of: mean asks for; set that, or "
                "leave it out"
            )
        if self.service_zone_id == self.zone_id:
            raise ValueError(f"zone_id and service_zone_id are the same zone {self.zone_id}")
        return self


class CrowdRule(_CameraRule):
    """Too many people in a zone, or in a camera's picture."""

    rule: Literal["crowd"]
    zone_id: Identifier | None = Field(default=None, description="Unset: the whole picture")
    over: Count | None = Field(default=None, description="More people than that")
    per_m2: float | None = Field(
        default=None, gt=0, le=100, description="More people than that to a m²"
    )
    area_m2: float | None = Field(default=None, gt=0, le=1e6, description="How large the place is")
    for_s: Lasting = Field(default=10.0, description="All that time")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.over is None) == (self.per_m2 is None):
            raise ValueError("expected over, a number of people, or per_m2 with area_m2")
        if (self.per_m2 is None) != (self.area_m2 is None):
            raise ValueError("per_m2 and area_m2 belong together: people to a m², and how many m²")
        return self

    @property
    def limit(self) -> float:
        """How many people may be there."""
        return self.over if self.over is not None else (self.per_m2 or 0) * (self.area_m2 or 0)


class LoiteringRule(_ZoneRule):
    """Somebody stays in a zone too long."""

    SEVERITY = "info"

    rule: Literal["loitering"]
    over_s: Span = Field(default=300.0, description="Longer than that")


class StaffOnlyRule(_ZoneRule):
    """Somebody is in a zone who is not known as staff."""

    rule: Literal["staff-only"]
    tag: Identifier = Field(default="staff", description="Who may be there: `genesis people tag`")
    for_s: Lasting = Field(default=10.0, description="So long a face may take to be recognised")


class TagRule(_Rule):
    """Somebody with a tag was recognised."""

    rule: Literal["vip", "banned"]
    tag: Identifier | None = Field(
        default=None, description="Who: `genesis people tag`; unset: the rule's own name"
    )

    @property
    def told_as(self) -> Severity:
        """How grave its alerts are: who is banned is no guest."""
        return self.severity or ("critical" if self.rule == "banned" else "info")

    @property
    def wanted(self) -> str:
        """The tag."""
        return self.tag or self.rule


class RepeatVisitorRule(_Rule):
    """Somebody comes again and again."""

    SEVERITY = "info"

    rule: Literal["repeat-visitor"]
    visits: int = Field(default=3, ge=2, le=10_000, description="From this visit on")
    days: float = Field(default=30.0, gt=0, le=366, description="Within so many days")


class CameraDownRule(_CameraRule):
    """A camera is not online."""

    SEVERITY = "critical"

    rule: Literal["camera-down"]
    for_s: Lasting = Field(default=30.0, description="All that time")


class AnomalyRule(_CameraRule):
    """Unusually many or few people in a picture."""

    SEVERITY = "info"

    rule: Literal["anomaly"]
    window: int = Field(
        default=100, ge=2, le=10_000, description="Minutes that each is compared with, at most"
    )
    threshold: float = Field(
        default=2.0, gt=0, le=100, description="Standard deviations from their mean still usual"
    )
    warm_up: int = Field(
        default=30, ge=2, description="Minutes before the first verdict: a first day is quiet"
    )
    side: Literal["either", "above", "below"] = Field(
        default="either", description="Unusually many, few, or both"
    )

    @model_validator(mode="after")
    def _gives_a_verdict(self) -> Self:
        if self.warm_up > self.window:
            raise ValueError(f"warm_up {self.warm_up} > window {self.window}: no verdict ever")
        return self


class UnusualHourRule(_CameraRule):
    """Unusually many or few people in an hour, for its weekday and hour."""

    SEVERITY = "info"

    rule: Literal["unusual-hour"]
    weeks: int = Field(
        default=12, ge=2, le=520, description="Weeks that an hour is compared with, at most"
    )
    threshold: float = Field(
        default=3.5, gt=0, le=100, description="Spreads from their median still usual"
    )
    warm_up: int = Field(
        default=4, ge=2, description="Weeks of an hour before the first verdict on it"
    )
    side: Literal["either", "above", "below"] = Field(
        default="either", description="Unusually many, few, or both"
    )

    @model_validator(mode="after")
    def _gives_a_verdict(self) -> Self:
        if self.warm_up > self.weeks:
            raise ValueError(f"warm_up {self.warm_up} > weeks {self.weeks}: no verdict ever")
        return self


class DriftRule(_CameraRule):
    """Matches at a camera are less alike than they were, see `drift`."""

    rule: Literal["drift"]


class DegradedRule(_Rule):
    """A part of the system does less than it should."""

    rule: Literal["degraded"]


class DeadLetterRule(_CameraRule):
    """What fails again and again is set aside."""

    rule: Literal["dead-letters"]
    over: Count = Field(default=0, description="More of a camera's than that")
    within_s: Span = Field(default=3600.0, description="In so long")


class FalseMergeRule(_Rule):
    """Two people have been taken for one."""

    SEVERITY = "critical"

    rule: Literal["false-merge"]


AlertRuleSettings = Annotated[
    QueueRule
    | WaitRule
    | CrowdRule
    | LoiteringRule
    | StaffOnlyRule
    | TagRule
    | RepeatVisitorRule
    | CameraDownRule
    | AnomalyRule
    | UnusualHourRule
    | DriftRule
    | DegradedRule
    | DeadLetterRule
    | FalseMergeRule,
    Field(discriminator="rule"),
]


def places_of(rule: AlertRuleSettings) -> list[tuple[str | None, str | None]]:
    """Return the cameras and zones that a rule names; None: every camera, no zone."""
    values = rule.__dict__
    camera_id = values.get("camera_id")
    zones = [values[name] for name in ("zone_id", "service_zone_id") if values.get(name)]
    return [(camera_id, zone_id) for zone_id in zones] or [(camera_id, None)]


def queue_zones_of(rules: Iterable[AlertRuleSettings]) -> list[str]:
    """Return the zones in which people queue: those that rules of queues and waits are about."""
    queues = (rule.zone_id for rule in rules if isinstance(rule, QueueRule | WaitRule))
    return list(dict.fromkeys(queues))
