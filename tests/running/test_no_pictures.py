"""By default no pixel of a camera is written anywhere: neither a picture nor raw ones."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.domain.streams.frames import Image
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.local import run_local
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.testing import SyntheticFilm
from genesis_ray.vision.decode import VideoFile

SIGNATURES = re.compile(
    rb"\xff\xd8\xff[\xe0-\xef]..(JFIF|Exif)|\x89PNG\r\n\x1a\n|RIFF....WEBP|GIF8[79]a"
    rb"|ftyp(isom|iso2|mp4[12]|avif|heic)",
    re.DOTALL,
)
"""What JPEG, PNG, WebP, GIF, MP4, AVIF and HEIC files begin with."""

_RUN_OF_PIXELS = 16


def picture_files(folder: Path) -> list[str]:
    """Return the files below a folder in which the beginning of a picture or film is."""
    return [
        str(path.relative_to(folder)) for path in files(folder) if SIGNATURES.search(read(path))
    ]


def raw_pixels(folder: Path, pictures: Iterable[Image]) -> list[str]:
    """Return the files below a folder that have some pixels of pictures next to each other.

    Those of BGR, RGB and grey; runs of nearly one colour are anywhere and tell nothing.
    """
    runs = {run for picture in pictures for run in pixel_runs(picture)}
    assert len(runs) > 1000
    return [
        str(path.relative_to(folder))
        for path in files(folder)
        if any(content[i : i + _RUN_OF_PIXELS] in runs
               for content in [read(path)] for i in range(len(content)))
    ]  # fmt: skip


def pixel_runs(picture: Image) -> Iterator[bytes]:
    for layout in (picture, picture[..., ::-1], picture.mean(axis=2).astype(np.uint8)):
        for row in np.ascontiguousarray(layout)[::3]:
            content = row.tobytes()
            for start in range(0, len(content) - _RUN_OF_PIXELS, _RUN_OF_PIXELS):
                run = content[start : start + _RUN_OF_PIXELS]
                if len(set(run)) > _RUN_OF_PIXELS // 2:
                    yield run


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def read(path: Path) -> bytes:
    return path.read_bytes()


def watch(settings: Settings, run: Path) -> None:
    run_local(settings, RunFolder.create(run), on_progress=lambda _: None)


@pytest.fixture
def synthetic(tmp_path) -> Settings:
    film = "synthetic:?people=3&seconds=3&fps=10&width=320&height=240"
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    return Settings(
        data_dir=tmp_path / "made" / "data",
        detector={"model": "synthetic"},
        faces={"embedder": "synthetic", "min_person_width": 10, "min_quality": 0},
        identity={"visitors": True},
        cameras=[CameraSettings(camera_id="door", source=film, start=start)],
    )


def test_a_run_and_an_enrolment_leave_no_picture(synthetic, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cv2.imwrite(str(tmp_path / "ada.png"), SyntheticFilm(people=1).image_at(0))
    enroll(synthetic, "Ada", [tmp_path / "ada.png"])
    watch(synthetic, tmp_path / "made" / "run")
    assert len(files(tmp_path / "made")) > 10
    assert picture_files(tmp_path / "made") == []
    forget(synthetic, "Ada", by="eve", why="", runs=[tmp_path / "made" / "run"])
    assert picture_files(tmp_path / "made") == []


def test_annotated_video_is_the_picture_that_is_asked_for(synthetic, tmp_path):
    watch(synthetic.model_copy(update={"annotate": True}), tmp_path / "made" / "run")
    assert picture_files(tmp_path / "made") == ["run/media/door.mp4"]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "raw"])
def test_a_picture_within_any_file_would_be_found(tmp_path, suffix):
    picture = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    content = picture[50:].tobytes() if suffix == "raw" else encoded(suffix, picture)
    (tmp_path / "table.parquet").write_bytes(os.urandom(1001) + content)
    found: Callable[[], list[str]] = {
        "raw": lambda: raw_pixels(tmp_path, [picture]),
    }.get(suffix, lambda: picture_files(tmp_path))
    assert found() == ["table.parquet"]


def encoded(suffix: str, picture: Image) -> bytes:
    return bytes(cv2.imencode(f".{suffix}", picture)[1])


@pytest.mark.models
@pytest.mark.data
@pytest.mark.timeout(300)
def test_real_footage_with_real_models_leaves_no_picture_nor_raw_pixels(shared_data, tmp_path):
    film = shared_data / "videos" / "hamilton_short.mp4"
    settings = Settings(
        data_dir=tmp_path / "data",
        identity={"visitors": True, "visitor_faces": 1},
        cameras=[CameraSettings(camera_id="stage", source=str(film))],
    )
    watch(settings, tmp_path / "run")
    assert list((tmp_path / "data" / "gallery" / "default").glob("faces_*.lance/data/*"))
    assert picture_files(tmp_path) == []
    with closing(VideoFile(film)) as video:
        pictures = [image() for _, image in video.frames()]
    assert raw_pixels(tmp_path, pictures[::10]) == []
