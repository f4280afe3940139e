import functools
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from typer.testing import CliRunner

from genesis_ray.cli.evaluate import app
from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.errors import ConfigurationError, ModelError, SourceError, StoreError
from genesis_ray.evaluation.mot_file import (
    TrackedBoxes,
    read_ground_truth,
    read_predictions,
    write_predictions,
)
from genesis_ray.evaluation.tracking import evaluate
from genesis_ray.running import assembly
from genesis_ray.sections.models import DetectorSettings
from genesis_ray.vision.recording import VideoWriter
from genesis_ray.vision.synthetic import SyntheticFilm
from genesis_ray.vision.tracker import PersonTracker

KEYS = ["hota", "mota", "idf1", "id_switches", "precision", "recall", "frames"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FILM = "synthetic:?people=3&seconds=4&fps=10"


@pytest.fixture
def truth(tmp_path):
    """The ground truth of FILM as a file."""
    film = SyntheticFilm(people=3, seconds=4, fps=10)
    walks = [Tracks(film.people_at(frame), np.array([11, 12, 13])) for frame in range(40)]
    path = tmp_path / "gt.txt"
    write_predictions(path, TrackedBoxes.of(walks, width=film.width, height=film.height))
    path.write_text(path.read_text().replace(",-1,-1,-1", ",1,1,1"))
    return path


@pytest.fixture
def tracking(truth):
    def run(*arguments: object, video: object = FILM, model: str = "synthetic"):
        command = ["tracking", "--video", video, "--ground-truth", truth, "--model", model]
        result = CliRunner().invoke(app, [*map(str, command), *map(str, arguments)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_json_stands_alone_on_stdout(tracking):
    score = json.loads(tracking("--json").stdout)
    assert list(score) == KEYS
    assert score["frames"] == 40
    assert score["id_switches"] == 0
    assert score["precision"] == 1
    assert score["recall"] == pytest.approx(1 - 2 / 120)  # two begin at the picture's border
    assert score["idf1"] > 0.98


def test_table_names_the_figures(tracking):
    shown = tracking().stdout
    assert all(name in shown for name in ("HOTA", "MOTA", "IDF1", "switches", "0.983", "40"))


def test_predictions_are_the_rows_that_were_scored(tracking, truth, tmp_path):
    path = tmp_path / "out.txt"
    told = json.loads(tracking("--json", "--predictions", path).stdout)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    assert all(len(row) == 10 and row[7:] == ["-1", "-1", "-1"] for row in rows)
    assert [int(row[0]) for row in rows] == [1, *sorted(3 * list(range(2, 41)))]
    assert {row[1] for row in rows} == {"1", "2", "3"}
    again = evaluate(read_ground_truth(truth), read_predictions(path), frames=40)
    assert again.mota == told["mota"]
    assert sorted(tmp_path.iterdir()) == sorted([path, truth])


@pytest.mark.parametrize(("every", "frames"), [(1, 40), (2, 20), (3, 14), (40, 1), (41, 1)])
def test_only_every_nth_frame_is_looked_at_and_scored(every, frames, tracking, tmp_path):
    path = tmp_path / "out.txt"
    score = json.loads(tracking("--json", "--every", every, "--predictions", path).stdout)
    assert score["frames"] == frames
    assert score["id_switches"] == 0
    # What is missed are the first sights of the two who begin at the picture's border.
    assert score["recall"] == pytest.approx(1 - 2 / (3 * frames))
    seen = {int(line.split(",")[0]) for line in path.read_text().splitlines()}
    assert seen == set(range(1, 41, every))


def test_tracker_is_told_the_true_rate_and_times(tracking, monkeypatch):
    told = []

    class Watched(PersonTracker):
        def __init__(self, *, process_fps: float, **options) -> None:
            super().__init__(process_fps=process_fps, **options)
            told.append(process_fps)

        def update(self, at, *rest):
            told.append((at - EPOCH).total_seconds())
            return super().update(at, *rest)

    monkeypatch.setattr("genesis_ray.vision.tracker.PersonTracker", Watched)
    tracking("--every", 4)
    assert told == pytest.approx([2.5, *np.arange(10) * 0.4])


def test_frames_between_are_played_too(tracking):
    """The truth reaches frame 40 and the last frame looked at is 31: it is still this video's."""
    assert json.loads(tracking("--json", "--every", 30).stdout)["frames"] == 2


def test_every_must_be_at_least_one(tracking):
    result = tracking("--every", 0)
    assert result.exit_code == 2
    assert "--every" in result.stderr


def test_ground_truth_of_another_video_is_refused_and_nothing_is_written(tracking, tmp_path):
    path = tmp_path / "out.txt"
    with pytest.raises(ConfigurationError, match="reaches frame 40, the video has 10 frames"):
        tracking("--predictions", path, video="synthetic:?people=3&seconds=1&fps=10")
    assert not path.exists()


def test_missing_folder_of_predictions_is_told_before_the_work(tracking, tmp_path):
    path = tmp_path / "no" / "out.txt"
    with pytest.raises(StoreError, match="there is no folder"):
        tracking("--predictions", path, video="missing.mp4")


def test_bad_ground_truth_is_told_before_the_work(tracking, truth):
    truth.write_text("1,1,0,0,9\n")
    with pytest.raises(StoreError, match=r"gt\.txt, line 1: expected at least"):
        tracking(video="missing.mp4")


def test_missing_video_is_told(tracking):
    with pytest.raises(SourceError, match=r"missing\.mp4"):
        tracking(video="missing.mp4")


def test_video_that_was_cut_off_is_not_scored(tracking, tmp_path):
    film, path = SyntheticFilm(people=3, seconds=4, fps=10), tmp_path / "film.mp4"
    with VideoWriter(path, film.width, film.height, film.fps) as video:
        for elapsed, make_pixels in film.frames():
            video.write(make_pixels(), EPOCH + elapsed)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(SourceError, match="only a whole video can be scored"):
        tracking(video=path)


def test_unknown_model_is_told(tracking):
    with pytest.raises(ModelError, match="yolov99"):
        tracking(model="yolov99")


def test_unknown_engine_is_a_usage_error(tracking):
    result = tracking("--engine", "abacus")
    assert result.exit_code == 2
    assert "abacus" in result.stderr


def test_help_needs_neither_trackers_nor_models():
    code = (
        "import sys; import genesis_ray.cli.evaluate; "
        "sys.exit(any(m in sys.modules for m in ('trackers', 'trackeval', 'cv2', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class AsksOnce:
    """A detector that looks at each picture once: what it finds does not depend on the others."""

    def __init__(self, detector: assembly.Detector) -> None:
        self._detector = detector
        self._found: dict[bytes, Detections] = {}

    def detect(self, stack: np.ndarray) -> list[Detections]:
        pictures = {hashlib.sha1(image.tobytes()).digest(): image for image in stack}
        new = {key: image for key, image in pictures.items() if key not in self._found}
        if new:
            found = self._detector.detect(np.stack([*new.values()]))
            self._found.update(zip(new, found, strict=True))
        return [self._found[hashlib.sha1(image.tobytes()).digest()] for image in stack]


@pytest.fixture(scope="module")
def asks_once() -> Callable[[DetectorSettings], AsksOnce]:
    load = assembly.load_detector
    return functools.cache(lambda settings: AsksOnce(load(settings)))


@pytest.mark.data
@pytest.mark.models
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("every", "mota", "idf1"), [(1, 0.84, 0.86), (2, 0.82, 0.86), (3, 0.80, 0.85)]
)
def test_street_scene_is_tracked_as_well_as_promised(
    every, mota, idf1, tracking, shared_data, asks_once, monkeypatch
):
    monkeypatch.setattr(assembly, "load_detector", asks_once)
    clip = "PETS09-S2L1-a"
    result = tracking(
        "--ground-truth",
        shared_data / "mot" / clip / "gt" / "gt.txt",
        "--every",
        every,
        "--json",
        video=shared_data / "videos" / f"{clip}.mp4",
        model="yolov8n",
    )
    score = json.loads(result.stdout)
    assert score["frames"] == -(-400 // every)
    assert round(score["mota"], 3) >= mota  # in float32 0.8397, at every frame
    assert score["idf1"] >= idf1
