import pytest

from genesis_ray.cli.watch import watch_and_report
from genesis_ray.errors import StoreError
from genesis_ray.running.reach import reach
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder


def test_a_run_is_found_again_by_the_data_folder_that_it_was_made_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings(
        data_dir=tmp_path / "data",
        detector={"model": "synthetic"},
        faces={"embedder": "synthetic"},
        cameras=[CameraSettings(camera_id="door", source="synthetic:?people=1&seconds=1")],
    )
    run, _ = watch_and_report(
        settings, out=tmp_path / "far" / "away", force=False, local=True, realtime=False
    )
    assert [found.path for found in reach(settings).runs] == [run.path]


def test_a_zone_and_a_line_that_nobody_came_to_are_shown_with_zeros(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    corner = {"zone_id": "corner", "outline": ((0, 0), (0.02, 0), (0.02, 0.02))}
    edge = {"line_id": "edge", "start": (0.1, 0.05), "end": (0.2, 0.05)}
    settings = Settings(
        data_dir=tmp_path / "data",
        detector={"model": "synthetic"},
        faces={"embedder": "synthetic"},
        cameras=[
            CameraSettings(
                camera_id="door",
                source="synthetic:?people=1&seconds=1",
                zones=(corner,),
                lines=(edge,),
            )
        ],
    )
    watch_and_report(settings, out=None, force=False, local=True, realtime=False)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["zone", "door/corner", "0", "entries"] in lines
    assert ["line", "door/edge", "0", "in,", "0", "out"] in lines


@pytest.mark.parametrize("local", [False, True])
def test_a_run_that_was_cut_off_with_nothing_to_go_on_from_is_left_as_it_is(tmp_path, local):
    settings = Settings(
        data_dir=tmp_path / "data",
        detector={"model": "synthetic"},
        faces={"embedder": "synthetic"},
        cameras=[CameraSettings(camera_id="door", source="synthetic:?people=1&seconds=1")],
    )
    run = RunFolder.create(tmp_path / "run")
    run.write_summary({"state": "running"})
    EventLog(run.events).close()
    events = {path: path.read_bytes() for path in run.events.rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match=r"was cut off.*genesis query --run .* --force"):
        watch_and_report(settings, out=run.path, force=False, local=local, realtime=False)
    assert {path: path.read_bytes() for path in run.events.rglob("*") if path.is_file()} == events


def test_the_detector_is_made_ready_for_recordings_and_for_what_streams_may_send(
    tmp_path, monkeypatch
):
    ready: list[set[tuple[int, int]]] = []

    def run_live(
        _: Settings, run: RunFolder, *, shapes: set[tuple[int, int]], **__: object
    ) -> None:
        ready.append(shapes)
        raise StoreError("that is all")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("genesis_ray.cli.watch.prepare_models", lambda _, it: ready.append(it))
    monkeypatch.setattr("genesis_ray.live.launch.run_live", run_live)
    tall = "synthetic:?people=1&seconds=1&width=360&height=640"
    settings = Settings(
        data_dir=tmp_path / "data",
        cameras=[
            CameraSettings(camera_id="door", source="rtsp://127.0.0.1:1/door"),
            CameraSettings(camera_id="yard", source=tall),
        ],
    )
    with pytest.raises(StoreError, match="that is all"):
        watch_and_report(settings, out=None, force=False, local=False, realtime=True)
    assert ready == [{(640, 384), (384, 640), (480, 640)}] * 2
