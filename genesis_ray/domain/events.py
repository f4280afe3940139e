"""The immutable facts that the rules produce.

Every event starts with the envelope: tenant, site, camera, and when it happened in
the picture (capture time, UTC). Its `event_id` is derived from its natural key, so a
replay writes the same row and not a second one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from genesis_ray.domain.places.lines import LineDirection
from genesis_ray.domain.places.zones import Direction
from genesis_ray.domain.recognition.identity import Verdict
from genesis_ray.domain.recognition.topology import Refusal
from genesis_ray.domain.stable_ids import stable_bytes
from genesis_ray.domain.streams.stream_health import StreamState

Decision = Literal["named", "carried", "review", "unknown"]
"""What became of a track: it has a name, by its face or by looks from a track before; it may be
somebody, whom a person should look at; it showed good faces and is nobody known."""

NAMES: tuple[Decision, ...] = ("named", "carried")
"""The decisions that give a track its identity."""

Basis = Literal["votes", "mean", "tracks"]
"""What was compared: each face by itself, the mean of the faces that are alike, or those faces
with others of tracks before."""

CameraState = Literal[StreamState, "ended", "failed"]
SystemState = Literal[
    "restarted",
    "recovered",
    "slowed",
    "stopped",
    "flowing",
    "degraded",
    "failed",
    "changed",
    "waiting",
    "placed",
]
DeadLetterStatus = Literal["waiting", "replayed", "dropped"]
DeadLetterUnit = Literal["frame", "recording"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The envelope that all events share."""

    KEY: ClassVar[tuple[str, ...]] = ()
    """The fields that, with envelope and kind, tell this event from every other."""

    tenant_id: str
    site_id: str
    camera_id: str
    occurred_at: datetime

    @property
    def event_id(self) -> bytes:
        """The 16 bytes of this event's UUIDv5."""
        own = (getattr(self, field) for field in self.KEY)
        kind = type(self).__name__
        return stable_bytes((self.tenant_id, self.camera_id, kind, *own, self.occurred_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackObserved(Event):
    """Where a track was: its first and last sight, and one a second between."""

    KEY = ("track_id",)
    track_id: int
    frame_index: int
    x1: float
    y1: float
    x2: float
    y2: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneCrossed(Event):
    """A track entered or left a zone."""

    KEY = ("zone_id", "track_id", "direction")
    zone_id: str
    track_id: int
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class LoiteringFound(Event):
    """A track has been in a zone, since `since`, for longer than anybody should; once a stay."""

    KEY = ("zone_id", "track_id")
    zone_id: str
    track_id: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCrossed(Event):
    """A track went over a counting line."""

    KEY = ("line_id", "track_id", "direction")
    line_id: str
    track_id: int
    direction: LineDirection


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceScored(Event):
    """How similar one face of a track was to the nearest identities, best first.

    `verdict` says whether it voted for the first of them, and if not, why; `weight` is what it
    counts for, in good faces.
    """

    KEY = ("track_id", "face_index")
    track_id: int
    face_index: int
    quality: float
    embedder: str
    candidate_ids: tuple[str, ...]
    similarities: tuple[float, ...]
    verdict: Verdict | None = None
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRecognized(Event):
    """What became of a track: see `Decision`. It has a name where that is one of `NAMES`.

    A track is named by the face that brings the last evidence for it, at that face's time. What
    was not named gets its row when its evidence lapses, at the time of its last usable face: for
    review with the identity to look at, as unknown with none (""). A track that shows its face
    again later can still be named, which is another row. One that is "carried" showed no face:
    its looks are those of a track that a face named.

    `gate` names the rule that let it through, or holds it back, "" where none applies; `is_new`
    says that the identity, a pseudonymous visitor, was made from this very track.
    `threshold_origin` says where the threshold came from. `votes` faces bore the decision:
    `face_indices`, with what each has for `qualities` and `similarities`, to the identity or,
    where the `basis` is their mean, to that mean; `evidence` is what they weigh, in good faces.
    """

    KEY = ("track_id",)
    track_id: int
    identity_id: str
    decision: Decision
    similarity: float
    runner_up_similarity: float | None
    threshold: float
    votes: int
    quality: float
    gate: str
    is_new: bool
    embedder: str
    runner_up_id: str | None = None
    threshold_origin: str = ""
    basis: Basis = "votes"
    evidence: float = 0.0
    face_indices: tuple[int, ...] = ()
    qualities: tuple[float, ...] = ()
    similarities: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRejected(Event):
    """A track's faces elected somebody who cannot have been there, and so was not named.

    `seen_camera_id`, `seen_track_id` and `seen_until` are where and when the identity was last
    seen before that, `in_view_since` is when this track came into view.
    """

    KEY = ("track_id", "identity_id", "reason")
    track_id: int
    identity_id: str
    reason: Refusal
    similarity: float
    in_view_since: datetime
    seen_camera_id: str
    seen_track_id: int
    seen_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseMergeFound(Event):
    """Two tracks that were in view at the same time, where nobody is twice, are one identity.

    This track was to be named after the other. Where `is_quarantined`, it was not: its row of
    `FaceRecognized` is for review. Else it had its name already when both were seen together.
    Where both are one track, it is two people: its later faces are not those of the identity.
    """

    KEY = ("track_id", "identity_id", "other_camera_id", "other_track_id")
    track_id: int
    identity_id: str
    other_camera_id: str
    other_track_id: int
    is_quarantined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStarted(Event):
    """An identity came into the site's view; the camera is the one that saw them first."""

    KEY = ("visit_id",)
    visit_id: str
    identity_id: str
    started_at: datetime
    ended_at: None = None
    zone_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnded(Event):
    """A visit is over; the camera is the last that saw the visitor.

    `zone_ids` are the zones entered, in order, each named once per stay.
    """

    KEY = ("visit_id",)
    visit_id: str
    identity_id: str
    started_at: datetime
    ended_at: datetime
    zone_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSampled(Event):
    """What another system counted at a moment, brought in with its history.

    What this system counts itself are questions about the other tables. A figure is None where
    that system did not tell it; `avg_wait_sec` is in seconds.
    """

    people_total: int | None
    queue_len: int | None
    avg_wait_sec: float | None
    people_by_zone: tuple[tuple[str, int], ...]
    new_faces: int | None
    recognized_faces: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityNoted(Event):
    """What another system noted of a person at a moment, brought in with its history.

    `event_type` is its own word for it; there was no track that this system knows.
    """

    KEY = ("identity_id", "event_type", "zone_id")
    identity_id: str
    event_type: str
    zone_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStateChanged(Event):
    """A camera's stream came into another state; `reason` is a code that says why."""

    KEY = ("state",)
    state: CameraState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FramesDropped(Event):
    """Frames of a live camera were dropped for want of time, since `since`; none is told of none.

    `looked_at` frames of that time were not; `by_reason` are those that were.
    """

    since: datetime
    looked_at: int
    by_reason: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStateChanged(Event):
    """A part of the system came into another state, at a time of the clock on the wall.

    It is about all cameras where `camera_id` is "". What is told of matches, and what is learned of
    pairs of cameras, has the capture time of the face that brought it about.
    """

    KEY = ("component", "state")
    component: str
    state: SystemState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterChanged(Event):
    """Work that failed again and again was set aside; later it is replayed or dropped.

    `occurred_at` is when the frame was captured, or the recording began; for what became of it,
    the clock on the wall. `stage` is what failed, `reason` how. What is replayed and fails again
    waits on, with one more of the attempts.
    """

    KEY = ("dead_letter_id", "status")
    dead_letter_id: str
    status: DeadLetterStatus
    unit: DeadLetterUnit
    stage: str
    frame_index: int | None
    attempts: int
    reason: str
