from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.events import FaceRecognized
from genesis_ray.running.live_run import open_live_run
from genesis_ray.running.people.matches import match_levels, matches_in
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def match(second: int, similarity: float, **how) -> FaceRecognized:
    return FaceRecognized(
        tenant_id="default",
        site_id="default",
        camera_id="door",
        occurred_at=NOON + timedelta(seconds=second),
        track_id=second,
        identity_id="ada",
        decision=how.pop("decision", "named"),
        similarity=similarity,
        runner_up_similarity=None,
        threshold=0.48,
        votes=3,
        quality=0.9,
        gate="",
        is_new=how.pop("is_new", False),
        embedder="fused",
    )


@pytest.fixture
def settings(tmp_path) -> Settings:
    """A service that has logged four matches and four that were less alike."""
    settings = Settings(data_dir=tmp_path / "data", drift={"window": 4})
    with EventLog(open_live_run(settings).events) as log:
        log.append([match(second, 0.7) for second in range(4, 8)])
        log.append([match(second, 0.8) for second in range(4)])
        log.append([match(8, 0.1, decision="review"), match(9, 1.0, is_new=True)])
    return settings


def test_matches_are_read_in_order_of_capture_without_what_is_none(settings):
    events = open_live_run(settings).events
    similarities = [similarity for _, _, similarity in matches_in(RunTables(events, "default"))]
    assert similarities == pytest.approx([0.8] * 4 + [0.7] * 4)


def test_a_log_tells_which_camera_drifts(settings):
    level = match_levels(open_live_run(settings).events, settings)["door"]
    assert level.is_drifting
    assert level.mean == pytest.approx(0.7)
