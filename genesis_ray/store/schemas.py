"""Every Arrow schema: the only place where columns are named."""

from collections.abc import Sequence

import pyarrow as pa

from genesis_ray.domain.events import (
    CameraStateChanged,
    DeadLetterChanged,
    Event,
    FaceRecognized,
    FaceScored,
    FalseMergeFound,
    GateRejected,
    LineCrossed,
    SystemStateChanged,
    TrackObserved,
    VisitEnded,
    VisitStarted,
    ZoneCrossed,
)

SCHEMA_VERSION = 1
"""Of all event tables together; a run folder of another version is refused."""

_TIME = pa.timestamp("us", tz="UTC")
_IDS = pa.list_(pa.string())


def _event_schema(*own: tuple[str, pa.DataType]) -> pa.Schema:
    envelope: list[tuple[str, pa.DataType]] = [
        ("event_id", pa.binary(16)),
        ("tenant_id", pa.string()),
        ("site_id", pa.string()),
        ("camera_id", pa.string()),
        ("occurred_at", _TIME),
    ]
    return pa.schema([*envelope, *own])


EVENT_SCHEMAS: dict[str, pa.Schema] = {
    "track_observations": _event_schema(
        ("track_id", pa.int64()),
        ("frame_index", pa.int64()),
        ("x1", pa.float32()),
        ("y1", pa.float32()),
        ("x2", pa.float32()),
        ("y2", pa.float32()),
        ("confidence", pa.float32()),
    ),
    "zone_crossings": _event_schema(
        ("zone_id", pa.string()), ("track_id", pa.int64()), ("direction", pa.string())
    ),
    "line_crossings": _event_schema(
        ("line_id", pa.string()), ("track_id", pa.int64()), ("direction", pa.string())
    ),
    "face_scores": _event_schema(
        ("track_id", pa.int64()),
        ("face_index", pa.int64()),
        ("quality", pa.float32()),
        ("embedder", pa.string()),
        ("candidate_ids", _IDS),
        ("similarities", pa.list_(pa.float32())),
    ),
    "face_recognitions": _event_schema(
        ("track_id", pa.int64()),
        ("identity_id", pa.string()),
        ("decision", pa.string()),
        ("similarity", pa.float32()),
        ("runner_up_similarity", pa.float32()),
        ("threshold", pa.float32()),
        ("votes", pa.int64()),
        ("quality", pa.float32()),
        ("gate", pa.string()),
        ("is_new", pa.bool_()),
        ("embedder", pa.string()),
    ),
    "gate_rejections": _event_schema(
        ("track_id", pa.int64()),
        ("identity_id", pa.string()),
        ("reason", pa.string()),
        ("similarity", pa.float32()),
        ("in_view_since", _TIME),
        ("seen_camera_id", pa.string()),
        ("seen_track_id", pa.int64()),
        ("seen_until", _TIME),
    ),
    "false_merges": _event_schema(
        ("track_id", pa.int64()),
        ("identity_id", pa.string()),
        ("other_camera_id", pa.string()),
        ("other_track_id", pa.int64()),
        ("is_quarantined", pa.bool_()),
    ),
    "visits": _event_schema(
        ("visit_id", pa.string()),
        ("identity_id", pa.string()),
        ("started_at", _TIME),
        ("ended_at", _TIME),
        ("zone_ids", _IDS),
    ),
    "camera_states": _event_schema(("state", pa.string()), ("reason", pa.string())),
    "system_states": _event_schema(
        ("component", pa.string()), ("state", pa.string()), ("reason", pa.string())
    ),
    "dead_letters": _event_schema(
        ("dead_letter_id", pa.string()),
        ("status", pa.string()),
        ("unit", pa.string()),
        ("stage", pa.string()),
        ("frame_index", pa.int64()),
        ("attempts", pa.int64()),
        ("reason", pa.string()),
    ),
}
"""One table a kind of event. A visit has a row from its start, `ended_at` empty, and one from
its end; a dead letter one from when it was set aside, and one from what became of it."""

_TABLE_OF: dict[type[Event], str] = {
    TrackObserved: "track_observations",
    ZoneCrossed: "zone_crossings",
    LineCrossed: "line_crossings",
    FaceScored: "face_scores",
    FaceRecognized: "face_recognitions",
    GateRejected: "gate_rejections",
    FalseMergeFound: "false_merges",
    VisitStarted: "visits",
    VisitEnded: "visits",
    CameraStateChanged: "camera_states",
    SystemStateChanged: "system_states",
    DeadLetterChanged: "dead_letters",
}

_PEOPLE: list[tuple[str, pa.DataType]] = [
    ("identity_id", pa.string()),
    ("name", pa.string()),
    ("kind", pa.string()),  # "enrolled" by somebody, or "visitor": pseudonymous
    ("enrolled_at", _TIME),
]
PEOPLE_SCHEMA = pa.schema(_PEOPLE)

_TRACK_SIGHT: list[tuple[str, pa.DataType]] = [
    ("identity_id", pa.string()),
    ("camera_id", pa.string()),
    ("track_id", pa.int64()),
    ("since", _TIME),
    ("until", _TIME),
]
_LEDGER: list[tuple[str, pa.DataType]] = [
    ("entry_id", pa.string()),
    ("kind", pa.string()),  # merge, split, rename, reject or undo
    ("at", _TIME),
    ("by", pa.string()),
    ("why", pa.string()),
    # Of which a kind has some, null or empty for the others.
    ("identity_id", pa.string()),
    ("other_id", pa.string()),
    ("new_id", pa.string()),
    ("name", pa.string()),
    ("tracks", pa.list_(pa.struct(_TRACK_SIGHT))),
    ("face_ids", _IDS),
    ("undone_id", pa.string()),
]
LEDGER_SCHEMA = pa.schema(_LEDGER)


def gallery_schema(dimension: int) -> pa.Schema:
    """Return the schema of one embedder's faces, whose embeddings have `dimension` numbers."""
    columns: list[tuple[str, pa.DataType]] = [
        ("face_id", pa.string()),
        ("identity_id", pa.string()),
        ("embedding", pa.list_(pa.float32(), dimension)),
        ("quality", pa.float32()),
        ("enrolled_at", _TIME),
        ("camera_id", pa.string()),  # "" for a photo
        ("key_version", pa.int32()),
    ]
    return pa.schema(columns)


def table_of(event: Event) -> str:
    """Return the name of the table that `event` is a row of."""
    return _TABLE_OF[type(event)]


def to_tables(events: Sequence[Event]) -> dict[str, pa.Table]:
    """Return the events as one Arrow table a kind, in their order."""
    grouped: dict[str, list[Event]] = {}
    for event in events:
        grouped.setdefault(table_of(event), []).append(event)
    return {name: _to_table(EVENT_SCHEMAS[name], rows) for name, rows in grouped.items()}


def _to_table(schema: pa.Schema, events: Sequence[Event]) -> pa.Table:
    columns = [
        pa.array([getattr(event, field.name) for event in events], field.type) for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
