"""One tenant's alerts: events in capture order in, what becomes of alerts out, as events."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from genesis_ray.domain.alerting.alert_desks import AlertFact, Change, OpenAlert
from genesis_ray.domain.alerting.alert_events import (
    AlertAcknowledged,
    AlertEscalated,
    AlertEvent,
    AlertRaised,
    AlertResolved,
)
from genesis_ray.domain.alerting.alert_rules import AlertRule, Condition
from genesis_ray.domain.alerting.alerts import AlertDesk
from genesis_ray.domain.alerting.past_visits import PastVisits
from genesis_ray.domain.clocks.camera_clocks import Reach
from genesis_ray.domain.events import Event, VisitStarted
from genesis_ray.domain.recognition.tags import TagsOf

_EVENTS: dict[Change, type[AlertEvent]] = {
    "raised": AlertRaised,
    "escalated": AlertEscalated,
    "resolved": AlertResolved,
}


class Alerting:
    """Watches a journal's events for what people want to be told of.

    All of it depends on events and their order alone: see `AlertDesk`.
    """

    def __init__(
        self, *, tenant_id: str, site_id: str, rules: Iterable[tuple[AlertRule, Condition]] = ()
    ) -> None:
        self._tenant_id = tenant_id
        self._site_id = site_id
        self._desk = AlertDesk(tenant_id, rules)
        self._turn: datetime | None = None

    def hear(self, reach: Reach) -> None:
        """Take how far each camera is: at none is it later than that."""
        self._desk.hear(reach)

    def turn(self, at: datetime) -> list[Event]:
        """Begin with what is told at `at`, of which some may have happened a little earlier.

        Returns what was due before.
        """
        if not self._desk:
            return []
        self._turn = at
        return self._events(self._desk.update(at))

    def take(self, events: Sequence[Event]) -> list[Event]:
        """Take what is told next in this turn; return what that leads to."""
        if not self._desk or not events:
            return []
        at = self._turn or events[0].occurred_at
        return self._events(self._desk.update(at, events))

    def advance(self, at: datetime) -> list[Event]:
        """Let time go on to `at`, of which nothing more will be told."""
        return self._events(self._desk.advance(at)) if self._desk else []

    def finish(self) -> list[Event]:
        """Return what was due by the end of everything."""
        return self._events(self._desk.finish())

    def acknowledge(self, event: AlertAcknowledged) -> list[Event]:
        """Take it that somebody looks after an alert; return the event with what it leads to."""
        facts = self._events(self._desk.acknowledge(event.alert_id, event.occurred_at))
        return [event, *facts]

    def retag(self, tags: TagsOf) -> list[Event]:
        """Go by people's tags as they are now; return what that leads to."""
        return self._events(self._desk.retag(tags))

    def recount(self, past: PastVisits) -> list[Event]:
        """Go by these visits instead of those told so far; return what that leads to."""
        return self._events(self._desk.recount(past))

    def rename(self, names: Mapping[str, str]) -> None:
        """Go on with open alerts about some identities as about others."""
        self._desk.rename(names)

    def reopen(self, alerts: Iterable[OpenAlert], visits: Sequence[VisitStarted]) -> None:
        """Go on with alerts that an earlier system left open, and with visits that it did."""
        self._desk.reopen(alerts, visits)

    def _events(self, facts: Iterable[AlertFact]) -> list[Event]:
        return [self._event(fact) for fact in facts]

    def _event(self, fact: AlertFact) -> AlertEvent:
        alert = fact.alert
        return _EVENTS[fact.change](
            tenant_id=self._tenant_id,
            site_id=self._site_id,
            camera_id=alert.camera_id,
            occurred_at=fact.at,
            alert_id=alert.alert_id,
            rule_id=alert.rule_id,
            severity=alert.severity,
            zone_id=alert.subject.zone_id or None,
            track_id=alert.track_id,
            identity_id=alert.subject.identity_id or None,
            message=alert.message,
        )
