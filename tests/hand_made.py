"""Events made by hand, a second of a Monday at nine each."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from genesis_ray.domain.events import (
    CameraStateChanged,
    Event,
    FaceRecognized,
    FaceScored,
    FramesDropped,
    LineCrossed,
    TrackObserved,
    VisitEnded,
    VisitStarted,
    ZoneCrossed,
)
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
OWN = {"tenant_id": "shop", "site_id": "york"}


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def tables(events: Iterable[Event]) -> Mapping[str, pa.Table]:
    """Return all tables, those without events empty."""
    empty = {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()}
    return empty | to_tables(list(events))


def seen(
    second: float, track_id: int = 1, camera_id: str = "door", x: float = 0.5, y: float = 0.5
) -> TrackObserved:
    """A person whose feet are at (x, y)."""
    return TrackObserved(
        **OWN, camera_id=camera_id, occurred_at=at(second), track_id=track_id,
        frame_index=round(second * 10), x1=x - 0.05, y1=y - 0.3, x2=x + 0.05, y2=y, confidence=0.9,
    )  # fmt: skip


def zone(
    second: float, direction: str, zone_id: str = "till", track_id: int = 1, camera_id: str = "door"
) -> ZoneCrossed:
    return ZoneCrossed(
        **OWN, camera_id=camera_id, occurred_at=at(second), zone_id=zone_id, track_id=track_id,
        direction=direction,
    )  # fmt: skip


def stay(
    since: float,
    until: float,
    zone_id: str = "till",
    track_id: int = 1,
    camera_id: str = "door",
) -> list[ZoneCrossed]:
    return [
        zone(since, "enter", zone_id, track_id, camera_id),
        zone(until, "exit", zone_id, track_id, camera_id),
    ]


def line(
    second: float,
    direction: str = "in",
    line_id: str = "street",
    track_id: int = 1,
    camera_id: str = "door",
) -> LineCrossed:
    return LineCrossed(
        **OWN, camera_id=camera_id, occurred_at=at(second), line_id=line_id, track_id=track_id,
        direction=direction,
    )  # fmt: skip


def recognized(
    second: float,
    track_id: int = 1,
    who: str = "ada",
    decision: str = "named",
    camera_id: str = "door",
    is_new: bool = False,
) -> FaceRecognized:
    return FaceRecognized(
        **OWN, camera_id=camera_id, occurred_at=at(second), track_id=track_id, identity_id=who,
        decision=decision, similarity=0.8, runner_up_similarity=None, threshold=0.5, votes=3,
        quality=0.9, gate="", is_new=is_new, embedder="fused",
    )  # fmt: skip


def scored(second: float, track_id: int = 1, camera_id: str = "door") -> FaceScored:
    return FaceScored(
        **OWN, camera_id=camera_id, occurred_at=at(second), track_id=track_id,
        face_index=round(second), quality=0.9, embedder="fused", candidate_ids=(), similarities=(),
    )  # fmt: skip


def visit(
    since: float,
    until: float | None,
    who: str = "ada",
    zones: tuple[str, ...] = (),
    first: str = "door",
    last: str = "door",
) -> list[VisitStarted | VisitEnded]:
    """A visit and its end; None: it has none yet."""
    own = {**OWN, "visit_id": f"{who}@{since}", "identity_id": who, "started_at": at(since)}
    began = VisitStarted(**own, camera_id=first, occurred_at=at(since))
    if until is None:
        return [began]
    ended = VisitEnded(
        **own, camera_id=last, occurred_at=at(until), ended_at=at(until), zone_ids=zones
    )
    return [began, ended]


def camera_is(second: float, state: str, camera_id: str = "door") -> CameraStateChanged:
    return CameraStateChanged(
        **OWN, camera_id=camera_id, occurred_at=at(second), state=state, reason=""
    )


def drops(
    second: float, looked_at: int, camera_id: str = "door", **by_reason: int
) -> FramesDropped:
    """Frames dropped in the minute before, by the reason."""
    return FramesDropped(
        **OWN, camera_id=camera_id, occurred_at=at(second), since=at(second - 60),
        looked_at=looked_at, by_reason=tuple(by_reason.items()),
    )  # fmt: skip
