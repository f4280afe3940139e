"""Eight cameras for five minutes: memory stays what it is.

Finds a process that grows by 12 MB a minute, 0.7 GB in an hour: by 25 kB with each of the 480
frames that are looked at in a minute, as where a cut-out of a head is kept of each, let alone a
picture. What grows more slowly takes a longer watch.
"""

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import av
import psutil
import pytest

from genesis_ray.vision.synthetic import SyntheticFilm

CAMERAS = 8
PEOPLE, SIZE = 3, (640, 360)
FILM = f"synthetic:?people={PEOPLE}&seconds=3600&fps=1&width={SIZE[0]}&height={SIZE[1]}"

FILE_S = 60
"""Length of a file, of which half of the cameras play one after the other: they are opened, decoded
and closed by what does so with any."""

WARM_UP_S = 150.0
"""Until caches, pools and the window of tracks are full."""

WATCHED_S = 150.0
SAMPLED_EVERY_S = 2.0

SLOPE_S = 24.0
"""Between two samples that are compared."""

MOST_MB_A_MINUTE = 12.0
"""By which a process grows. Where nothing leaks it was 7 at the most, the journal's, which takes
some megabytes at once now and then; 3 for a detector, 1 for the cameras: beside much other work,
which makes for more of it."""

Sample = tuple[float, dict[int, float]]
"""A time, s, and the memory of each process, MB."""


def memory_mb(process: psutil.Process) -> dict[int, float]:
    """Return the memory that a process and each descendant shares with no other, USS.

    What they share with others goes up and down with these. Workers that Ray has ready are left
    out: one that becomes a replica is larger at once.
    """
    found = {}
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.Error):  # it ended
            if not " ".join(each.cmdline()).startswith("ray::IDLE"):
                found[each.pid] = each.memory_full_info().uss / 1e6
    return found


def growth(samples: Sequence[Sample]) -> dict[int, float]:
    """Return by how much each process that was there all the time grows, MB a minute."""
    lasting = set.intersection(*(set(by_process) for _, by_process in samples))
    return {
        each: 60 * slope([(at, by_process[each]) for at, by_process in samples]) for each in lasting
    }


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Return how fast the second grows by the first: the median of slopes over `SLOPE_S`.

    As Theil and Sen's estimator, but of near pairs alone: what a process takes once, as for a
    library that it has not needed before, is in few of them.
    """
    near = SAMPLED_EVERY_S
    return statistics.median(
        (y - x) / (t - s)
        for (s, x), (t, y) in combinations(samples, 2)
        if abs(t - s - SLOPE_S) <= near
    )


def test_a_process_that_leaks_is_found_though_one_sample_in_four_is_off():
    samples = [
        (2.0 * n, {1: 300 + 12.5 * n / 30 + 30 * (n % 4 == 0), 2: 300 + 30 * (n % 4 == 0)})
        for n in range(75)
    ]
    assert growth(samples) == {1: pytest.approx(12.5), 2: 0}


def test_what_is_taken_once_is_no_leak():
    samples = [(2.0 * n, {1: 100 + 60 * (n > 35) + n % 3}) for n in range(75)]
    assert abs(growth(samples)[1]) < MOST_MB_A_MINUTE / 2


def test_who_comes_and_goes_meanwhile_is_no_leak():
    assert growth([(0.0, {1: 100, 2: 50}), (24.0, {1: 100.4, 3: 50})]) == {1: pytest.approx(1)}


def written(path: Path) -> Path:
    """Write a file of such a film."""
    film = SyntheticFilm(people=PEOPLE, seconds=FILE_S, fps=1, width=SIZE[0], height=SIZE[1])
    with av.open(path, "w") as video:
        stream = video.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for second in range(FILE_S):
            image = film.image_at(second)
            video.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        video.mux(stream.encode())
    return path


@pytest.mark.soak
@pytest.mark.ray
@pytest.mark.timeout(420)
def test_memory_is_flat_while_eight_cameras_are_watched(tmp_path):
    command = [sys.executable, str(Path(__file__).with_name("watcher.py")), "--realtime"]
    files = "|".join([str(written(tmp_path / "synthetic.mp4"))] * 10)
    films = [FILM, files] * (CAMERAS // 2)
    watching = subprocess.Popen(
        [*command, str(tmp_path / "run"), str(tmp_path / "data"), *films],
        stdout=subprocess.PIPE,
        text=True,
        env={key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"},
    )
    process = psutil.Process(watching.pid)
    samples: list[Sample] = []
    began = None
    try:
        for line in watching.stdout:
            if not line.startswith("frames"):
                break
            began = began or time.monotonic()
            since = time.monotonic() - began
            if since > WARM_UP_S and (not samples or since - samples[-1][0] > SAMPLED_EVERY_S):
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
    assert len(samples) > 30
    grown = growth(samples)
    assert len(grown) > 5
    assert max(grown.values()) < MOST_MB_A_MINUTE, (grown, samples)
