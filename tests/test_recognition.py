from datetime import UTC, datetime

from genesis_ray.domain.events import FalseMergeFound
from genesis_ray.recognition import false_merges, matches
from genesis_ray.running.live_run import open_live_run
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from tests.running.people.test_matches import match


def test_false_merges_of_the_service_are_told(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    assert list(false_merges(settings)) == []
    run = open_live_run(settings)
    (none,) = false_merges(settings)
    assert (none.level, none.message) == ("ok", "nobody was in two places at once")
    merge = FalseMergeFound(
        tenant_id="default", site_id="default", camera_id="door",
        occurred_at=datetime(2026, 1, 5, 9, tzinfo=UTC), track_id=1, identity_id="ada",
        other_camera_id="till", other_track_id=2, is_quarantined=True,
    )  # fmt: skip
    with EventLog(run.events) as log:
        log.append([merge])
    (found,) = false_merges(settings)
    assert found.level == "warning"
    assert found.message.startswith("once one identity")


def test_a_camera_whose_matches_get_less_alike_is_told_with_a_remedy(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", drift={"window": 4})
    with EventLog(open_live_run(settings).events) as log:
        log.append([match(second, 0.8 if second < 4 else 0.7) for second in range(8)])
    (finding,) = matches(settings)
    assert finding.level == "warning"
    assert "door: 0.700, was 0.800" in finding.message
    assert "docs/calibration.md" in finding.remedy


def test_where_no_service_ran_nothing_is_told(tmp_path):
    assert list(matches(Settings(data_dir=tmp_path))) == []
