"""Enrols Ada with kept photos and is killed before a step: `DATA STEP` on stdin, a line each time.

A step is an fsync, replace or unlink. Run as `killed_keeping.py PHOTO...`; says of each whether it
was killed, or how many steps it takes in all, and after how many a photo is there. It is a fork
that is killed: loading LanceDB takes longer than enrolling.
"""

import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.settings import Settings
from genesis_ray.store.lance.quick_lancedb import lancedb  # noqa: F401  loaded once, not in each fork

_taken = 0
_first_photo = 0


def counted(real: Callable, last: int) -> Callable:
    def step(*args, **kwargs):
        global _taken, _first_photo
        if _taken == last:
            os.kill(os.getpid(), signal.SIGKILL)
        _taken += 1
        if str(args[-1]).endswith(".photo"):
            _first_photo = _first_photo or _taken
        return real(*args, **kwargs)

    return step


def enrol_and_die(data: Path, last: int, photos: list[Path]) -> None:
    for name in ("fsync", "replace", "unlink"):
        setattr(os, name, counted(getattr(os, name), last))
    settings = Settings(data_dir=data, faces={"embedder": "synthetic", "keep_photos": True})
    enroll(settings, "Ada", photos, anyway=True)
    os.write(1, f"{_taken} {_first_photo}\n".encode())
    os._exit(0)


def main(photos: list[Path]) -> None:
    warnings.simplefilter("ignore", RuntimeWarning)  # LanceDB's, of forks: it is not used before
    for line in sys.stdin:
        process = os.fork()
        if not process:
            data, last = line.rsplit(maxsplit=1)
            enrol_and_die(Path(data), int(last), photos)
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            os.write(1, b"killed\n")


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
