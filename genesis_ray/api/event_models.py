"""The rows of the event tables as they leave the API: a contract of its own."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from genesis_ray.domain.alerting.alert_events import AlertStatus
from genesis_ray.domain.alerting.alert_rules import Severity
from genesis_ray.domain.events import (
    Basis,
    CameraState,
    DeadLetterStatus,
    DeadLetterUnit,
    Decision,
    SystemState,
)
from genesis_ray.domain.recognition.identity import Verdict
from genesis_ray.domain.recognition.topology import Refusal

Kind = Literal[
    "track_observations",
    "zone_crossings",
    "loiterings",
    "line_crossings",
    "face_scores",
    "face_recognitions",
    "gate_rejections",
    "false_merges",
    "visits",
    "metric_samples",
    "identity_events",
    "camera_states",
    "frame_drops",
    "system_states",
    "dead_letters",
    "alerts",
]
"""The event tables, under the names that `genesis query` knows them by."""

_Fraction = Annotated[float, Field(description="0 to 1, from the left or top of the picture")]
_Similarity = Annotated[float, Field(description="Cosine, -1 to 1")]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    event_id: UUID = Field(description="The same for ever: a replay does not make a second one")
    tenant_id: str
    site_id: str
    camera_id: str
    occurred_at: datetime = Field(description="When it was captured, UTC")


class TrackObservation(_Row):
    """Where a track was: its first and last sight, and one a second between."""

    kind: Literal["track_observations"]
    track_id: int
    frame_index: int
    x1: _Fraction
    y1: _Fraction
    x2: _Fraction
    y2: _Fraction
    confidence: float = Field(description="The detector's")


class ZoneCrossing(_Row):
    """A track entered or left a zone."""

    kind: Literal["zone_crossings"]
    zone_id: str
    track_id: int
    direction: Literal["enter", "exit"]


class Loitering(_Row):
    """A track has been in a zone for longer than anybody should; once a stay."""

    kind: Literal["loiterings"]
    zone_id: str
    track_id: int
    since: datetime = Field(description="When it entered; it loiters from `occurred_at` on")


class LineCrossing(_Row):
    """A track went over a counting line."""

    kind: Literal["line_crossings"]
    line_id: str
    track_id: int
    direction: Literal["in", "out"]


class FaceScore(_Row):
    """How similar one face of a track was to the nearest identities, best first."""

    kind: Literal["face_scores"]
    track_id: int
    face_index: int
    quality: float
    embedder: str
    candidate_ids: list[str]
    similarities: list[_Similarity]
    verdict: Verdict | None = Field(
        description="Whether it voted for the nearest, or why not; null where that was not noted"
    )
    weight: float | None = Field(description="What it counts for, in good faces")


class FaceRecognition(_Row):
    """What became of a track by its faces; only one with the decision `named` has a name."""

    kind: Literal["face_recognitions"]
    track_id: int
    identity_id: str = Field(description="Who it is, for review may be; empty where unknown")
    decision: Decision
    similarity: _Similarity
    runner_up_similarity: _Similarity | None
    threshold: _Similarity
    votes: int = Field(description="Faces of the track that bear the decision")
    quality: float
    gate: str = Field(description="The rule that let it through, empty where none applies")
    is_new: bool = Field(description="The identity, a pseudonymous visitor, was made from this")
    embedder: str
    runner_up_id: str | None
    threshold_origin: str | None = Field(description="Where the threshold came from")
    basis: Basis | None = Field(
        description="Each face was compared by itself, or their mean, or they with those of tracks "
        "before"
    )
    evidence: float | None = Field(description="What those faces weigh, in good faces")
    face_indices: list[int] | None = Field(description="Those faces")
    qualities: list[float] | None = Field(description="Of each of them")
    similarities: list[_Similarity] | None = Field(description="Of each of them")


class GateRejection(_Row):
    """A track's faces elected somebody who cannot have been there, and so was not named."""

    kind: Literal["gate_rejections"]
    track_id: int
    identity_id: str
    reason: Refusal
    similarity: _Similarity
    in_view_since: datetime = Field(description="When this track came into view")
    seen_camera_id: str = Field(description="Where the identity was seen before")
    seen_track_id: int
    seen_until: datetime = Field(description="When it was last seen there")


class FalseMerge(_Row):
    """Two tracks in view at the same time, where nobody is twice, are one identity."""

    kind: Literal["false_merges"]
    track_id: int = Field(description="The track that was to be named later")
    identity_id: str
    other_camera_id: str
    other_track_id: int
    is_quarantined: bool = Field(description="It was not named; else it had its name already")


class VisitEvent(_Row):
    """A visit began (`ended_at` is null) or is over: two rows with one `visit_id`."""

    kind: Literal["visits"]
    visit_id: str
    identity_id: str
    started_at: datetime
    ended_at: datetime | None
    zone_ids: list[str] = Field(description="Zones entered, in order")


class MetricSample(_Row):
    """What another system counted at a moment, brought in with its history."""

    kind: Literal["metric_samples"]
    people_total: int | None
    queue_len: int | None
    avg_wait_sec: float | None = Field(description="Seconds")
    people_by_zone: Annotated[dict[str, int], BeforeValidator(dict)]
    new_faces: int | None
    recognized_faces: int | None


class IdentityEvent(_Row):
    """What another system noted of a person, brought in with its history."""

    kind: Literal["identity_events"]
    identity_id: str
    event_type: str = Field(description="That system's own word for it")
    zone_id: str | None


class CameraStateEvent(_Row):
    """A camera's stream came into another state."""

    kind: Literal["camera_states"]
    state: CameraState
    reason: str = Field(description="A code that says why; empty where there is nothing to say")


class FrameDrops(_Row):
    """Frames of a live camera were dropped for want of time; told once a minute at the most."""

    kind: Literal["frame_drops"]
    since: datetime = Field(description="It is about the time from then on")
    looked_at: int = Field(description="Frames of that time that were not dropped")
    by_reason: Annotated[dict[str, int], BeforeValidator(dict)]


class SystemStateEvent(_Row):
    """A part of the system came into another state, at a time of the clock on the wall."""

    kind: Literal["system_states"]
    component: str
    state: SystemState
    reason: str


class DeadLetterEvent(_Row):
    """Work that failed again and again was set aside; a second row tells what became of it."""

    kind: Literal["dead_letters"]
    dead_letter_id: str
    status: DeadLetterStatus
    unit: DeadLetterUnit
    stage: str = Field(description="What failed")
    frame_index: int | None
    attempts: int
    reason: str = Field(description="How it failed")


class AlertEvent(_Row):
    """An alert was raised; later rows of its `alert_id` tell what became of it."""

    kind: Literal["alerts"]
    alert_id: str
    rule_id: str = Field(description="The rule of the configuration")
    severity: Severity = Field(description="From then on")
    status: AlertStatus
    zone_id: str | None
    track_id: int | None
    identity_id: str | None
    message: str = Field(description="What holds, for people; names nobody")
    acknowledged_by: str | None
    why: str | None = Field(description="What who acknowledged it had to say")


EventRow = Annotated[
    TrackObservation
    | ZoneCrossing
    | Loitering
    | LineCrossing
    | FaceScore
    | FaceRecognition
    | GateRejection
    | FalseMerge
    | VisitEvent
    | MetricSample
    | IdentityEvent
    | CameraStateEvent
    | FrameDrops
    | SystemStateEvent
    | DeadLetterEvent
    | AlertEvent,
    Field(discriminator="kind"),
]


def to_models(kind: Kind, rows: pa.Table) -> list[EventRow]:
    """Return the rows of an event table as they leave the API."""
    fields = [field.with_type(_on_the_way(field.type)) for field in rows.schema]
    plain = rows.cast(pa.schema(fields)).to_pylist()
    return _ROWS.validate_python([{"kind": kind, **row} for row in plain])


_ROWS: TypeAdapter[list[EventRow]] = TypeAdapter(list[EventRow])


def _on_the_way(type_: pa.DataType) -> pa.DataType:
    """Return the type to read a column as; 32-bit numbers as their shortest text: 0.9 is 0.9."""
    if type_ == pa.binary(16):
        return pa.uuid()
    if type_ == pa.float32():
        return pa.string()
    if type_ == pa.list_(pa.float32()):
        return pa.list_(pa.string())
    return type_
