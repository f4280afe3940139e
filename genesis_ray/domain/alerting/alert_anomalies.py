"""Condition of alerts on the unusual: people in view in a minute, against the minutes before."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from genesis_ray.domain.alerting.alert_rules import Due, Lasting, Subject
from genesis_ray.domain.alerting.alert_zones import Where, is_over
from genesis_ray.domain.events import CameraStateChanged, Event, TrackObserved
from genesis_ray.domain.figures.anomalies import Reading, RecentPolicy, RecentScore

Side = Literal["either", "above", "below"]

_MINUTE = timedelta(minutes=1)
_EPOCH = datetime.fromtimestamp(0, UTC)

_IDLE = timedelta(days=1)
"""Without any event, after which a camera's minutes are no longer counted: a clock that jumps by
years would have millions of them."""

BLIND = frozenset({"connecting", "stalled", "failed", "ended"})
"""States in which a camera sees nothing."""


@dataclass(slots=True)
class _Minutes:
    """A camera's minutes: the one that goes on, and how unusual a value is after those before."""

    score: RecentScore
    ends_at: datetime | None = None
    heard_at: datetime | None = None
    tracks: set[int] = field(default_factory=set)
    is_watched: bool = True
    is_whole: bool = False

    def begin(self, at: datetime) -> datetime:
        """Let the minute begin that `at` is in; return when it ends."""
        starts_at = at - (at - _EPOCH) % _MINUTE
        ends_at = self.ends_at = starts_at + _MINUTE
        self.tracks = set()
        self.is_whole = self.is_watched and at == starts_at
        return ends_at

    def close(self) -> Reading | None:
        """End the minute and begin the next; None: of a part of a minute, or too early to tell."""
        at, people = self.ends_at, len(self.tracks)
        if at is None:
            return None
        reading = self.score.update(people) if self.is_whole else None
        if self.heard_at and at - self.heard_at > _IDLE:
            self.ends_at = None
        else:
            self.begin(at)
        return reading


class UnusualInView:
    """Many more people in a camera's picture in a minute than in those before, or many fewer.

    As `people_total` of the metrics counts them, by minutes of UTC. Minutes of which the camera
    did not see all are no values.
    """

    is_of_a_camera = True
    lasts: Lasting = "while-tracked"
    takes: tuple[type[Event], ...] = (TrackObserved, CameraStateChanged)

    def __init__(self, where: Where, policy: RecentPolicy, side: Side = "either") -> None:
        self.due: dict[Subject, Due] = {}
        self._where = where
        self._policy = policy
        self._side = side
        self._cameras: dict[str, _Minutes] = {}

    @property
    def next_at(self) -> datetime | None:
        """When a minute is over."""
        return min((each.ends_at for each in self._cameras.values() if each.ends_at), default=None)

    def take(self, event: Event) -> bool:
        """Take a sight of a track, or a camera's state."""
        if not self._where.watches(event.camera_id):
            return False
        at, camera_id = event.occurred_at, event.camera_id
        own = self._cameras.setdefault(camera_id, _Minutes(RecentScore(self._policy)))
        before = own.ends_at
        self._close(camera_id, own, at)
        own.heard_at = at
        if is_over(event):
            own.ends_at = None
            self.due.pop(Subject(camera_id), None)
            return True
        if isinstance(event, CameraStateChanged):
            own.is_watched = event.state not in BLIND
            own.is_whole &= own.is_watched
        elif isinstance(event, TrackObserved):
            own.is_watched = True
        ends_at = own.ends_at or own.begin(at)
        if isinstance(event, TrackObserved) and at >= ends_at - _MINUTE:  # else a clock went back
            own.tracks.add(event.track_id)
        return own.ends_at != before

    def advance(self, at: datetime) -> None:
        """End the minutes that are over."""
        for camera_id, own in self._cameras.items():
            self._close(camera_id, own, at)

    def _close(self, camera_id: str, own: _Minutes, at: datetime) -> None:
        while own.ends_at and own.ends_at <= at:
            self._tell(Subject(camera_id), own.ends_at, own.close())

    def _tell(self, subject: Subject, at: datetime, reading: Reading | None) -> None:
        if not (reading and reading.is_unusual and self._side in ("either", reading.direction)):
            self.due.pop(subject, None)
            return
        since = self.due[subject].at if subject in self.due else at
        noun = "person" if reading.value == 1 else "people"
        message = (
            f"{reading.value:g} {noun} in a minute at {subject.camera_id}, usually "
            f"{reading.expected:.3g} ± {reading.spread:.2g} in the last {reading.samples} minutes"
        )
        self.due[subject] = Due(since, since, message)
