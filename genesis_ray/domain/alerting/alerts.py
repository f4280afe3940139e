"""Alerts: rules over what happens, told once as long as they hold, and again when nobody reacts."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from typing import NamedTuple

from genesis_ray.domain.alerting.alert_desks import Alert, AlertFact, OpenAlert, RuleDesk, TimeAt
from genesis_ray.domain.alerting.alert_rules import (
    AlertRule,
    Condition,
    CountsVisits,
    Due,
    GoesByTags,
    Subject,
)
from genesis_ray.domain.alerting.past_visits import PastVisits
from genesis_ray.domain.clocks.camera_clocks import CameraClocks, Reach
from genesis_ray.domain.events import Event, VisitStarted
from genesis_ray.domain.recognition.tags import TagsOf

_ANYWHERE = ""
"""Where the rules are at work that are bound to no camera."""


class _Orphan(NamedTuple):
    """An alert that was reopened and is about nothing any more."""

    desk: RuleDesk
    subject: Subject
    camera_id: str


class AlertDesk:
    """Raises alerts when conditions are met, and resolves them when they no longer are.

    What is told depends on the events and their order alone, not on how often the desk is told
    that time goes on: what was due in between is told first, in its order, with its own time.

    Each camera has its own time (`CameraClocks`), by which alerts about it wait, escalate and cool
    down, and so has each its own copy of a condition that is bound to cameras. An alert about a
    person goes by the time of the camera that it was raised at.
    """

    def __init__(self, tenant_id: str, rules: Iterable[tuple[AlertRule, Condition]]) -> None:
        """Watch by rules, of which each has a condition that nothing was told of yet."""
        self._tenant_id = tenant_id
        self._rules = tuple(rules)
        self._clocks = CameraClocks()
        self._desks: dict[str, dict[int, RuleDesk]] = {}  # by camera, by the rule's place
        self._desks[_ANYWHERE] = self._opened(_ANYWHERE)
        self._takers: dict[tuple[str, type[Event]], list[RuleDesk]] = {}
        self._orphans: list[_Orphan] = []
        self._now: datetime | None = None
        self._next_at: datetime | None = None
        """Not after the next thing that is due."""

    def __bool__(self) -> bool:
        """Whether there are rules."""
        return bool(self._rules)

    def open_alerts(self) -> list[Alert]:
        """Return the alerts that are not resolved, by when they were raised."""
        alerts = [each.alert for desk in self._every() for each in desk.open.values()]
        return sorted(alerts, key=lambda alert: (alert.raised_at, alert.alert_id))

    def hear(self, reach: Reach) -> None:
        """Take how far each camera is; until this is said, all are as far as what is told."""
        self._clocks.hear(reach, self._now)

    def update(self, at: datetime, events: Sequence[Event] = ()) -> list[AlertFact]:
        """Take events that are told at `at`; return what is due before or leads from them."""
        facts = self._go_on(at)
        for event in events:
            self._clocks.take(event, at)
            touched = [desk for desk in self._takers_of(event) if desk.condition.take(event)]
            for desk in touched:
                facts += desk.settle(self._time_at(at))
            self._schedule(touched)
        return facts

    def advance(self, at: datetime) -> list[AlertFact]:
        """Let time go on to `at`, of which all events have been taken; return what is due."""
        return self._go_on(at, behind=timedelta.resolution)

    def finish(self) -> list[AlertFact]:
        """Return what was due by now, as nothing more will be told that could change it."""
        if self._now is None:
            return []
        for desk in self._every():
            for subject, due in desk.condition.due.items():
                desk.condition.due[subject] = due._replace(ripe_at=due.at)
        self._schedule(self._every())
        return self.advance(self._now)

    def acknowledge(self, alert_id: str, at: datetime) -> list[AlertFact]:
        """Note that somebody looks after an alert: it escalates no more, and is over if it can be.

        Of an alert that is not open nothing happens.
        """
        for desk in self._every():
            for subject, each in desk.open.items():
                if each.alert.alert_id == alert_id:
                    each.is_acknowledged = True
                    facts = []
                    if desk.condition.lasts == "until-acknowledged":
                        desk.condition.due.pop(subject, None)
                        facts.append(desk.resolve(subject, at, self._time_at(self._now or at)))
                    self._schedule([desk])
                    return facts
        return []

    def retag(self, tags: TagsOf) -> list[AlertFact]:
        """Go by people's tags as they are now; return what that leads to."""
        for condition in self._conditions():
            if isinstance(condition, GoesByTags):
                condition.retag(tags)
        return self._settled(GoesByTags)

    def recount(self, past: PastVisits) -> list[AlertFact]:
        """Go by these visits instead of those told so far; return what that leads to."""
        for condition in self._conditions():
            if isinstance(condition, CountsVisits):
                condition.recount(past)
        return self._settled(CountsVisits)

    def rename(self, names: Mapping[str, str]) -> None:
        """Go on with the alerts that are open about some as about others, by ids made of these."""
        for desk in self._every():
            desk.rename(names)

    def reopen(self, alerts: Iterable[OpenAlert], visits: Sequence[VisitStarted]) -> None:
        """Go on with alerts that an earlier desk left open; those of no rule are left as they are.

        `visits` go on too. What held while tracks were there, or somebody who is not, is over when
        this is told of the time first.
        """
        present = {visit.identity_id for visit in visits}
        for visit in visits:
            for desk in self._takers_of(visit):
                desk.condition.take(visit)
        places = {rule.rule_id: place for place, (rule, _) in enumerate(self._rules)}
        for each in alerts:
            alert = each.alert
            if alert.rule_id not in places:
                continue
            desk = self._desk(places[alert.rule_id], alert.subject.camera_id)
            desk.open[alert.subject] = each
            who = alert.subject.identity_id
            holds = desk.condition.lasts == "until-acknowledged" or not who or who in present
            if desk.condition.lasts == "while-tracked" or not holds:
                self._orphans.append(_Orphan(desk, alert.subject, alert.camera_id))
            else:
                desk.condition.due[alert.subject] = Due(
                    alert.raised_at, alert.raised_at, alert.message, alert.camera_id, alert.track_id
                )
        self._schedule(self._every())

    def _every(self) -> list[RuleDesk]:
        return [desk for desks in self._desks.values() for desk in desks.values()]

    def _conditions(self) -> list[Condition]:
        """Return the conditions that are at work, and those that others will be copies of."""
        working = [desk.condition for desk in self._every()]
        return working + [each for _, each in self._rules if each not in working]

    def _settled(self, kind: type) -> list[AlertFact]:
        """Return what it leads to that conditions of a kind have changed."""
        touched = [desk for desk in self._every() if isinstance(desk.condition, kind)]
        if self._now is None:
            return []
        time_at = self._time_at(self._now)
        facts = [fact for desk in touched for fact in desk.settle(time_at)]
        self._schedule(touched)
        return facts

    def _opened(self, camera_id: str) -> dict[int, RuleDesk]:
        return {
            place: RuleDesk(
                self._tenant_id, rule, deepcopy(condition) if camera_id else condition, camera_id
            )
            for place, (rule, condition) in enumerate(self._rules)
            if condition.is_of_a_camera == bool(camera_id)
        }

    def _desk(self, place: int, camera_id: str) -> RuleDesk:
        where = camera_id if self._rules[place][1].is_of_a_camera else _ANYWHERE
        if where not in self._desks:
            self._desks[where] = self._opened(where)
        return self._desks[where][place]

    def _takers_of(self, event: Event) -> list[RuleDesk]:
        key = (event.camera_id, type(event))
        if key not in self._takers:
            self._takers[key] = [
                self._desk(place, event.camera_id)
                for place, (_, condition) in enumerate(self._rules)
                if type(event) in condition.takes
            ]
        return self._takers[key]

    def _time_at(self, now: datetime, behind: timedelta = timedelta()) -> TimeAt:
        return lambda camera_id: self._clocks.at(camera_id, now) + behind

    def _go_on(self, at: datetime, behind: timedelta = timedelta()) -> list[AlertFact]:
        """Let the site's time go on; return what is due before, or at that time where `behind`."""
        facts = self._orphaned(at)
        if self._next_at and self._next_at < at + behind:
            time_at = self._time_at(at, behind)
            told = [
                (now, place, camera_id, done)
                for camera_id, desks in self._desks.items()
                for place, desk in desks.items()
                if desk.next_at and desk.next_at < at + behind
                for now, done in desk.run(time_at)
            ]
            told.sort(key=lambda each: each[:3])
            facts += [fact for *_, done in told for fact in done]
            times = [desk.next_at for desk in self._every() if desk.next_at]
            self._next_at = min(times, default=None)
        self._now = max(at, self._now or at)
        return facts

    def _orphaned(self, at: datetime) -> list[AlertFact]:
        """Return the ends of alerts that are about nothing any more, where time has begun."""
        if not self._orphans:
            return []
        begun = [each for each in self._orphans if self._clocks.has_begun(each.camera_id)]
        self._orphans = [each for each in self._orphans if each not in begun]
        time_at = self._time_at(at)
        facts = [desk.resolve(who, time_at(camera_id), time_at) for desk, who, camera_id in begun]
        self._schedule([each.desk for each in begun])
        return facts

    def _schedule(self, desks: Iterable[RuleDesk]) -> None:
        for desk in desks:
            desk.schedule()
            if desk.next_at:
                self._next_at = min(desk.next_at, self._next_at or desk.next_at)
