"""Events for tests of what watches them, with times in seconds."""

from datetime import UTC, datetime, timedelta

from genesis_ray.domain.events import (
    CameraStateChanged,
    DeadLetterChanged,
    FaceRecognized,
    FalseMergeFound,
    SystemStateChanged,
    TrackObserved,
    VisitEnded,
    VisitStarted,
    ZoneCrossed,
)

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def _envelope(seconds: float, camera: str) -> dict:
    return {"tenant_id": "shop", "site_id": "york", "camera_id": camera, "occurred_at": at(seconds)}


def seen(seconds: float, track: int = 1, camera: str = "door") -> TrackObserved:
    box = dict.fromkeys(("x1", "y1", "x2", "y2", "confidence"), 0.5)
    return TrackObserved(**_envelope(seconds, camera), track_id=track, frame_index=0, **box)


def crossed(
    seconds: float, track: int = 1, direction="enter", zone: str = "queue", camera: str = "door"
) -> ZoneCrossed:
    return ZoneCrossed(
        **_envelope(seconds, camera), zone_id=zone, track_id=track, direction=direction
    )


def left(seconds: float, track: int = 1, zone: str = "queue", camera: str = "door") -> ZoneCrossed:
    return crossed(seconds, track, "exit", zone, camera)


def named(
    seconds: float, who: str = "ada", track: int = 1, camera: str = "door", decision="named"
) -> FaceRecognized:
    return FaceRecognized(
        **_envelope(seconds, camera), track_id=track, identity_id=who, decision=decision,
        similarity=0.8, runner_up_similarity=None, threshold=0.5, votes=3, quality=0.9, gate="",
        is_new=False, embedder="fused",
    )  # fmt: skip


def came(seconds: float, who: str = "ada", camera: str = "door") -> VisitStarted:
    return VisitStarted(
        **_envelope(seconds, camera),
        visit_id=f"{who}-{seconds}",
        identity_id=who,
        started_at=at(seconds),
    )


def went(seconds: float, who: str = "ada", camera: str = "door") -> VisitEnded:
    return VisitEnded(
        **_envelope(seconds, camera), visit_id=who, identity_id=who, started_at=at(0),
        ended_at=at(seconds), zone_ids=(),
    )  # fmt: skip


def camera_is(state, seconds: float, camera: str = "door", reason: str = "") -> CameraStateChanged:
    return CameraStateChanged(**_envelope(seconds, camera), state=state, reason=reason)


def matches_are(state, seconds: float, camera: str = "door") -> SystemStateChanged:
    return SystemStateChanged(
        **_envelope(seconds, camera), component="matches", state=state, reason="0.71, was 0.81"
    )


def part_is(state, seconds: float, component: str = "detector") -> SystemStateChanged:
    return SystemStateChanged(
        **_envelope(seconds, ""), component=component, state=state, reason="on the processor"
    )


def merged(seconds: float, who: str = "ada", track: int = 1) -> FalseMergeFound:
    return FalseMergeFound(
        **_envelope(seconds, "door"), track_id=track, identity_id=who, other_camera_id="till",
        other_track_id=9, is_quarantined=True,
    )  # fmt: skip


def set_aside(second: float, camera_id: str = "door", status: str = "waiting") -> DeadLetterChanged:
    return DeadLetterChanged(
        tenant_id="default", site_id="default", camera_id=camera_id, occurred_at=at(second),
        dead_letter_id=f"{camera_id}-{second}", status=status, unit="frame", stage="detect",
        frame_index=7, attempts=4, reason="it cannot",
    )  # fmt: skip
