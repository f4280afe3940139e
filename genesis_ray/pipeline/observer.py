"""One camera's state: tracks, zones, lines, and the faces still wanted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from genesis_ray.domain.events import Event, TrackObserved
from genesis_ray.domain.places.lines import Line
from genesis_ray.domain.places.masks import Mask, unmasked
from genesis_ray.domain.places.untold_exits import LOST_AFTER
from genesis_ray.domain.places.zones import Zone
from genesis_ray.domain.recognition.carrying import Appearance
from genesis_ray.domain.recognition.companions import Companions
from genesis_ray.domain.streams.frames import FrameStamp
from genesis_ray.domain.tracking.appearance import Impression, View
from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.domain.tracking.heads import Box
from genesis_ray.pipeline.places import PlaceWatch

_OBSERVED_EVERY = timedelta(seconds=1)
"""Between two rows of a track; its first and last sight are rows too."""

_LOOKS_TOLD_EVERY = timedelta(seconds=0.5)
"""As often as they are looked at anew; whoever is told knows to this who is still in view."""


class Tracker(Protocol):
    """Gives the boxes of one camera, frame after frame, their ids."""

    def update(self, at: datetime, detections: Detections, view: View | None) -> Tracks:
        """Return the boxes of `detections` that belong to a track; `view` is the frame."""

    def is_open(self, track_id: int) -> bool:
        """Tell whether, as of the last frame, this id may be seen again."""

    def impression(self, track_id: int) -> Impression | None:
        """Return how the person of a track looks; None while that is not known."""

    def renumber(self, first_track_id: int) -> None:
        """Give tracks that are born from now on ids from `first_track_id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSchedule:
    """When a track's face is looked at: often at first, then now and then.

    Attributes:
        min_width: Least width of a person's box, in pixels of the frame.
    """

    interval: timedelta
    looks: int
    later_interval: timedelta
    min_width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRules:
    """What one camera watches for.

    Attributes:
        settle: Of zones and lines that have none of their own.
        tells_looks: Whether how tracks look is told, for identities to be carried by.
        masks: Where nobody is looked for.
    """

    tenant_id: str
    site_id: str
    camera_id: str
    zones: tuple[Zone, ...]
    lines: tuple[Line, ...]
    settle: timedelta
    faces: FaceSchedule | None
    tells_looks: bool = False
    masks: tuple[Mask, ...] = ()

    @property
    def envelope(self) -> dict[str, str]:
        """What all events of the camera begin with, but for their time."""
        return {
            "tenant_id": self.tenant_id,
            "site_id": self.site_id,
            "camera_id": self.camera_id,
        }


@dataclass(frozen=True, slots=True)
class WantedFace:
    """A request to look at the face of one person in this frame.

    Attributes:
        in_view_since: When the track was first seen.
        companions: Tracks whose boxes overlap this one's again and again.
        overlapped: Tracks whose boxes did so at least once.
    """

    track_id: int
    face_index: int
    person: Box
    in_view_since: datetime
    companions: tuple[int, ...]
    overlapped: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """What one frame, or the end of the stream, told.

    Attributes:
        at: The frame's time, by which observations are ordered.
    """

    at: datetime
    events: tuple[Event, ...]
    tracks: Tracks | None = None
    wanted_faces: tuple[WantedFace, ...] = ()
    appearances: tuple[Appearance, ...] = ()


class CameraObserver:
    """Follows the people of one camera through its frames, in capture order.

    What it says and asks for depends on the frames alone, never on when an answer came.
    """

    def __init__(self, rules: CameraRules, tracker: Tracker) -> None:
        self._rules = rules
        self._tracker = tracker
        self._places = PlaceWatch(
            rules.zones, rules.lines, settle=rules.settle, envelope=rules.envelope
        )
        self._in_view: dict[int, _Sight] = {}
        self._since: dict[int, datetime] = {}
        self._companions = Companions()
        self._looks_told_at: dict[int, datetime] = {}
        self._last_at: datetime | None = None

    def observe(
        self, stamp: FrameStamp, detections: Detections, *, width: int, view: View | None = None
    ) -> Observation:
        """Take the people of the next frame, normalised to it; `width` is the frame's, pixels."""
        at = self._last_at = stamp.captured_at
        tracks = self._tracker.update(at, unmasked(detections, self._rules.masks), view)
        events: list[Event] = list(self._close_lost())
        wanted: list[WantedFace] = []
        appearances: list[Appearance] = []
        boxes, confidences = tracks.detections.xyxy, tracks.detections.confidence
        track_ids = tracks.track_id.tolist()
        if self._rules.faces:
            self._companions.update(at, track_ids, boxes)
        for box, confidence, track_id in zip(boxes, confidences, track_ids, strict=True):
            observed = self._observed(stamp, track_id, box, float(confidence))
            sight = self._in_view.setdefault(track_id, _Sight(observed))
            since = self._since.setdefault(track_id, at)
            if sight.see(observed):
                events.append(observed)
            if self._rules.faces and sight.wants_face(observed, self._rules.faces, width):
                wanted.append(
                    WantedFace(
                        track_id,
                        sight.looks - 1,
                        box,
                        since,
                        self._companions.of(track_id),
                        self._companions.overlapped(track_id),
                    )
                )
            if self._rules.tells_looks and (told := self._appearance(track_id, at, since)):
                appearances.append(told)
        events += self._places.update(at, dict(zip(track_ids, boxes, strict=True)))
        return Observation(at, tuple(events), tracks, tuple(wanted), tuple(appearances))

    def renumber(self, first_track_id: int) -> None:
        """Give tracks that are born from now on ids from `first_track_id`; others keep theirs."""
        self._tracker.renumber(first_track_id)

    def lapse(self, now: datetime) -> list[Event]:
        """End all tracks once no frame has come for so long that none can be found again.

        The next frame would: this tells it while there is none. Nothing is told twice.
        """
        if self._last_at is None or now - self._last_at <= LOST_AFTER:
            return []
        return [event for track_id in sorted(self._in_view) for event in self._close(track_id)]

    def finish(self) -> Observation | None:
        """End the stream: every track is over. None if there never was a frame.

        The end comes just after the last frame, so that an order by time has it there,
        whichever frames other cameras have at that moment.
        """
        if self._last_at is None:
            return None
        events = [event for track_id in sorted(self._in_view) for event in self._close(track_id)]
        return Observation(self._last_at + timedelta.resolution, tuple(events))

    def _close_lost(self) -> Iterator[Event]:
        lost = [track_id for track_id in self._in_view if not self._tracker.is_open(track_id)]
        for track_id in lost:
            yield from self._close(track_id)

    def _close(self, track_id: int) -> Iterator[Event]:
        sight = self._in_view.pop(track_id)
        self._since.pop(track_id, None)
        self._companions.close(track_id)
        self._looks_told_at.pop(track_id, None)
        if sight.reported_at != sight.last.occurred_at:
            yield sight.last
        yield from self._places.close(track_id, sight.last.occurred_at)

    def _observed(
        self, stamp: FrameStamp, track_id: int, box: Box, confidence: float
    ) -> TrackObserved:
        x1, y1, x2, y2 = (float(side) for side in box)
        return TrackObserved(
            **self._rules.envelope,
            occurred_at=stamp.captured_at,
            track_id=track_id,
            frame_index=stamp.frame_index,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            confidence=confidence,
        )

    def _appearance(self, track_id: int, at: datetime, since: datetime) -> Appearance | None:
        """Return how a track looks, now and then."""
        told_at = self._looks_told_at.get(track_id)
        if told_at is not None and at - told_at < _LOOKS_TOLD_EVERY:
            return None
        impression = self._tracker.impression(track_id)
        if impression is None:
            return None
        self._looks_told_at[track_id] = at
        return Appearance(
            camera_id=self._rules.camera_id,
            track_id=track_id,
            captured_at=at,
            since=since,
            looks=impression.looks,
            is_clear=impression.is_clear,
            key=impression.key,
        )


@dataclass(slots=True)
class _Sight:
    """What has been said and asked about one track so far."""

    last: TrackObserved
    reported_at: datetime | None = None
    looks: int = 0
    looked_at: datetime | None = None

    def see(self, observed: TrackObserved) -> bool:
        """Note a sight; tell whether it is a row: the first, or a second after the last row."""
        self.last = observed
        at = observed.occurred_at
        if self.reported_at is not None and at - self.reported_at < _OBSERVED_EVERY:
            return False
        self.reported_at = at
        return True

    def wants_face(self, observed: TrackObserved, schedule: FaceSchedule, width: int) -> bool:
        """Tell, and count, whether this sight's face is to be looked at."""
        at = observed.occurred_at
        often = self.looks < schedule.looks
        interval = schedule.interval if often else schedule.later_interval
        if self.looked_at is not None and at - self.looked_at < interval:
            return False
        if observed.x2 - observed.x1 < schedule.min_width / width:
            return False
        self.looked_at = at
        self.looks += 1
        return True
