from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from genesis_ray.errors import SourceError
from genesis_ray.running.planning.film import make_film
from genesis_ray.running.planning.measuring import measure
from genesis_ray.running.planning.meter import Meter
from genesis_ray.running.planning.workload import Workload
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.testing import ColourDetector, ColourEmbedder, SyntheticFilm
from genesis_ray.vision.recording import VideoWriter

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def settings() -> Settings:
    return Settings(
        process_fps=5,
        detector={"model": "synthetic", "input_size": 320},
        faces={"embedder": "synthetic", "min_person_width": 10, "min_quality": 0},
    )


@pytest.fixture
def film(tmp_path) -> Path:
    """Six seconds of three figures at twenty frames a second."""
    figures = SyntheticFilm(people=3, seconds=6, fps=20, width=320, height=240)
    path = tmp_path / "film.mp4"
    with closing(figures), VideoWriter(path, 320, 240, 20) as video:
        for at, make_pixels in figures.frames():
            video.write(make_pixels(), START + at)
    return path


def measured(settings: Settings, film: Path, folder: Path, **options):
    return measure(settings, film, folder, cores=2, step_s=0.2, **options)


def test_what_is_in_a_video_and_what_it_costs_is_measured(settings, film, tmp_path):
    steps: list[str] = []
    found = measured(settings, film, tmp_path / "out", on_step=steps.append)
    assert (found.width, found.height, round(found.source_fps)) == (320, 240, 20)
    assert found.people == pytest.approx(3, abs=0.2)
    assert found.looks_a_s > 0
    assert found.frames >= settings.detector.stack_frames
    assert found.detector_fps > 1
    costs = found.costs
    for cost in (costs.decode_s, costs.prepare_s, costs.detect_s, costs.track_s, costs.face_s):
        assert 0 < cost < 1
    assert costs.person_s > 0
    assert costs.write_s > 0
    assert costs.together >= 1
    assert costs.device_s == 0
    assert len(steps) == len(set(steps)) == 5


def test_looks_at_faces_go_by_time_whatever_the_rate(settings, film, tmp_path):
    # However far a fast machine gets meanwhile, they do not become rarer.
    often = settings.faces.model_copy(update={"looks": 100_000})
    looks = [
        measured(
            settings.model_copy(update={"process_fps": fps, "faces": often}),
            film,
            tmp_path / str(fps),
        )
        for fps in (4.0, 20.0)
    ]
    # Three figures, each twice a second.
    assert all(4 < found.looks_a_s < 8 for found in looks)


def test_the_data_folder_of_the_settings_is_left_alone(settings, film, tmp_path):
    own = tmp_path / "mine"
    settings = settings.model_copy(update={"data_dir": own, "annotate": True})
    measured(settings, film, tmp_path / "out")
    assert not own.exists()
    assert not list(tmp_path.rglob("*.part"))


def test_faces_that_are_turned_off_cost_nothing(settings, film, tmp_path):
    faces = settings.faces.model_copy(update={"enabled": False})
    found = measured(settings.model_copy(update={"faces": faces}), film, tmp_path / "out")
    assert (found.looks_a_s, found.costs.face_s) == (0, 0)


def test_what_is_no_video_is_refused(settings, tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        measured(settings, tmp_path / "gone.mp4", tmp_path / "out")


def test_every_frame_goes_through_every_stage_once(settings, film, tmp_path):
    workload = Workload(settings, ColourDetector(), ColourEmbedder(), tmp_path / "out")
    meter = Meter()
    workload.play(CameraSettings(camera_id="door", source=str(film), start=START), 60, meter)
    assert meter.done("frame") == meter.done("picture") == 6 * settings.process_fps
    assert meter.done("person") == 3 * meter.done("frame")
    # Each figure at once and then every half second.
    assert 3 * 2 < meter.done("look") <= 3 * (6 / settings.faces.interval_s + 1)
    for stage in ("detect", "track", "bare", "face", "write"):
        assert meter.core_s(stage, per="frame") > 0


def test_cameras_are_watched_side_by_side(settings, film, tmp_path):
    workload = Workload(settings, ColourDetector(), ColourEmbedder(), tmp_path / "out")
    cameras = [
        CameraSettings(camera_id=name, source=str(film), start=START + timedelta(minutes=1))
        for name in ("door", "till")
    ]
    core_s, done = workload.play_together(cameras, 60)
    assert done.done("frame") == 2 * 6 * settings.process_fps
    assert core_s > 0


@pytest.mark.models
@pytest.mark.timeout(240)
def test_the_real_models_are_measured_on_the_film_with_people(tmp_path):
    film = tmp_path / "film.mp4"
    make_film(film, width=640, height=360, fps=10)
    found = measured(Settings(process_fps=5), film, tmp_path / "out")
    assert found.people > 1
    assert found.looks_a_s > 0
    costs = found.costs
    assert costs.detect_s > costs.prepare_s > 0  # the network is the most of a frame
    assert costs.face_s > costs.write_s > 0
