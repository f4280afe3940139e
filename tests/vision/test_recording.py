"""Writing an MP4."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.vision.decode import VideoFile
from genesis_ray.vision.recording import VideoWriter

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def picture(grey: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), grey, np.uint8)


def write(writer: VideoWriter, *seconds: float) -> None:
    for number, second in enumerate(seconds):
        writer.write(picture(20 * number), START + timedelta(seconds=second))


def test_frames_are_shown_when_they_were_captured(tmp_path: Path) -> None:
    seconds = [0.0, 0.1, 0.2, 1.5, 1.633333]
    with VideoWriter(tmp_path / "film.mp4", 64, 48, 10) as writer:
        write(writer, *seconds)
    video = VideoFile(tmp_path / "film.mp4")
    played = [(elapsed.total_seconds(), pixels().mean()) for elapsed, pixels in video.frames()]
    video.close()
    assert [at for at, _ in played] == pytest.approx(seconds, abs=1e-5)
    assert [grey for _, grey in played] == pytest.approx([0, 20, 40, 60, 80], abs=3)


def test_the_index_comes_first_so_that_browsers_can_begin(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "film.mp4", 64, 48, 10) as writer:
        write(writer, 0, 1, 2)
    content = (tmp_path / "film.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_an_odd_last_row_and_column_are_cut_off(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "film.mp4", 65, 49, 10) as writer:
        writer.write(picture(99, 65, 49), START)
    video = VideoFile(tmp_path / "film.mp4")
    assert (video.width, video.height) == (64, 48)
    video.close()


def test_a_video_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "film.mp4", 64, 48, 10)
    write(writer, 0, 1)
    assert not (tmp_path / "film.mp4").exists()
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_failed_block_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with VideoWriter(tmp_path / "film.mp4", 64, 48, 10) as writer:
            write(writer, 0, 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_without_a_picture_there_is_no_video(tmp_path: Path) -> None:
    VideoWriter(tmp_path / "film.mp4", 64, 48, 10).close()
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_another_size_and_times_that_go_back_are_refused(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "film.mp4", 64, 48, 10) as writer:
        write(writer, 0, 1)
        with pytest.raises(ValueError, match="after the last"):
            writer.write(picture(0), START + timedelta(seconds=1))
        with pytest.raises(ValueError, match="expected pictures of"):
            writer.write(picture(0, 32), START + timedelta(seconds=2))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no/film\.mp4: the video cannot be written"):
        VideoWriter(tmp_path / "no" / "film.mp4", 64, 48, 10)


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    """A process that may write only 4 kB a file meets what a full disk would answer."""
    script = f"""
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path
import numpy as np
from genesis_ray.errors import StoreError
from genesis_ray.vision.recording import VideoWriter

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
noise = np.random.default_rng(0)
try:
    with VideoWriter(Path({str(tmp_path)!r}, "film.mp4"), 320, 240, 10) as writer:
        for second in range(60):
            image = noise.integers(0, 255, (240, 320, 3), np.uint8)
            writer.write(image, datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=second))
except StoreError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert b"film.mp4: the video cannot be written" in done.stdout
    assert list(tmp_path.iterdir()) == []
