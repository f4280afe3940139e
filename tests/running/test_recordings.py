from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.running.recordings import WatchedRun, played, recordings_of, to_summary, told_apart
from genesis_ray.running.result import summary
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
ZONE = {"zone_id": "all", "outline": [(0, 0), (1, 0), (1, 1)]}


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "run")


def recorded(camera_id: str, source: str, start: datetime | None = NINE) -> CameraSettings:
    return CameraSettings(camera_id=camera_id, source=source, start=start)


def test_settings_are_as_they_were_whatever_the_environment_says_now(run, monkeypatch):
    settings = Settings(tenant_id="acme", detector={"model": "synthetic"}, process_fps=5)
    run.write_summary(summary(settings, None))
    monkeypatch.setenv("GENESIS_TENANT_ID", "other")
    monkeypatch.setenv("GENESIS_PROCESS_FPS", "3")
    assert WatchedRun(run).settings.model_dump() == settings.model_dump()


def test_settings_that_there_are_no_more_are_passed_over(run):
    crowd = {"rule": "crowd", "over": 5, "for_s": 10}
    settings = Settings(tenant_id="acme", cameras=(recorded("door", "door"),), alerts=[crowd])
    told = summary(settings, None)
    told["settings"]["identity"]["index_above"] = 200_000
    told["settings"]["alerts"][0]["volume"] = 11
    told["settings"]["cameras"][0]["tilt"] = 3
    told["settings"]["colour"] = "blue"
    run.write_summary(told)
    assert WatchedRun(run).settings.model_dump() == settings.model_dump()
    told["settings"]["process_fps"] = "often"
    run.write_summary(told)
    with pytest.raises(StoreError, match="which settings"):
        WatchedRun(run)


def test_a_camera_of_the_settings_is_found(run):
    cameras = (recorded("door", "door.mp4"), recorded("till", "till.mp4", None))
    run.write_summary(summary(Settings(cameras=cameras), None))
    assert WatchedRun(run).camera("till", began_at=TEN) == cameras[1]


def test_of_a_cameras_recordings_the_one_that_began_then_is_found_with_its_zones(run):
    configured = CameraSettings(camera_id="door", source="door", zones=[ZONE])
    parts = [
        configured.model_copy(update={"source": ("a.mp4", "b.mp4"), "start": NINE}),
        configured.model_copy(update={"source": ("c.mp4",), "start": TEN}),
        recorded("yard", "yard.mp4"),
    ]
    settings = Settings(cameras=(configured,))
    run.write_summary(summary(settings, None) | to_summary(parts))
    watched = WatchedRun(run)
    assert watched.camera("door", began_at=TEN) == parts[1]
    assert watched.camera("door", began_at=NINE).sources == ("a.mp4", "b.mp4")
    assert watched.camera("yard", began_at=NINE).sources == ("yard.mp4",)
    with pytest.raises(NotFoundError, match="no recording of camera yard"):
        watched.camera("yard", began_at=TEN)


def test_files_are_found_from_any_folder(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("door.mp4").touch()
    run.write_summary(
        summary(Settings(), None)
        | to_summary([recorded("door", "door.mp4"), recorded("film", "synthetic:?people=1")])
    )
    monkeypatch.chdir("/")
    assert WatchedRun(run).camera("door").sources == (str(tmp_path / "door.mp4"),)
    assert WatchedRun(run).camera("film").sources == ("synthetic:?people=1",)


def test_a_run_that_does_not_say_how_it_was_made_is_told(run):
    with pytest.raises(StoreError, match=r"run\.json does not say"):
        WatchedRun(run)
    run.write_summary({"settings": {"process_fps": "fast"}})
    with pytest.raises(StoreError, match=r"run\.json does not say"):
        WatchedRun(run)


def test_recordings_are_told_apart_by_where_they_lie(run, tmp_path, monkeypatch):
    for day in ("monday", "tuesday"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "door.mp4").touch()
    monkeypatch.chdir(tmp_path / "monday")
    run.write_summary(told_apart([recorded("door", "door.mp4")]))
    monkeypatch.chdir(tmp_path)
    monday, tuesday = (
        played([recorded("door", f"{day}/door.mp4")]) for day in ("monday", "tuesday")
    )
    assert recordings_of(run) == monday != tuesday


def test_streams_are_no_recordings(run):
    run.write_summary(told_apart([CameraSettings(camera_id="door", source="rtsp://host/door")]))
    assert recordings_of(run) == {}


def test_an_archives_run_tells_all_the_recordings_of_a_camera(run):
    parts = [recorded("door", "a.mp4", None), recorded("door", "b.mp4", None)]
    run.write_summary(summary(Settings(), None) | to_summary(parts))
    assert recordings_of(run) == played(parts)
    assert len(recordings_of(run)["door"]) == 2


def test_a_run_that_does_not_tell_has_none(run):
    assert recordings_of(run) == {}
    assert recordings_of(RunFolder(run.path / "elsewhere")) == {}
