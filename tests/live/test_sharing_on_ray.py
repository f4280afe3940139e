"""Two groups share a slow detector on a cluster of Ray."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.timeout(300)]

SLOW_WATCHER = Path(__file__).parent / "slow_watcher.py"

FPS, SECONDS, DETECTOR_FPS = 20, 15, 25
FILM = f"synthetic:?people=1&fps={FPS}&width=320&height=240&seconds={SECONDS}"


def test_a_billing_camera_loses_nothing_to_a_vehicle_camera_that_another_process_watches(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, str(SLOW_WATCHER), str(DETECTOR_FPS)),
            *(str(tmp_path / "run"), str(tmp_path / "data")),
            *(f"billing={FILM}", f"vehicle={FILM}"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("dropped")]
    dropped, seen = ({line[1]: int(line[at]) for line in lines} for at in (2, 3))
    # A third, where none gives way; none, but where the machine itself has no time for it.
    assert dropped["billing"] < FPS * SECONDS / 10
    assert seen["vehicle"] > SECONDS / 2
    assert dropped["vehicle"] > FPS * SECONDS / 2
