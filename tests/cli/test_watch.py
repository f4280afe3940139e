from genesis_ray.cli.watch import watch_and_report
from genesis_ray.running.reach import reach
from genesis_ray.settings import Settings
from genesis_ray.settings_cameras import CameraSettings


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
