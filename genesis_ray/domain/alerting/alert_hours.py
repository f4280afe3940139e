"""Condition of alerts on unusual hours: who comes into view, against that weekday and hour."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from genesis_ray.domain.alerting.alert_anomalies import BLIND, Side
from genesis_ray.domain.alerting.alert_rules import Due, Lasting, Subject
from genesis_ray.domain.alerting.alert_zones import Where
from genesis_ray.domain.alerting.same_hours import MOSTLY, SameHours
from genesis_ray.domain.clocks.site_time import hour_of
from genesis_ray.domain.events import CameraStateChanged, Event, TrackObserved
from genesis_ray.domain.figures.anomalies import Reading, WeeklyPolicy
from genesis_ray.domain.figures.rollups import TRACK_ENDED_AFTER

_IDLE = timedelta(days=60)
"""Without any event, after which a camera's hours are no longer counted: of a clock that jumps."""


class HourSoFar(NamedTuple):
    """What was told of a camera until an earlier system ended.

    Attributes:
        until: The end of that.
        hours: Those before the one that `until` is in.
        people: Who came into view in that hour,
        watched: and for how long it was watched.
    """

    until: datetime
    hours: SameHours
    people: int
    watched: timedelta


class ToldBefore(dict[str, HourSoFar]):
    """The same by camera. It is never changed: a copy of a condition has the same."""

    def __deepcopy__(self, memo: Mapping[int, object]) -> Self:
        return self


@dataclass(slots=True)
class _Camera:
    """A camera's hours: those that are over, and the one that goes on.

    Attributes:
        told_until: Up to then it is known for how long the hour was watched.
        is_watched: None: it has told no state, as in events that were brought from elsewhere.
        seen_at: When tracks were seen last, lately.
    """

    hours: SameHours
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    people: int = 0
    watched: timedelta = timedelta()
    told_until: datetime | None = None
    heard_at: datetime | None = None
    is_watched: bool | None = None
    seen_at: dict[int, datetime] = field(default_factory=dict)

    def begin(self, at: datetime, zone: ZoneInfo) -> None:
        """Let the hour begin that `at` is in, of which the time before was not watched."""
        self.starts_at, self.ends_at = hour_of(at, zone)
        self.people, self.watched, self.told_until = 0, timedelta(), at

    def go_on(self, at: datetime) -> None:
        """Let time go on to `at`, of this hour."""
        if self.told_until and at > self.told_until:
            if self.is_watched:
                self.watched += at - self.told_until
            self.told_until = at

    def see(self, track_id: int, at: datetime) -> bool:
        """Take a sight of a track; tell whether somebody came into view."""
        seen_at = self.seen_at.get(track_id)
        self.seen_at[track_id] = max(at, seen_at or at)
        is_new = seen_at is None or at - seen_at > TRACK_ENDED_AFTER
        if not is_new or self.starts_at is None or at < self.starts_at:  # a clock went back
            return False
        self.people += 1
        return True


class UnusualHours:
    """Many more people than usual come into a camera's view in an hour, or many fewer.

    Compared is with the same hour of the same weekday in the weeks before. More than usual are told
    as soon as there are so many, fewer once the hour is over. An hour that was not watched for
    `MOSTLY` is compared with none later, and never has too few.
    """

    is_of_a_camera = True
    lasts: Lasting = "until-told"
    takes: tuple[type[Event], ...] = (TrackObserved, CameraStateChanged)

    def __init__(
        self,
        where: Where,
        zone: ZoneInfo,
        policy: WeeklyPolicy,
        side: Side = "either",
        before: ToldBefore = ToldBefore(),  # noqa: B008  never changed
    ) -> None:
        """Watch, in hours of `zone`; `before` is what an earlier system was told."""
        self.due: dict[Subject, Due] = {}
        self._where = where
        self._zone = zone
        self._policy = policy
        self._side = side
        self._before = before
        self._cameras: dict[str, _Camera] = {}

    @property
    def next_at(self) -> datetime | None:
        """When an hour is over."""
        return min((each.ends_at for each in self._cameras.values() if each.ends_at), default=None)

    def take(self, event: Event) -> bool:
        """Take a sight of a track, or a camera's state."""
        if not self._where.watches(event.camera_id):
            return False
        at, subject = event.occurred_at, Subject(event.camera_id)
        own = self._cameras.get(event.camera_id)
        if own is None:
            own = self._cameras[event.camera_id] = self._begun(event.camera_id)
        before, was_due = own.ends_at, self.due.get(subject)
        self._close(subject, own, at)
        own.heard_at = at
        if own.ends_at is None:
            own.begin(at, self._zone)
        own.go_on(at)
        match event:
            case CameraStateChanged(state=state):
                own.is_watched = state not in BLIND
            case TrackObserved(track_id=track_id):
                own.is_watched = True if own.is_watched is None else own.is_watched
                if own.see(track_id, at):
                    self._tell_of_many(subject, own, at)
        return own.ends_at != before or self.due.get(subject) != was_due

    def advance(self, at: datetime) -> None:
        """End the hours that are over."""
        for camera_id, own in self._cameras.items():
            self._close(Subject(camera_id), own, at)

    def _begun(self, camera_id: str) -> _Camera:
        before = self._before.get(camera_id)
        if before is None:
            return _Camera(SameHours(self._zone, self._policy))
        own = _Camera(copy(before.hours), heard_at=before.until, is_watched=False)
        own.begin(before.until, self._zone)
        own.people, own.watched = before.people, before.watched
        return own

    def _close(self, subject: Subject, own: _Camera, at: datetime) -> None:
        while own.starts_at and own.ends_at and own.ends_at <= at:
            starts_at, ends_at = own.starts_at, own.ends_at
            own.go_on(ends_at)
            reading = own.hours.reading(starts_at, own.people)
            is_whole, is_known = own.watched >= MOSTLY, bool(own.watched or own.people)
            if is_whole:
                own.hours.add(starts_at, own.people)
            if told := self._worth_telling(reading, is_whole=is_whole):
                self._tell(subject, own, starts_at, ends_at, told)
            else:
                self.due.pop(subject, None)
            lately = ends_at - TRACK_ENDED_AFTER
            own.seen_at = {each: seen for each, seen in own.seen_at.items() if seen >= lately}
            own.begin(ends_at, self._zone)
            if not is_known or (own.heard_at and ends_at - own.heard_at > _IDLE):
                own.starts_at = own.ends_at = None

    def _tell_of_many(self, subject: Subject, own: _Camera, at: datetime) -> None:
        if own.starts_at is None or subject in self.due:
            return
        reading = own.hours.reading(own.starts_at, own.people)
        if told := self._worth_telling(reading, is_whole=False):
            self._tell(subject, own, own.starts_at, at, told)

    def _worth_telling(self, reading: Reading | None, *, is_whole: bool) -> Reading | None:
        if reading is None or not reading.is_unusual:
            return None
        is_wanted = self._side in ("either", reading.direction)
        return reading if is_wanted and (is_whole or reading.direction == "above") else None

    def _tell(
        self, subject: Subject, own: _Camera, starts_at: datetime, at: datetime, reading: Reading
    ) -> None:
        since = self.due[subject].at if subject in self.due else at
        noun = "person" if reading.value == 1 else "people"
        message = (
            f"{reading.value:g} {noun} came into view of {subject.camera_id} in an hour, usually "
            f"{reading.expected:.3g} ± {reading.spread:.2g} on {own.hours.name_of(starts_at)}, of "
            f"{reading.weeks} weeks"
        )
        self.due[subject] = Due(since, since, message)
