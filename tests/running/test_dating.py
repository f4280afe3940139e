import json
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.running.dating import begin, dated
from genesis_ray.running.recordings import WatchedRun
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NINE = NOON - timedelta(hours=3)
SOON = NOON + timedelta(seconds=5)

SHOP = Settings(
    cameras=[
        {"camera_id": "film", "source": "film.mp4"},
        {"camera_id": "old", "source": "old.mp4", "start": NINE},
        {"camera_id": "door", "source": "rtsp://camera/1"},
    ]
)


def starts(settings: Settings) -> dict[str, datetime | None]:
    return {camera.camera_id: camera.start for camera in settings.cameras}


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "run")


def test_recordings_beside_a_stream_begin_in_a_moment_unless_they_name_when_they_did():
    assert starts(dated(SHOP, now=NOON)) == {"film": SOON, "old": NINE, "door": None}


def test_recordings_among_themselves_begin_at_once():
    films = SHOP.model_copy(update={"cameras": SHOP.cameras[:2]})
    assert starts(dated(films, now=NOON)) == {"film": NOON, "old": NINE}


def test_a_recording_that_plays_already_goes_on():
    before = NOON - timedelta(minutes=1)
    known = {"film": before, "door": None}
    assert starts(dated(SHOP, now=NOON, known=known))["film"] == before


def test_a_recording_under_the_name_of_a_stream_begins_anew():
    assert starts(dated(SHOP, now=NOON, known={"film": None}))["film"] == SOON


def test_a_run_tells_when_its_recordings_began(run):
    begun = begin(SHOP, run, now=NOON, goes_on=False)
    assert starts(WatchedRun(run).settings) == starts(begun)
    assert json.loads((run.path / "run.json").read_text())["state"] == "running"


def test_recordings_of_a_run_that_goes_on_began_when_they_did(run):
    begun = begin(SHOP, run, now=NOON, goes_on=False)
    run.write_summary({"settings": SHOP.model_dump(mode="json")})  # as who starts it again does
    later = NOON + timedelta(minutes=1)
    assert begin(SHOP, run, now=later, goes_on=True) == begun
    assert starts(begin(SHOP, run, now=later, goes_on=False))["film"] == SOON + timedelta(minutes=1)


def test_a_run_that_goes_on_and_does_not_tell_begins_anew(run):
    assert starts(begin(SHOP, run, now=NOON, goes_on=True))["film"] == SOON
