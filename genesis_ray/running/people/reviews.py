"""Tracks of a run that wait for somebody to say whose they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from genesis_ray.analytics.present import PresentTables
from genesis_ray.analytics.stored import whole
from genesis_ray.domain.events import NAMES
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.errors import NotFoundError
from genesis_ray.pipeline.face_events import EXCHANGED
from genesis_ray.pipeline.gate import FALSE_MERGE
from genesis_ray.running.people.naming import TrackName
from genesis_ray.running.people.seen_tracks import utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A track that may be somebody.

    Attributes:
        at: Its last face that counts.
        identity_id: Whom it is like, and
        name: what they are called now.
        evidence: What the faces weigh that say so, in good faces; None: not noted.
        is_quarantined: It would have that name, were the bearer not in view elsewhere then.
        is_exchanged: It had another name before, which somebody took back.
    """

    track: TrackName
    at: datetime
    identity_id: str
    name: str
    similarity: float
    threshold: float
    faces: int
    evidence: float | None
    is_quarantined: bool
    is_exchanged: bool


def waiting(tables: PresentTables, who: WhoIsWho, tenant_id: str) -> list[Review]:
    """Return the reviews of a run that nobody answered, with most evidence first.

    Of a track with several the latest counts. Who was named since needs none.
    """
    names = whole(tables["face_recognitions"])
    rows = [row for row in names.to_pylist() if row["tenant_id"] == tenant_id]
    named = {_track(row) for row in rows if row["decision"] in NAMES}
    latest = {_track(row): row for row in rows if row["decision"] == "review"}
    found = [_review(row, who) for track, row in latest.items() if track not in named]
    return sorted(found, key=lambda each: (-(each.evidence or 0.0), each.at, each.track))


def _review(row: dict[str, Any], who: WhoIsWho) -> Review:
    identity_id = who.now(row["identity_id"])
    try:
        name = who.person(identity_id).name
    except NotFoundError:  # of a visitor who expired
        name = identity_id[:8]
    return Review(
        track=_track(row),
        at=utc(row["occurred_at"]),
        identity_id=identity_id,
        name=name,
        similarity=row["similarity"],
        threshold=row["threshold"],
        faces=row["votes"],
        evidence=row["evidence"],
        is_quarantined=row["gate"] == FALSE_MERGE,
        is_exchanged=row["gate"] == EXCHANGED,
    )


def _track(row: dict[str, Any]) -> TrackName:
    return TrackName(row["camera_id"], row["track_id"])
