"""Alerts: rules over what happens, told once as long as they hold, and again when nobody reacts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from genesis_ray.domain.alert_rules import (
    SEVERITIES,
    AlertRule,
    Condition,
    Due,
    GoesByTags,
    Severity,
    Subject,
)
from genesis_ray.domain.events import Event, VisitStarted
from genesis_ray.domain.stable_ids import stable_id
from genesis_ray.domain.tags import TagsOf

Change = Literal["raised", "escalated", "resolved"]


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


@dataclass(slots=True)
class _Desk:
    """One rule with its condition, and its alerts."""

    rule: AlertRule
    condition: Condition
    open: dict[Subject, OpenAlert] = field(default_factory=dict)
    quiet_until: dict[Subject, datetime] = field(default_factory=dict)
    next_at: datetime | None = None

    def schedule(self) -> None:
        """Find out when this rule is to be looked at next, if no event comes."""
        times = [self.condition.next_at, min((at for at, _ in self.waiting()), default=None)]
        times += [self.escalates_at(each) for each in self.open.values()]
        self.next_at = min((at for at in times if at), default=None)

    def waiting(self) -> Iterator[tuple[datetime, Subject]]:
        """Yield the subjects of which no alert is open, and when one is to be raised."""
        for subject, due in self.condition.due.items():
            if subject in self.quiet_until:
                yield max(due.ripe_at, self.quiet_until[subject]), subject
            elif subject not in self.open:
                yield due.ripe_at, subject

    def escalates_at(self, each: OpenAlert) -> datetime | None:
        after = self.rule.escalate_after
        is_told_gravely = each.alert.severity == "critical" and each.told_at > each.alert.raised_at
        if after is None or each.is_acknowledged or is_told_gravely:
            return None
        return each.told_at + after


class AlertDesk:
    """Raises alerts when conditions are met, and resolves them when they no longer are.

    What is told depends on the events and their order alone, not on how often the desk is told
    that time goes on: what was due in between is told first, in its order, with its own time.
    """

    def __init__(self, tenant_id: str, rules: Iterable[tuple[AlertRule, Condition]]) -> None:
        self._tenant_id = tenant_id
        self._desks = [_Desk(rule, condition) for rule, condition in rules]
        self._takers: defaultdict[type[Event], list[_Desk]] = defaultdict(list)
        for desk in self._desks:
            for kind in desk.condition.takes:
                self._takers[kind].append(desk)
        self._orphans: list[tuple[_Desk, Subject]] = []
        self._now: datetime | None = None
        self._next_at: datetime | None = None
        self._schedule(self._desks)

    def __bool__(self) -> bool:
        """Whether there are rules."""
        return bool(self._desks)

    def open_alerts(self) -> list[Alert]:
        """Return the alerts that are not resolved, by when they were raised."""
        alerts = [each.alert for desk in self._desks for each in desk.open.values()]
        return sorted(alerts, key=lambda alert: (alert.raised_at, alert.alert_id))

    def update(self, at: datetime, events: Sequence[Event] = ()) -> list[AlertFact]:
        """Take events that are told at `at`; return what is due before or leads from them."""
        facts = self._orphaned(at) + self._until(at)
        self._now = max(at, self._now or at)
        for event in events:
            takers = self._takers.get(type(event), ())
            touched = [desk for desk in takers if desk.condition.take(event)]
            if not touched:
                continue
            facts += [fact for desk in touched for fact in self._settle(desk, self._now)]
            self._schedule(touched)
        return facts

    def advance(self, at: datetime) -> list[AlertFact]:
        """Let time go on to `at`, of which all events have been taken; return what is due."""
        facts = self._orphaned(at) + self._until(at + timedelta.resolution)
        self._now = max(at, self._now or at)
        return facts

    def finish(self) -> list[AlertFact]:
        """Return what was due by now, as nothing more will be told that could change it."""
        now = self._now
        if now is None:
            return []
        for desk in self._desks:
            for subject, due in desk.condition.due.items():
                desk.condition.due[subject] = due._replace(ripe_at=due.at)
        self._schedule(self._desks)
        return self.advance(now)

    def acknowledge(self, alert_id: str, at: datetime) -> list[AlertFact]:
        """Note that somebody looks after an alert: it escalates no more, and is over if it can be.

        Of an alert that is not open nothing happens.
        """
        for desk in self._desks:
            for subject, each in desk.open.items():
                if each.alert.alert_id == alert_id:
                    each.is_acknowledged = True
                    facts = []
                    if desk.condition.lasts == "until-acknowledged":
                        desk.condition.due.pop(subject, None)
                        facts.append(self._resolved(desk, subject, at))
                    self._schedule([desk])
                    return facts
        return []

    def retag(self, tags: TagsOf) -> list[AlertFact]:
        """Go by people's tags as they are now; return what that leads to."""
        now, touched = self._now, []
        for desk in self._desks:
            if isinstance(desk.condition, GoesByTags):
                desk.condition.retag(tags)
                touched.append(desk)
        facts = [fact for desk in touched for fact in self._settle(desk, now)] if now else []
        self._schedule(touched)
        return facts

    def rename(self, names: Mapping[str, str]) -> None:
        """Go on with the alerts that are open about some as about others, by ids made of these."""
        for desk in self._desks:
            for subject, each in list(desk.open.items()):
                if subject.identity_id not in names:
                    continue
                present = subject._replace(identity_id=names[subject.identity_id])
                raised_at, rule_id = each.alert.raised_at, each.alert.rule_id
                alert_id = alert_id_of(self._tenant_id, rule_id, present, raised_at)
                each.alert = replace(each.alert, subject=present, alert_id=alert_id)
                del desk.open[subject]
                desk.open[present] = each

    def reopen(self, alerts: Iterable[OpenAlert], visits: Sequence[VisitStarted]) -> None:
        """Go on with alerts that an earlier desk left open; those of no rule are left as they are.

        `visits` go on too. What held while tracks were there, or somebody who is not, is over when
        this is told of the time first.
        """
        present = {visit.identity_id for visit in visits}
        for visit in visits:
            for desk in self._takers[VisitStarted]:
                desk.condition.take(visit)
        by_rule = {desk.rule.rule_id: desk for desk in self._desks}
        for each in alerts:
            alert = each.alert
            if alert.rule_id not in by_rule:
                continue
            desk = by_rule[alert.rule_id]
            desk.open[alert.subject] = each
            who = alert.subject.identity_id
            holds = desk.condition.lasts == "until-acknowledged" or not who or who in present
            if desk.condition.lasts == "while-tracked" or not holds:
                self._orphans.append((desk, alert.subject))
            else:
                desk.condition.due[alert.subject] = Due(
                    alert.raised_at, alert.raised_at, alert.message, alert.camera_id, alert.track_id
                )
        self._schedule(self._desks)

    def _orphaned(self, at: datetime) -> list[AlertFact]:
        """Return the ends of alerts that were reopened and are about nothing any more."""
        orphans, self._orphans = self._orphans, []
        facts = [self._resolved(desk, subject, at) for desk, subject in orphans]
        if facts:
            self._schedule(self._desks)
        return facts

    def _until(self, at: datetime) -> list[AlertFact]:
        """Return what is due before `at`, in its order."""
        facts: list[AlertFact] = []
        while self._next_at and self._next_at < at:
            now = self._now = max(self._next_at, self._now or self._next_at)
            ripe = [desk for desk in self._desks if desk.next_at and desk.next_at <= now]
            for desk in ripe:
                desk.condition.advance(now)
                facts += self._settle(desk, now)
            self._schedule(ripe)
        return facts

    def _settle(self, desk: _Desk, now: datetime) -> list[AlertFact]:
        """Bring a rule's alerts in line with its condition."""
        due = desk.condition.due
        over = [each for each in desk.open if each not in due or due[each].at > now]
        facts = [self._resolved(desk, each, now) for each in over]
        new = [each for at, each in desk.waiting() if at <= now]
        facts += [self._raised(desk, each, due[each]) for each in sorted(new, key=str)]
        for each in desk.open.values():
            while (at := desk.escalates_at(each)) and at <= now:
                facts.append(_escalated(each, at))
        return facts

    def _raised(self, desk: _Desk, subject: Subject, due: Due) -> AlertFact:
        at = max(due.at, desk.quiet_until.pop(subject, due.at))
        rule_id = desk.rule.rule_id
        alert = Alert(
            alert_id=alert_id_of(self._tenant_id, rule_id, subject, at),
            rule_id=rule_id,
            subject=subject,
            camera_id=due.camera_id or subject.camera_id,
            track_id=subject.track_id if due.track_id is None else due.track_id,
            severity=desk.rule.severity,
            message=due.message,
            raised_at=at,
        )
        desk.open[subject] = OpenAlert(alert, at)
        return AlertFact("raised", at, alert)

    def _resolved(self, desk: _Desk, subject: Subject, at: datetime) -> AlertFact:
        each = desk.open.pop(subject)
        at = max(at, each.told_at)
        desk.quiet_until = {one: until for one, until in desk.quiet_until.items() if until > at}
        desk.quiet_until[subject] = at + desk.rule.cool_down
        return AlertFact("resolved", at, each.alert)

    def _schedule(self, desks: Iterable[_Desk]) -> None:
        for desk in desks:
            desk.schedule()
        self._next_at = min((desk.next_at for desk in self._desks if desk.next_at), default=None)


def alert_id_of(tenant_id: str, rule_id: str, subject: Subject, raised_at: datetime) -> str:
    """Return the id of the alert that a rule raises about a subject at a time."""
    return str(stable_id(tenant_id, "alert", rule_id, *subject, raised_at))


def _escalated(each: OpenAlert, at: datetime) -> AlertFact:
    graver = SEVERITIES[min(SEVERITIES.index(each.alert.severity) + 1, len(SEVERITIES) - 1)]
    each.alert = replace(each.alert, severity=graver)
    each.told_at = at
    return AlertFact("escalated", at, each.alert)
