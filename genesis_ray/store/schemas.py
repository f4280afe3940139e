"""The Arrow schema of every event table: with `identity_schemas` all places that name columns."""

from collections.abc import Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import pyarrow as pa

import genesis_ray.lean_arrow  # noqa: F401  pandas stays out
from genesis_ray.domain.alerting.alert_events import (
    AlertAcknowledged,
    AlertEscalated,
    AlertRaised,
    AlertResolved,
)
from genesis_ray.domain.events import (
    CameraStateChanged,
    DeadLetterChanged,
    Event,
    FaceRecognized,
    FaceScored,
    FalseMergeFound,
    FramesDropped,
    GateRejected,
    IdentityNoted,
    LineCrossed,
    LoiteringFound,
    MetricsSampled,
    SystemStateChanged,
    TrackObserved,
    VisitEnded,
    VisitStarted,
    ZoneCrossed,
)

SCHEMA_VERSION = 2
"""Of all event tables together. Folders of earlier versions are read: the columns that came later
are null there. Who writes to one makes it one of this version; later versions are refused."""

_TIME = pa.timestamp("us", tz="UTC")
_IDS = pa.list_(pa.string())


_SINCE = b"since"


def _since(version: int, name: str, type_: pa.DataType) -> "pa.Field[Any]":
    """Return a column that came with a later version than the first."""
    return pa.field(name, type_, metadata={_SINCE: str(version)})


def _event_schema(*own: "tuple[str, pa.DataType] | pa.Field[Any]") -> pa.Schema:
    envelope: list[tuple[str, pa.DataType]] = [
        ("event_id", pa.binary(16)),
        ("tenant_id", pa.string()),
        ("site_id", pa.string()),
        ("camera_id", pa.string()),
        ("occurred_at", _TIME),
    ]
    columns = [*envelope, *own]
    return pa.schema([pa.field(*each) if isinstance(each, tuple) else each for each in columns])


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
    "loiterings": _event_schema(
        ("zone_id", pa.string()), ("track_id", pa.int64()), ("since", _TIME)
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
        _since(2, "verdict", pa.string()),
        _since(2, "weight", pa.float32()),
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
        _since(2, "runner_up_id", pa.string()),
        _since(2, "threshold_origin", pa.string()),
        _since(2, "basis", pa.string()),
        _since(2, "evidence", pa.float32()),
        _since(2, "face_indices", pa.list_(pa.int64())),
        _since(2, "qualities", pa.list_(pa.float32())),
        _since(2, "similarities", pa.list_(pa.float32())),
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
    "metric_samples": _event_schema(
        ("people_total", pa.int64()),
        ("queue_len", pa.int64()),
        ("avg_wait_sec", pa.float64()),
        ("people_by_zone", pa.map_(pa.string(), pa.int64())),
        ("new_faces", pa.int64()),
        ("recognized_faces", pa.int64()),
    ),
    "identity_events": _event_schema(
        ("identity_id", pa.string()), ("event_type", pa.string()), ("zone_id", pa.string())
    ),
    "camera_states": _event_schema(("state", pa.string()), ("reason", pa.string())),
    "frame_drops": _event_schema(
        ("since", _TIME),
        ("looked_at", pa.int64()),
        ("by_reason", pa.map_(pa.string(), pa.int64())),
    ),
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
    "alerts": _event_schema(
        ("alert_id", pa.string()),
        ("rule_id", pa.string()),
        ("severity", pa.string()),
        ("status", pa.string()),
        ("zone_id", pa.string()),
        ("track_id", pa.int64()),
        ("identity_id", pa.string()),
        ("message", pa.string()),
        ("acknowledged_by", pa.string()),
        ("why", pa.string()),
    ),
}
"""One table a kind of event. A visit has a row from its start, `ended_at` empty, and one from
its end; a dead letter one from when it was set aside, and one from what became of it; an alert one
from when it was raised, each time it escalated or was acknowledged, and one from its end."""

_TABLE_OF: dict[type[Event], str] = {
    TrackObserved: "track_observations",
    ZoneCrossed: "zone_crossings",
    LoiteringFound: "loiterings",
    LineCrossed: "line_crossings",
    FaceScored: "face_scores",
    FaceRecognized: "face_recognitions",
    GateRejected: "gate_rejections",
    FalseMergeFound: "false_merges",
    VisitStarted: "visits",
    VisitEnded: "visits",
    MetricsSampled: "metric_samples",
    IdentityNoted: "identity_events",
    CameraStateChanged: "camera_states",
    FramesDropped: "frame_drops",
    SystemStateChanged: "system_states",
    DeadLetterChanged: "dead_letters",
    AlertRaised: "alerts",
    AlertEscalated: "alerts",
    AlertAcknowledged: "alerts",
    AlertResolved: "alerts",
}


@cache
def of_version(schema: pa.Schema, version: int) -> pa.Schema:
    """Return the columns of a schema that were there in a version."""
    return pa.schema([field for field in schema if _version_of(field) <= version])


def has_grown(schema: pa.Schema) -> bool:
    """Tell whether columns came to a schema after its first version."""
    return any(_version_of(field) > 1 for field in schema)


def in_this_version(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows as `schema` has them; columns that came after they were written are null.

    Raises:
        ValueError: A column is missing that was there from the start.
    """
    if rows.schema.equals(schema, check_metadata=True):
        return rows
    columns = []
    for field in schema:
        if field.name in rows.column_names:
            columns.append(rows[field.name].cast(field.type))
        elif _version_of(field) > 1:
            columns.append(pa.nulls(len(rows), field.type))
        else:
            raise ValueError(f"expected a column {field.name!r}")
    return pa.Table.from_arrays(columns, schema=schema)


def _version_of(field: "pa.Field[Any]") -> int:
    return int((field.metadata or {}).get(_SINCE, 1))


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
    columns = zip(*map(attrgetter(*schema.names), events), strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
