from datetime import UTC, date, datetime, timedelta

import pytest

from genesis_ray.analytics.matches import similarity_by_day
from genesis_ray.domain.events import FaceRecognized
from genesis_ray.store.schemas import to_tables

MORNING = datetime(2026, 1, 5, 9, tzinfo=UTC)


def match(hours: int, similarity: float, **how) -> FaceRecognized:
    return FaceRecognized(
        tenant_id="shop",
        site_id="york",
        camera_id=how.pop("camera", "door"),
        occurred_at=MORNING + timedelta(hours=hours),
        track_id=hours,
        identity_id="ada",
        decision="named",
        similarity=similarity,
        runner_up_similarity=None,
        threshold=0.48,
        votes=3,
        quality=0.9,
        gate="",
        is_new=how.pop("is_new", False),
        embedder="fused",
    )


def test_matches_are_told_by_camera_and_day_without_visitors_that_are_new():
    events = [
        match(0, 0.8),
        match(1, 0.7),
        match(2, 1.0, is_new=True),
        match(24, 0.6),
        match(3, 0.5, camera="till"),
    ]
    rows = similarity_by_day(to_tables(events)["face_recognitions"]).to_pylist()
    told = [(r["camera_id"], r["day"], r["matches"], r["mean_similarity"]) for r in rows]
    assert told == [
        ("door", date(2026, 1, 5), 2, pytest.approx(0.75)),
        ("door", date(2026, 1, 6), 1, pytest.approx(0.6)),
        ("till", date(2026, 1, 5), 1, pytest.approx(0.5)),
    ]
