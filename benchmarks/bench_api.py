"""The HTTP API under load: `bench_api.py VIDEO PHOTO --clients 1 8 --cameras 2 --seconds 10`.

`genesis up` starts a system of its own, whose cameras play the video in real time. Then so many
clients ask one thing after the other, each for so many seconds and each client again as soon as it
has its answer. For each a line: seconds a request, how many were answered with an error, and the
processor time of a request, by process, less what the cameras take by themselves.

PHOTO shows one person, who is made known by it and then searched for. The targets are the
reference's: p99 of 100 ms, and 2 s for a face.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import psutil
import yaml
from harness import note, processor_s, report_latency

from genesis_ray.vision import models

_QUIET_S = 10.0
"""For what the cameras take by themselves."""

_WATCHED_S = 20.0
"""Before the first request: models settle, and there is something to be asked about."""

_LEAST_CORE_MS = 0.05
"""What takes less a request is not told."""

_SEARCH = "POST /v1/identities/search"
_TARGET_S = {_SEARCH: 2.0}
_TARGET_OF_ALL_S = 0.1


@dataclass(frozen=True)
class Asked:
    """What became of a load.

    Attributes:
        seconds: Of each request.
        failed: How many were not answered with 200.
        core_ms: Processor time of a request, by process, beside what the cameras take.
    """

    seconds: list[float]
    failed: int
    core_ms: dict[str, float]


@dataclass(frozen=True)
class System:
    """A system that runs, and how to know its processes."""

    url: str
    folder: str

    def processor_s(self) -> "Counter[str]":
        """Return the processor time that its processes have taken."""
        return processor_s(process for process in psutil.process_iter() if self._has(process))

    def _has(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("RAY_TMPDIR") == self.folder
        except psutil.Error:
            return False


@contextmanager
def running(video: str, cameras: int, fps: float) -> Iterator[System]:
    """Start a system, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Its path is short, as Ray's sockets lie in it.
    with tempfile.TemporaryDirectory(prefix="genesis-") as folder:
        config = Path(folder) / "cameras.yaml"
        entries = [
            {"camera_id": f"camera-{number}", "source": [str(Path(video).resolve())] * 40}
            for number in range(cameras)
        ]
        data = f"{folder}/data"
        config.write_text(
            yaml.safe_dump({"data_dir": data, "process_fps": fps, "cameras": entries})
        )
        environment = {
            **os.environ,
            "RAY_TMPDIR": folder,
            "HOME": folder,  # where the address of the cluster and its token are
            "GENESIS_MODELS_DIR": str(models.models_dir()),
            "GENESIS_TEMPLATES__KEY_STORE": f"file:{folder}/keys",
        }
        environment.pop("RAY_ADDRESS", None)
        genesis = str(Path(sys.executable).with_name("genesis"))
        up = [genesis, "up", str(config), "--port", str(port)]
        subprocess.run(up, env=environment, check=True, stdout=sys.stderr)
        try:
            yield System(f"http://127.0.0.1:{port}", folder)
        finally:
            subprocess.run([genesis, "down"], env=environment, check=True, stdout=sys.stderr)


def requests_of(photo: bytes) -> dict[str, dict[str, object]]:
    """Return what is asked, by a name for it."""
    files = {"files": {"photo": ("photo.jpg", photo)}}
    asked: dict[str, dict[str, object]] = {
        f"GET {url}": {"method": "GET", "url": url}
        for url in (
            "/health",
            "/v1/cameras",
            "/v1/events?kind=track_observations&limit=100",
            "/v1/metrics/current",
            "/v1/ask/footfall",
            "/v1/people",
        )
    }
    return asked | {_SEARCH: {"method": "POST", "url": "/v1/identities/search", **files}}


def watching(system: System) -> dict[str, float]:
    """Return the cores that each kind of process takes while nobody asks anything."""
    before, began = system.processor_s(), time.monotonic()
    time.sleep(_QUIET_S)
    return _less(system.processor_s(), before, 1 / (time.monotonic() - began))


def load(
    system: System,
    request: dict[str, object],
    clients: int,
    seconds: float,
    a_second: dict[str, float],
) -> Asked:
    """Ask the same from so many clients at once until the time is over.

    `a_second` is what processes take without that.
    """

    def client(_: int) -> list[tuple[float, int]]:
        answers = []
        until = time.monotonic() + seconds
        with httpx.Client(base_url=system.url, timeout=60) as session:
            while not answers or time.monotonic() < until:
                sent = time.monotonic()
                status = session.request(**request).status_code
                answers.append((time.monotonic() - sent, status))
        return answers

    before, began = system.processor_s(), time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        answers = [answer for own in pool.map(client, range(clients)) for answer in own]
    took_s = time.monotonic() - began
    taken = _less(system.processor_s(), before, 1.0)
    each = {
        name: round((core_s - took_s * a_second.get(name, 0.0)) * 1000 / len(answers), 2)
        for name, core_s in taken.items()
    }
    return Asked(
        [answer_s for answer_s, _ in answers],
        sum(status != httpx.codes.OK for _, status in answers),
        {name: ms for name, ms in each.items() if ms >= _LEAST_CORE_MS},
    )


def main() -> None:
    """Measure each request under each number of clients, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video")
    parser.add_argument("photo", type=Path)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    photo = given.photo.read_bytes()
    with running(given.video, given.cameras, given.fps) as system:
        note("a system watches")
        with httpx.Client(base_url=system.url, timeout=120) as client:
            files = {"photo": ("photo.jpg", photo)}
            client.post("/v1/people", files=files, data={"name": "Ada"}).raise_for_status()
            time.sleep(_WATCHED_S)
            for request in requests_of(photo).values():  # the first ones load what answers
                client.request(**request).raise_for_status()
        a_second = watching(system)
        for name, request in requests_of(photo).items():
            for clients in given.clients:
                asked = load(system, request, clients, given.seconds, a_second)
                core_ms = round(sum(asked.core_ms.values()), 1)
                note(f"{name}, {clients} clients: {len(asked.seconds)}, {core_ms} core-ms each")
                report_latency(
                    f"api/{name}",
                    asked.seconds,
                    parameters={
                        "clients": clients,
                        "cameras": given.cameras,
                        "fps": given.fps,
                        "seconds": given.seconds,
                    },
                    failed=asked.failed,
                    target_p99_s=_TARGET_S.get(name, _TARGET_OF_ALL_S),
                    core_ms=core_ms,
                    core_ms_by_process=asked.core_ms,
                )


def _less(after: "Counter[str]", before: "Counter[str]", factor: float) -> dict[str, float]:
    return {name: (after[name] - before[name]) * factor for name in after}


if __name__ == "__main__":
    main()
