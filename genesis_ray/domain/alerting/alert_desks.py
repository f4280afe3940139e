"""One rule of alerts at work: what it waits for, the alerts it has open, and when to look again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from genesis_ray.domain.alerting.alert_rules import (
    SEVERITIES,
    AlertRule,
    Condition,
    Due,
    Severity,
    Subject,
)
from genesis_ray.domain.stable_ids import stable_id

Change = Literal["raised", "escalated", "resolved"]

TimeAt = Callable[[str], datetime]
"""What time it is at a camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as it is now."""

    alert_id: str
    rule_id: str
    subject: Subject
    camera_id: str
    track_id: int | None
    severity: Severity
    message: str
    raised_at: datetime


class AlertFact(NamedTuple):
    """What became of an alert."""

    change: Change
    at: datetime
    alert: Alert


@dataclass(slots=True)
class OpenAlert:
    """An alert that is not resolved.

    Attributes:
        told_at: When it was raised or escalated last.
    """

    alert: Alert
    told_at: datetime
    is_acknowledged: bool = False


class _Quiet(NamedTuple):
    """That a subject is not told of again before its time, which is that of a camera."""

    until: datetime
    camera_id: str


class RuleDesk:
    """A rule with its condition, and its alerts: of one camera, or of people wherever they are.

    Time is that of the camera from which an alert is.

    Attributes:
        next_at: Before that there is nothing to do, if no event comes; None: nothing.
    """

    def __init__(
        self, tenant_id: str, rule: AlertRule, condition: Condition, camera_id: str
    ) -> None:
        """Begin with no alert; `camera_id` is "" for a condition that is bound to none."""
        self._tenant_id = tenant_id
        self._camera_id = camera_id
        self.rule = rule
        self.condition = condition
        self.open: dict[Subject, OpenAlert] = {}
        self._quiet: dict[Subject, _Quiet] = {}
        self._now: datetime | None = None
        self.next_at: datetime | None = None
        self.schedule()

    def schedule(self) -> None:
        """Find out when this is to be looked at next, if no event comes."""
        times = [self._raises_at(each) for each in self._waiting()]
        times += [at for each in self.open.values() if (at := self._escalates_at(each))]
        times += [at for at in (self.condition.next_at,) if at]
        self.next_at = min(times, default=None)

    def run(self, time_at: TimeAt) -> Iterator[tuple[datetime, list[AlertFact]]]:
        """Do what is due before the time at each camera; yield when, with what that leads to."""
        while (due_at := self._due(time_at)) is not None:
            now = max(due_at, self._now or due_at)
            then = _as_of(now, time_at)
            self.condition.advance(then(self._camera_id))
            yield now, self.settle(then)
        self.schedule()

    def settle(self, time_at: TimeAt) -> list[AlertFact]:
        """Bring the alerts in line with the condition, as of the time at each camera."""
        due = self.condition.due
        over = [
            (subject, time_at(each.alert.camera_id))
            for subject, each in self.open.items()
            if subject not in due or due[subject].at > time_at(each.alert.camera_id)
        ]
        facts = [self.resolve(subject, at, time_at) for subject, at in over]
        new = [
            each
            for each in self._waiting()
            if all(at <= time_at(camera_id) for at, camera_id in self._waits_for(each))
        ]
        facts += [self._raised(each, due[each], time_at) for each in sorted(new, key=str)]
        for each in self.open.values():
            while (at := self._escalates_at(each)) and at <= time_at(each.alert.camera_id):
                facts.append(_escalated(each, at))
        now = time_at(self._camera_id)
        self._now = max(now, self._now or now)
        return facts

    def resolve(self, subject: Subject, at: datetime, time_at: TimeAt) -> AlertFact:
        """Let an alert be over."""
        each = self.open.pop(subject)
        at = max(at, each.told_at)
        camera_id = each.alert.camera_id
        self._quiet = {
            one: quiet
            for one, quiet in self._quiet.items()
            if quiet.until > time_at(quiet.camera_id)
        }
        self._quiet[subject] = _Quiet(at + self.rule.cool_down, camera_id)
        return AlertFact("resolved", at, each.alert)

    def rename(self, names: Mapping[str, str]) -> None:
        """Go on with the alerts that are open about some as about others, by ids made of these."""
        for subject, each in list(self.open.items()):
            if subject.identity_id not in names:
                continue
            present = subject._replace(identity_id=names[subject.identity_id])
            raised_at, rule_id = each.alert.raised_at, each.alert.rule_id
            alert_id = alert_id_of(self._tenant_id, rule_id, present, raised_at)
            each.alert = replace(each.alert, subject=present, alert_id=alert_id)
            del self.open[subject]
            self.open[present] = each

    def _waiting(self) -> Iterator[Subject]:
        """Yield the subjects of which an alert is to be raised, some time."""
        for subject in self.condition.due:
            if subject in self._quiet or subject not in self.open:
                yield subject

    def _due(self, time_at: TimeAt) -> datetime | None:
        """Return when the next thing is due, of those that are by the time at each camera."""
        times = [
            self._raises_at(each)
            for each in self._waiting()
            if all(at < time_at(camera_id) for at, camera_id in self._waits_for(each))
        ]
        times += [
            at
            for each in self.open.values()
            if (at := self._escalates_at(each)) and at < time_at(each.alert.camera_id)
        ]
        times += [at for at in (self.condition.next_at,) if at and at < time_at(self._camera_id)]
        return min(times, default=None)

    def _waits_for(self, subject: Subject) -> Iterator[tuple[datetime, str]]:
        """Yield what an alert waits for: a time, and the camera at which it is to be so late."""
        due, quiet = self.condition.due[subject], self._quiet.get(subject)
        yield due.ripe_at, _home(subject, due)
        if quiet:
            yield quiet

    def _raises_at(self, subject: Subject) -> datetime:
        """Return when an alert is raised, where all cameras have one time."""
        return max(at for at, _ in self._waits_for(subject))

    def _escalates_at(self, each: OpenAlert) -> datetime | None:
        after = self.rule.escalate_after
        is_told_gravely = each.alert.severity == "critical" and each.told_at > each.alert.raised_at
        if after is None or each.is_acknowledged or is_told_gravely:
            return None
        return each.told_at + after

    def _raised(self, subject: Subject, due: Due, time_at: TimeAt) -> AlertFact:
        camera_id, quiet = _home(subject, due), self._quiet.pop(subject, None)
        at = max(due.at, min(quiet.until, time_at(camera_id))) if quiet else due.at
        rule_id = self.rule.rule_id
        alert = Alert(
            alert_id=alert_id_of(self._tenant_id, rule_id, subject, at),
            rule_id=rule_id,
            subject=subject,
            camera_id=camera_id,
            track_id=subject.track_id if due.track_id is None else due.track_id,
            severity=self.rule.severity,
            message=due.message,
            raised_at=at,
        )
        self.open[subject] = OpenAlert(alert, at)
        return AlertFact("raised", at, alert)


def alert_id_of(tenant_id: str, rule_id: str, subject: Subject, raised_at: datetime) -> str:
    """Return the id of the alert that a rule raises about a subject at a time."""
    return str(stable_id(tenant_id, "alert", rule_id, *subject, raised_at))


def _home(subject: Subject, due: Due) -> str:
    """Return the camera that an alert is from, whose time is the alert's."""
    return due.camera_id or subject.camera_id


def _as_of(now: datetime, time_at: TimeAt) -> TimeAt:
    """Return the time at each camera as it was at a moment of the site."""
    return lambda camera_id: min(now, time_at(camera_id))


def _escalated(each: OpenAlert, at: datetime) -> AlertFact:
    graver = SEVERITIES[min(SEVERITIES.index(each.alert.severity) + 1, len(SEVERITIES) - 1)]
    each.alert = replace(each.alert, severity=graver)
    each.told_at = at
    return AlertFact("escalated", at, each.alert)
