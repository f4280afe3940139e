"""Devices as FFmpeg's own V4L2 code reads them, of a camera that is no kernel's."""

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOURCE = HERE.parent / "v4l2_camera.c"
DEVICE, SIZE = "/dev/video77", [48, 64, 3]


@pytest.fixture(scope="module")
def camera(tmp_path_factory) -> Path:
    """A library that makes a camera for whoever has it preloaded."""
    if not sys.platform.startswith("linux"):
        pytest.skip("V4L2 is Linux's")
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler; on Debian: apt install gcc libc6-dev")
    library = tmp_path_factory.mktemp("camera") / "camera.so"
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *flags, "-o", library, SOURCE, "-ldl"], check=True)
    return library


def watch(camera: Path, frames: int, **variables: str) -> list[tuple[list, float, list]]:
    """Return the shape, the mean and the new states of each of so many frames."""
    done = subprocess.run(
        [sys.executable, HERE / "watch_device.py", DEVICE, str(frames)],
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1]), "LD_PRELOAD": str(camera)}
        | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_a_camera_gives_its_pictures_in_order(camera):
    seen = watch(camera, 15)
    assert [shape for shape, _, _ in seen] == [SIZE] * 15
    assert all(before < after for (_, before, _), (_, after, _) in pairwise(seen))
    assert [state for _, _, states in seen for state in states] == [["online", ""]]


def test_one_that_hangs_is_stalled_and_opened_anew(camera):
    seen = watch(camera, 12, CAMERA_FRAMES="8")
    assert len(seen) == 12
    assert [state for _, _, states in seen[:8] for state in states] == [["online", ""]]
    _, _, states = seen[8]
    assert states == [["stalled", "no_frames"], ["online", ""]]
    assert seen[8][1] == pytest.approx(seen[0][1], abs=1)  # its first picture again
