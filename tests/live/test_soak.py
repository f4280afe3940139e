"""Eight cameras for five minutes: memory stays what it is."""

import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.soak, pytest.mark.ray, pytest.mark.timeout(420)]

CAMERAS = 8
FILM = "synthetic:?people=3&seconds=3600&fps=1&width=640&height=360"

WARM_UP_S = 150.0
"""Until caches, pools and the window of tracks are full."""

WATCHED_S = 150.0
NOISE = 0.03
"""Of all memory: what it goes up and down by from minute to minute where nothing grows. Python's
garbage is most of it, some 30 MB of 1.5 GB."""


def memory_mb(process: psutil.Process) -> float:
    """Return the memory that a process and its descendants share with no other, USS.

    What they share with others goes up and down with these.
    """
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_full_info().uss / 1e6
        except psutil.Error:  # it ended
            continue
    return total


def test_memory_is_flat_while_eight_cameras_are_watched(tmp_path):
    command = [sys.executable, str(Path(__file__).with_name("watcher.py")), "--realtime"]
    watching = subprocess.Popen(
        [*command, str(tmp_path / "run"), str(tmp_path / "data"), *[FILM] * CAMERAS],
        stdout=subprocess.PIPE,
        text=True,
        env={key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"},
    )
    process = psutil.Process(watching.pid)
    samples: list[tuple[float, float]] = []
    began = None
    try:
        for line in watching.stdout:
            if not line.startswith("frames"):
                break
            began = began or time.monotonic()
            since = time.monotonic() - began
            if since > WARM_UP_S and (not samples or since - samples[-1][0] > 5):
                samples.append((since, memory_mb(process)))
            if since > WARM_UP_S + WATCHED_S:
                watching.send_signal(signal.SIGINT)
                break
        rest = watching.stdout.read()
        assert watching.wait(30) == 0
    finally:
        watching.kill()  # its cluster ends with it
        watching.communicate()
    assert "done" in rest
    half = len(samples) // 2
    before = statistics.median(mb for _, mb in samples[:half])
    after = statistics.median(mb for _, mb in samples[half:])
    assert len(samples) > 10
    assert after < before * (1 + NOISE), samples
