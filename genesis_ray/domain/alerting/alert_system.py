"""Conditions of alerts on the system itself.

A camera is down, a part does less than it should, matches drift, frames are set aside, two are
made one.
"""

from collections import deque
from datetime import datetime, timedelta

from genesis_ray.domain.alerting.alert_rules import Due, Lasting, Subject
from genesis_ray.domain.events import (
    CameraStateChanged,
    DeadLetterChanged,
    Event,
    FalseMergeFound,
    SystemStateChanged,
)
from genesis_ray.domain.recognition.drift import MATCHES

_WELL = ("online", "ended")
"""A camera that was taken off, or a recording that has been watched, is not down."""


class CameraDown:
    """A camera gives no good pictures for a while."""

    is_of_a_camera = True
    lasts: Lasting = "until-told"
    takes: tuple[type[Event], ...] = (CameraStateChanged,)
    next_at: datetime | None = None

    def __init__(self, camera_id: str | None, lasting: timedelta) -> None:
        """Watch a camera; None: all of them."""
        self.due: dict[Subject, Due] = {}
        self._camera_id = camera_id
        self._lasting = lasting

    def take(self, event: Event) -> bool:
        """Take a camera's new state."""
        if not isinstance(event, CameraStateChanged):
            return False
        if self._camera_id not in (None, event.camera_id):
            return False
        subject = Subject(event.camera_id)
        if event.state in _WELL:
            return self.due.pop(subject, None) is not None
        known = self.due.get(subject)
        at = known.at if known else event.occurred_at + self._lasting
        why = f" ({event.reason})" if event.reason else ""
        message = (
            f"camera {event.camera_id} is {event.state}{why}, not online for "
            f"{self._lasting.total_seconds():g} s"
        )
        self.due[subject] = Due(at, at, message)
        return True

    def advance(self, at: datetime) -> None:
        """Nothing changes by itself."""


class Drifting:
    """At a camera matches are less alike than they used to be."""

    is_of_a_camera = True
    lasts: Lasting = "until-told"
    takes: tuple[type[Event], ...] = (SystemStateChanged,)
    next_at: datetime | None = None

    def __init__(self, camera_id: str | None) -> None:
        """Watch a camera; None: all of them."""
        self.due: dict[Subject, Due] = {}
        self._camera_id = camera_id

    def take(self, event: Event) -> bool:
        """Take what is told of matches."""
        if not isinstance(event, SystemStateChanged) or event.component != MATCHES:
            return False
        if self._camera_id not in (None, event.camera_id):
            return False
        subject, at = Subject(event.camera_id), event.occurred_at
        if event.state != "degraded":
            return self.due.pop(subject, None) is not None
        message = f"matches at {event.camera_id} are less alike than they were: {event.reason}"
        self.due[subject] = Due(at, at, message)
        return True

    def advance(self, at: datetime) -> None:
        """Nothing changes by itself."""


class Degraded:
    """A part of the system does less than it should, or has no node to be on.

    As a model that does not answer, or that runs on the processor as its GPU is too small. Of
    all such parts there is one alert, which tells of the first.
    """

    is_of_a_camera = False
    lasts: Lasting = "while-tracked"  # a system that starts anew has other parts
    takes: tuple[type[Event], ...] = (SystemStateChanged,)
    next_at: datetime | None = None

    def __init__(self) -> None:
        self.due: dict[Subject, Due] = {}
        self._ill: dict[str, Due] = {}

    def take(self, event: Event) -> bool:
        """Take what is told of a part, matches apart, which are no part."""
        if not isinstance(event, SystemStateChanged) or event.component == MATCHES:
            return False
        if event.state in ("degraded", "waiting"):
            message = f"{event.component} is {event.state}: {event.reason}"
            self._ill.setdefault(
                event.component, Due(event.occurred_at, event.occurred_at, message)
            )
        elif event.state in ("recovered", "placed"):
            self._ill.pop(event.component, None)
        first = next(iter(self._ill.values()), None)
        before, self.due = self.due, {Subject(): first} if first else {}
        return self.due != before

    def advance(self, at: datetime) -> None:
        """Nothing changes by itself."""


class SetAside:
    """Frames or recordings of a camera fail again and again, more of them than is let pass."""

    is_of_a_camera = True
    lasts: Lasting = "until-acknowledged"
    takes: tuple[type[Event], ...] = (DeadLetterChanged,)
    next_at: datetime | None = None

    def __init__(self, camera_id: str | None, over: int, within: timedelta) -> None:
        """Watch a camera, None: all; more than `over` of one are too many `within` a time."""
        self.due: dict[Subject, Due] = {}
        self._camera_id = camera_id
        self._over = over
        self._within = within
        self._at: dict[str, deque[datetime]] = {}

    def take(self, event: Event) -> bool:
        """Take a dead letter; where nobody has seen to one of the camera, another is no news."""
        if not isinstance(event, DeadLetterChanged) or event.status != "waiting":
            return False
        if self._camera_id not in (None, event.camera_id):
            return False
        subject, at = Subject(event.camera_id), event.occurred_at
        lately = self._at.setdefault(event.camera_id, deque(maxlen=self._over + 1))
        lately.append(at)
        if len(lately) <= self._over or at - lately[0] > self._within or subject in self.due:
            return False
        times = "was" if len(lately) == 1 else f"and {len(lately) - 1} before were"
        message = (
            f"a {event.unit} of {event.camera_id} {times} set aside, as it failed "
            f"{event.attempts} times: {event.reason}; see genesis dead-letters list"
        )
        self.due[subject] = Due(at, at, message)
        return True

    def advance(self, at: datetime) -> None:
        """Nothing changes by itself."""


class FalseMerges:
    """Two tracks that were in view at the same time are one identity, or one track is two."""

    is_of_a_camera = False
    lasts: Lasting = "until-acknowledged"
    takes: tuple[type[Event], ...] = (FalseMergeFound,)
    next_at: datetime | None = None

    def __init__(self) -> None:
        self.due: dict[Subject, Due] = {}

    def take(self, event: Event) -> bool:
        """Take a false merge; of an identity with one that nobody has seen to, it is no news."""
        if not isinstance(event, FalseMergeFound):
            return False
        subject, at = Subject(identity_id=event.identity_id), event.occurred_at
        if subject in self.due:
            return False
        track = f"{event.camera_id}:{event.track_id}"
        other = f"{event.other_camera_id}:{event.other_track_id}"
        message = f"one identity is track {other} and {track} at once"
        if track == other:
            message = f"later faces of track {track} are somebody else's"
        self.due[subject] = Due(at, at, message, event.camera_id, event.track_id)
        return True

    def advance(self, at: datetime) -> None:
        """Nothing changes by itself."""
