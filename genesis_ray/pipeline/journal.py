"""One tenant's story: events in capture order in, visits and alerts out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from genesis_ray.domain.alerting.alert_desks import OpenAlert
from genesis_ray.domain.alerting.alert_events import AlertAcknowledged
from genesis_ray.domain.alerting.past_visits import PastVisits
from genesis_ray.domain.clocks.camera_clocks import Reach
from genesis_ray.domain.events import (
    Event,
    FaceRecognized,
    SystemStateChanged,
    TrackObserved,
    VisitEnded,
    VisitStarted,
    ZoneCrossed,
)
from genesis_ray.domain.places.untold_exits import UntoldExits
from genesis_ray.domain.places.zone_entries import ZoneEntries
from genesis_ray.domain.recognition.drift import MATCHES, DriftPolicy, MatchDrift, MatchLevel
from genesis_ray.domain.recognition.tags import TagsOf
from genesis_ray.domain.recognition.visits import Visit, VisitBook
from genesis_ray.domain.stable_ids import stable_id
from genesis_ray.pipeline.alerting import Alerting
from genesis_ray.pipeline.counting import Counting, Layout, SiteCounts

_TRACK_FORGOTTEN_AFTER = timedelta(minutes=1)
"""A track in view has a row a second; one without for so long has ended."""


class SiteJournal:
    """Tells, from what cameras and resolver said, who visited the site and when.

    Events are applied in one order of capture time. A visit starts when its visitor's
    first track came into view, not when it was named.
    """

    def __init__(
        self,
        *,
        tenant_id: str,
        site_id: str,
        visit_gap: timedelta,
        drift: DriftPolicy = DriftPolicy(),  # noqa: B008  frozen
        alerting: Alerting | None = None,
        counting: Counting | None = None,
    ) -> None:
        self._tenant_id = tenant_id
        self._site_id = site_id
        self._visits = VisitBook(visit_gap)
        self._tracks: dict[tuple[str, int], _TrackStory] = {}
        self._untold_exits = UntoldExits()
        self._tidied_at: datetime | None = None
        self._reach: Reach = {}
        self._drift = MatchDrift(drift)
        self._counting = counting or Counting(Layout(), reentry_gap=visit_gap)
        self._alerting = alerting or Alerting(tenant_id=tenant_id, site_id=site_id)

    def hear(self, reach: Reach) -> None:
        """Take how far each camera is; until this is said, all are as far as what is told."""
        self._reach = reach
        self._untold_exits.hear(reach)
        self._alerting.hear(reach)

    def turn(self, at: datetime) -> list[Event]:
        """Begin with the events that are told at `at`; return what happened before.

        That is alerts that were due, and exits from zones that nobody tells any more.
        """
        return [*self._alerting.turn(at), *self._left_untold(at)]

    def advance(self, at: datetime) -> list[Event]:
        """Take it that nothing more is told of the time until `at`; return the same of then."""
        left = self._left_untold(at)
        return [*left, *self._alerting.advance(at)]

    def acknowledge(self, event: AlertAcknowledged) -> list[Event]:
        """Take it that somebody looks after an alert; return that with what it leads to."""
        return self._alerting.acknowledge(event)

    def retag(self, tags: TagsOf) -> list[Event]:
        """Go by people's tags as they are now; return what that leads to."""
        return self._alerting.retag(tags)

    def recount(self, past: PastVisits) -> list[Event]:
        """Count how often people come by these visits; return what that leads to."""
        return self._alerting.recount(past)

    def apply(self, event: Event) -> list[Event]:
        """Take the next event; return what it leads to, as events.

        That is of visits, drift and alerts, and exits from zones that nobody tells any more.
        """
        match event:
            case TrackObserved():
                facts = self._observed(event)
            case ZoneCrossed(direction="enter"):
                facts = self._entered(event)
            case FaceRecognized(decision="named" | "carried"):
                facts = self._recognized(event)
            case _:
                facts = []
        exits = self._untold_exits.take(event)
        for each in (*exits, event):
            self._counting.take(each, self._who(each))
        facts += exits
        facts += self._tidy(event.occurred_at)
        return facts + self._alerting.take([*facts, event])  # a visit begins before its name

    def reopen(self, visits: Iterable[Visit], alerts: Iterable[OpenAlert] = ()) -> list[Event]:
        """Go on with visits that an earlier journal left open, in the order of their beginnings.

        Of several of one identity the last goes on; returns the ends of the others. `alerts` are
        those that it left open.
        """
        opened = list(visits)
        replaced = [self._visits.reopen(visit) for visit in opened]
        self._alerting.reopen(alerts, [self._started(visit) for visit in opened])
        return [self._ended(visit) for visit in replaced if visit]

    def rename(self, names: Mapping[str, str]) -> None:
        """Go on with the visits and alerts of some identities as those of others."""
        self._visits.rename(names)
        self._alerting.rename(names)

    def remember_match(self, camera_id: str, embedder: str, similarity: float) -> None:
        """Take a match that an earlier journal was told of, the first one first."""
        self._drift.update(camera_id, embedder, similarity)

    def match_levels(self) -> dict[str, MatchLevel]:
        """Return how alike matches are, by camera."""
        return self._drift.levels()

    def lay_out(self, layout: Layout) -> None:
        """Count at these lines and zones from now on."""
        self._counting.lay_out(layout)

    def counts(self) -> SiteCounts:
        """Return who went over lines so far, and who is in zones now."""
        return self._counting.counts()

    def finish(self) -> list[Event]:
        """End all visits, and the alerts that are about them: nothing more will come."""
        due = self._alerting.finish()
        ended: list[Event] = [self._ended(visit) for visit in self._visits.close_all()]
        return due + ended + self._alerting.take(ended)

    def _left_untold(self, at: datetime) -> list[Event]:
        exits = self._untold_exits.turn(at)
        if not exits:
            return []
        due = self._alerting.turn(at)
        for each in exits:
            self._counting.take(each, self._who(each))
        return [*due, *exits, *self._alerting.take(exits)]

    def _who(self, event: Event) -> str:
        """Return the identity of an event's track where it is known, else the track's own name."""
        track_id = getattr(event, "track_id", None)
        story = self._tracks.get((event.camera_id, track_id)) if track_id is not None else None
        return (story and story.identity_id) or f"{event.camera_id}:{track_id}"

    def _observed(self, event: TrackObserved) -> list[Event]:
        at = event.occurred_at
        story = self._tracks.setdefault((event.camera_id, event.track_id), _TrackStory(at, at))
        story.last_seen_at = max(story.last_seen_at, at)
        if story.identity_id is None:
            return []
        return self._see(story.identity_id, event.camera_id, since=at, until=at)

    def _entered(self, event: ZoneCrossed) -> list[Event]:
        at = event.occurred_at
        story = self._tracks.setdefault((event.camera_id, event.track_id), _TrackStory(at, at))
        if story.identity_id is None:
            story.entries.add(at, event.zone_id)
            return []
        facts = self._see(story.identity_id, event.camera_id, since=at, until=at)
        self._visits.enter(story.identity_id, event.zone_id, at=at)
        return facts

    def _recognized(self, event: FaceRecognized) -> list[Event]:
        at = event.occurred_at
        key = (event.camera_id, event.track_id)
        story = self._tracks.setdefault(key, _TrackStory(at, at))
        story.identity_id = event.identity_id
        facts = self._see(event.identity_id, event.camera_id, since=story.first_seen_at, until=at)
        for entered_at, zone_id in story.entries:
            self._visits.enter(event.identity_id, zone_id, at=entered_at)
        story.entries = ZoneEntries()
        return facts + self._drifting(event)

    def _drifting(self, event: FaceRecognized) -> list[Event]:
        if event.is_new:  # of a visitor who was made of this track: like nobody before
            return []
        drift = self._drift.update(event.camera_id, event.embedder, event.similarity)
        if drift is None:
            return []
        return [
            SystemStateChanged(
                tenant_id=self._tenant_id,
                site_id=self._site_id,
                camera_id=event.camera_id,
                occurred_at=event.occurred_at,
                component=MATCHES,
                state=drift.state,
                reason=f"mean similarity {drift.mean:.3f}, was {drift.baseline:.3f}",
            )
        ]

    def _see(
        self, identity_id: str, camera_id: str, *, since: datetime, until: datetime
    ) -> list[Event]:
        ended, opened = self._visits.see(identity_id, camera_id, since=since, until=until)
        facts: list[Event] = [self._ended(ended)] if ended else []
        if opened:
            facts.append(self._started(opened))
        return facts

    def _tidy(self, now: datetime) -> list[Event]:
        """Once a second of event time, close what has gone quiet."""
        if self._tidied_at and abs(now - self._tidied_at) < timedelta(seconds=1):
            return []
        self._tidied_at = now
        self._tracks = {
            key: story
            for key, story in self._tracks.items()
            if min(now, self._reach.get(key[0], now)) - story.last_seen_at <= _TRACK_FORGOTTEN_AFTER
        }
        return [self._ended(visit) for visit in self._visits.close_stale(now, self._reach)]

    def _id_of(self, visit: Visit) -> str:
        return str(stable_id(self._tenant_id, "visit", visit.identity_id, visit.opened_at))

    def _started(self, visit: Visit) -> VisitStarted:
        return VisitStarted(
            tenant_id=self._tenant_id,
            site_id=self._site_id,
            camera_id=visit.first_camera_id,
            occurred_at=visit.started_at,
            visit_id=self._id_of(visit),
            identity_id=visit.identity_id,
            started_at=visit.started_at,
        )

    def _ended(self, visit: Visit) -> VisitEnded:
        return VisitEnded(
            tenant_id=self._tenant_id,
            site_id=self._site_id,
            camera_id=visit.last_camera_id,
            occurred_at=visit.last_seen_at,
            visit_id=self._id_of(visit),
            identity_id=visit.identity_id,
            started_at=visit.started_at,
            ended_at=visit.last_seen_at,
            zone_ids=visit.zone_ids,
        )


@dataclass(slots=True)
class _TrackStory:
    """One track as far as visits are concerned."""

    first_seen_at: datetime
    last_seen_at: datetime
    identity_id: str | None = None
    entries: ZoneEntries = field(default_factory=ZoneEntries)
