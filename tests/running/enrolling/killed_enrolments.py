"""Enrols person after person until it is killed; says on stdout who is being enrolled, and was.

Run as `killed_enrolments.py DATA PHOTO...`. It is the enrolling process that is killed, of many
that this forks one after the other, as stdin asks for with a number of times that to enrol
somebody takes: to load all that it takes is longer.
"""

import os
import signal
import sys
import time
import warnings
from itertools import count
from pathlib import Path

from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.settings import Settings
from genesis_ray.store.lance.quick_lancedb import lancedb  # noqa: F401  loaded once, not in each fork


def enrol(data: Path, photos: list[Path], round_number: int, ready: int) -> None:
    settings = Settings(data_dir=data, faces={"embedder": "synthetic"})
    os.write(ready, b".")
    for number in count():
        name = f"person {round_number}-{number}"
        os.write(1, f"making {name}\n".encode())
        enroll(settings, name, photos, anyway=True)
        os.write(1, f"made {name}\n".encode())


def usual_s(data: Path, photos: list[Path]) -> float:
    """Return how long it takes a process here to enrol its first person."""
    enrolled, made = os.pipe()
    writer = os.fork()
    if not writer:
        settings = Settings(data_dir=data, faces={"embedder": "synthetic"})
        begun = time.monotonic()
        enroll(settings, "the first", photos, anyway=True)
        os.write(made, str(time.monotonic() - begun).encode())
        os._exit(0)
    os.waitpid(writer, 0)
    return float(os.read(enrolled, 99))


def main(data: Path, photos: list[Path]) -> None:
    warnings.simplefilter("ignore", RuntimeWarning)  # LanceDB's, of forks: it is not used before
    usual = usual_s(data, photos)
    for number, line in enumerate(sys.stdin):
        started, ready = os.pipe()
        writer = os.fork()
        if not writer:
            enrol(data, photos, number, ready)
        os.read(started, 1)
        time.sleep(float(line) * usual)
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        os.close(started)
        os.close(ready)
        os.write(1, b"killed\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]])
