"""Conditions of alerts on zones and pictures: too many people, somebody who stays too long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from genesis_ray.domain.alerting.alert_rules import Due, Lasting, Subject
from genesis_ray.domain.events import (
    NAMES,
    CameraStateChanged,
    Event,
    FaceRecognized,
    TrackObserved,
    ZoneCrossed,
)
from genesis_ray.domain.places.occupancy import Occupancy, Place, TrackKey
from genesis_ray.domain.recognition.tags import NO_TAGS, TagsOf, having

_OUT_OF_VIEW_AFTER = timedelta(seconds=3)
"""A track in view has a row a second; a frame a second may come a little late."""

_NAME_KEPT = timedelta(minutes=1)
"""After the last sight of a track."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The zones that a rule is about.

    Attributes:
        camera_id: None: of every camera.
        zone_id: None: every zone.
        lag: Crossings are told so much later than they happened.
    """

    camera_id: str | None = None
    zone_id: str | None = None
    lag: timedelta = timedelta()

    def has(self, place: Place) -> bool:
        """Tell whether a zone is among them."""
        return self.watches(place[0]) and self.zone_id in (None, place[1])

    def watches(self, camera_id: str) -> bool:
        """Tell whether a camera is among theirs."""
        return self.camera_id in (None, camera_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A number of people, and for how long more than that are too many."""

    over: float
    lasting: timedelta

    def apply(
        self, due: dict[Subject, Due], subject: Subject, people: int, at: datetime, lag: timedelta
    ) -> None:
        """Bring what is due for a subject in line with how many there are since `at`."""
        if people <= self.over:
            due.pop(subject, None)
            return
        seconds = self.lasting.total_seconds()
        where = f"in zone {subject.zone_id} of" if subject.zone_id else "at"
        noun = "person" if people == 1 else "people"
        message = f"{people} {noun} {where} {subject.camera_id}, more than {self.over:g}"
        message += f" for {seconds:g} s" if seconds else ""
        known = due.get(subject)
        begins_at = known.at if known else at + self.lasting
        due[subject] = Due(begins_at, begins_at + lag, message)


class TooManyInZone:
    """More people in a zone than a limit allows."""

    is_of_a_camera = True
    lasts: Lasting = "while-tracked"
    takes: tuple[type[Event], ...] = (ZoneCrossed, CameraStateChanged)
    next_at: datetime | None = None

    def __init__(self, where: Where, limit: Limit) -> None:
        self.due: dict[Subject, Due] = {}
        self._where = where
        self._limit = limit
        self._occupancy = Occupancy()

    def take(self, event: Event) -> bool:
        """Take a crossing, or the end of a camera."""
        at = event.occurred_at
        if isinstance(event, ZoneCrossed):
            place = (event.camera_id, event.zone_id)
            if not self._where.has(place):
                return False
            self._occupancy.cross(place, event.track_id, event.direction, at)
            people = len(self._occupancy.present(place))
            self._limit.apply(self.due, Subject(*place), people, at, self._where.lag)
            return True
        if not is_over(event):
            return False
        self._occupancy.leave(event.camera_id, at)
        return _drop_camera(self.due, event.camera_id)

    def advance(self, at: datetime) -> None:
        """Nothing changes by itself."""


class TooManyInView:
    """More people in a camera's picture than a limit allows."""

    is_of_a_camera = True
    lasts: Lasting = "while-tracked"
    takes: tuple[type[Event], ...] = (TrackObserved, CameraStateChanged)

    def __init__(self, where: Where, limit: Limit) -> None:
        self.due: dict[Subject, Due] = {}
        self._where = where
        self._limit = limit
        self._seen_at: dict[str, dict[int, datetime]] = {}
        self.next_at: datetime | None = None

    def take(self, event: Event) -> bool:
        """Take a sight of a track, or the end of a camera."""
        if not self._where.watches(event.camera_id):
            return False
        if not isinstance(event, TrackObserved):
            if not is_over(event):
                return False
            self._seen_at.pop(event.camera_id, None)
            return _drop_camera(self.due, event.camera_id)
        at, tracks = event.occurred_at, self._seen_at.setdefault(event.camera_id, {})
        is_new = event.track_id not in tracks
        tracks[event.track_id] = max(at, tracks.get(event.track_id, at))
        if is_new:
            self.next_at = min(self.next_at or at + _OUT_OF_VIEW_AFTER, at + _OUT_OF_VIEW_AFTER)
            self._count(event.camera_id, at)
        return is_new

    def advance(self, at: datetime) -> None:
        """Take out of view who was not seen for a while."""
        before = at - _OUT_OF_VIEW_AFTER
        for camera_id, tracks in self._seen_at.items():
            gone = [track_id for track_id, seen_at in tracks.items() if seen_at <= before]
            for track_id in gone:
                del tracks[track_id]
            if gone:
                self._count(camera_id, at)
        seen = [min(tracks.values()) for tracks in self._seen_at.values() if tracks]
        self.next_at = min(seen) + _OUT_OF_VIEW_AFTER if seen else None

    def _count(self, camera_id: str, at: datetime) -> None:
        people = len(self._seen_at[camera_id])
        self._limit.apply(self.due, Subject(camera_id), people, at, timedelta())


@dataclass(slots=True)
class _Named:
    """Whom a track's face showed."""

    identity_id: str
    seen_at: datetime


class TooLongInZone:
    """Somebody stays in a zone for longer than a limit: each of them, or who is there longest."""

    is_of_a_camera = True
    lasts: Lasting = "while-tracked"
    takes: tuple[type[Event], ...] = (
        ZoneCrossed, FaceRecognized, TrackObserved, CameraStateChanged,
    )  # fmt: skip
    next_at: datetime | None = None

    def __init__(
        self,
        where: Where,
        limit: timedelta,
        *,
        wording: str,
        each: bool = True,
        exempt_tag: str | None = None,
        tags: TagsOf = NO_TAGS,
    ) -> None:
        """Watch the zones of `where`; who has `exempt_tag` may stay, once a face named them.

        `wording` says of somebody what is wrong, as "waits".
        """
        self.due: dict[Subject, Due] = {}
        self._where = where
        self._limit = limit
        self._wording = wording
        self._each = each
        self._exempt_tag = exempt_tag
        self._exempt = having(exempt_tag, tags) if exempt_tag else frozenset()
        self._occupancy = Occupancy()
        self._named: dict[TrackKey, _Named] = {}

    def take(self, event: Event) -> bool:
        """Take a crossing, a name, a sight of who may stay, or the end of a camera."""
        match event:
            case ZoneCrossed():
                return self._crossed(event)
            case FaceRecognized(decision=decision) if decision in NAMES and self._exempt_tag:
                return self._name(event)
            case TrackObserved(camera_id=camera_id, track_id=track_id):
                if named := self._named.get((camera_id, track_id)):
                    named.seen_at = event.occurred_at
                return False
        if not is_over(event):
            return False
        self._occupancy.leave(event.camera_id, event.occurred_at)
        return _drop_camera(self.due, event.camera_id)

    def advance(self, at: datetime) -> None:
        """Nothing changes by itself."""

    def retag(self, tags: TagsOf) -> None:
        """Let those stay who have the tag now, also those named before."""
        if self._exempt_tag is None:
            return
        self._exempt = having(self._exempt_tag, tags)
        for place in self._occupancy.places():
            self._bring_in_line(place)

    def _may_stay(self, key: TrackKey) -> bool:
        named = self._named.get(key)
        return named is not None and named.identity_id in self._exempt

    def _crossed(self, event: ZoneCrossed) -> bool:
        place = (event.camera_id, event.zone_id)
        if not self._where.has(place):
            return False
        track_id = event.track_id
        self._occupancy.cross(place, track_id, event.direction, event.occurred_at)
        if not self._each:
            self._bring_in_line(place)
            return True
        entered_at = self._occupancy.present(place).get(track_id)
        if entered_at is None or self._may_stay((event.camera_id, track_id)):
            self.due.pop(Subject(*place, track_id), None)
        else:
            self.due[Subject(*place, track_id)] = self._due(place, track_id, entered_at)
        return True

    def _name(self, event: FaceRecognized) -> bool:
        key, at = (event.camera_id, event.track_id), event.occurred_at
        before = at - _NAME_KEPT
        self._named = {key: each for key, each in self._named.items() if each.seen_at >= before}
        self._named[key] = _Named(event.identity_id, at)
        for place in {subject[:2] for subject in self.due if subject.camera_id == event.camera_id}:
            self._bring_in_line(place)
        return True

    def _bring_in_line(self, place: Place) -> None:
        camera_id = place[0]
        since = {
            track_id: entered_at
            for track_id, entered_at in self._occupancy.present(place).items()
            if not self._may_stay((camera_id, track_id))
        }
        for subject in [subject for subject in self.due if subject[:2] == place]:
            if subject.track_id not in since:
                del self.due[subject]
        if self._each:
            for track_id, entered_at in since.items():
                self.due[Subject(*place, track_id)] = self._due(place, track_id, entered_at)
        elif since:
            track_id = min(since, key=lambda each: (since[each], each))
            self.due[Subject(*place)] = self._due(place, track_id, since[track_id])

    def _due(self, place: Place, track_id: int, entered_at: datetime) -> Due:
        at = entered_at + self._limit
        message = (
            f"somebody {self._wording} in zone {place[1]} of {place[0]} for more than "
            f"{self._limit.total_seconds():g} s"
        )
        return Due(at, at + self._where.lag, message, track_id=track_id)


def is_over(event: Event) -> bool:
    """Tell whether a camera watches no more, so that nothing is told of its tracks."""
    return isinstance(event, CameraStateChanged) and event.state in ("ended", "failed")


def _drop_camera(due: dict[Subject, Due], camera_id: str) -> bool:
    """Let nothing be due at a camera; tell whether something was."""
    gone = [subject for subject in due if subject.camera_id == camera_id]
    for subject in gone:
        del due[subject]
    return bool(gone)
