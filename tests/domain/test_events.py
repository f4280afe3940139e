from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import UUID

import pytest

from genesis_ray.domain.events import (
    CameraStateChanged,
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
    TrackObserved,
    VisitEnded,
    VisitStarted,
    ZoneCrossed,
)

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ENVELOPE = {"tenant_id": "shop", "site_id": "york", "camera_id": "door", "occurred_at": NOON}

EVENTS: list[Event] = [
    TrackObserved(
        **ENVELOPE, track_id=1, frame_index=3, x1=0.1, y1=0.2, x2=0.3, y2=0.4, confidence=0.9
    ),
    ZoneCrossed(**ENVELOPE, zone_id="till", track_id=1, direction="enter"),
    LoiteringFound(**ENVELOPE, zone_id="till", track_id=1, since=NOON),
    LineCrossed(**ENVELOPE, line_id="till", track_id=1, direction="in"),
    MetricsSampled(
        **ENVELOPE,
        people_total=12,
        queue_len=4,
        avg_wait_sec=125.5,
        people_by_zone=(("till", 4),),
        new_faces=2,
        recognized_faces=10,
    ),
    IdentityNoted(**ENVELOPE, identity_id="ada", event_type="entered", zone_id="till"),
    FaceScored(
        **ENVELOPE,
        track_id=1,
        face_index=0,
        quality=0.7,
        embedder="fused",
        candidate_ids=("ada",),
        similarities=(0.8,),
    ),
    FaceRecognized(
        **ENVELOPE,
        track_id=1,
        identity_id="ada",
        decision="named",
        similarity=0.8,
        runner_up_similarity=None,
        threshold=0.5,
        votes=3,
        quality=0.7,
        gate="",
        is_new=False,
        embedder="fused",
    ),
    GateRejected(
        **ENVELOPE,
        track_id=1,
        identity_id="ada",
        reason="too-soon",
        similarity=0.8,
        in_view_since=NOON,
        seen_camera_id="till",
        seen_track_id=2,
        seen_until=NOON,
    ),
    FalseMergeFound(
        **ENVELOPE,
        track_id=1,
        identity_id="ada",
        other_camera_id="till",
        other_track_id=2,
        is_quarantined=True,
    ),
    VisitStarted(**ENVELOPE, visit_id="v", identity_id="ada", started_at=NOON),
    VisitEnded(
        **ENVELOPE, visit_id="v", identity_id="ada", started_at=NOON, ended_at=NOON, zone_ids=()
    ),
    CameraStateChanged(**ENVELOPE, state="online", reason=""),
    FramesDropped(**ENVELOPE, since=NOON, looked_at=9, by_reason=(("busy", 1),)),
]


def changed(event: Event, field: str) -> Event:
    """Return the event with another value in one field."""
    value = getattr(event, field)
    match value:
        case datetime():
            other = value + timedelta(microseconds=1)
        case bool() | None:
            other = not value
        case tuple():
            other = (*value, value[0] if value else "x")
        case str():
            other = value + "x"
        case _:
            other = value + 1
    return replace(event, **{field: other})


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_id_changes_with_every_field_of_the_key_and_with_no_other(event):
    key = {"tenant_id", "camera_id", "occurred_at", *event.KEY}
    for field in fields(event):
        if field.name == "ended_at" and isinstance(event, VisitStarted):
            continue
        is_other = changed(event, field.name).event_id != event.event_id
        assert is_other == (field.name in key), field.name


def test_events_of_different_kinds_have_different_ids():
    for one, other in combinations(EVENTS, 2):
        assert one.event_id != other.event_id


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_id_is_the_bytes_of_a_name_based_uuid(event):
    assert UUID(bytes=event.event_id).version == 5


def test_an_id_is_the_same_for_ever():
    crossed = EVENTS[1]
    assert UUID(bytes=crossed.event_id) == UUID("77faf041-be42-5612-90e9-ed5529f46c61")
