"""Forgets Ada and is killed at it, again and again: `DATA WHEN` on stdin, a line each time.

WHEN is how many steps it takes before, each of which changes what is on the disk, or, with an
`s` behind it, seconds. Says whether it was killed, and how many steps it takes in all. It is a
fork that is killed: loading LanceDB takes longer than forgetting.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from genesis_ray.running.forgetting import forget
from genesis_ray.settings import Settings
from genesis_ray.store.lance_table import LanceTable
from genesis_ray.store.quick_lancedb import lancedb  # noqa: F401  loaded once, not in each fork
from tests.running.somebody import ADA

_taken = 0


def counted(real: Callable, limit: float) -> Callable:
    """Return a function that is a step, at which this process dies if it is the last one."""

    def step(*args, **kwargs):
        global _taken
        if _taken >= limit:
            os.kill(os.getpid(), signal.SIGKILL)
        _taken += 1
        return real(*args, **kwargs)

    return step


def forget_and_die(data: str, when: str) -> None:
    limit = float("inf")
    if when.endswith("s"):
        threading.Timer(float(when[:-1]), os.kill, (os.getpid(), signal.SIGKILL)).start()
    else:
        limit = int(when)
    for name in ("fsync", "replace", "unlink"):
        setattr(os, name, counted(getattr(os, name), limit))
    LanceTable._purge = counted(LanceTable._purge, limit)
    settings = Settings(data_dir=Path(data), faces={"embedder": "synthetic"})
    forget(settings, ADA.identity_id, by="eve", why="")
    os.write(1, f"done in {_taken} steps\n".encode())
    os._exit(0)


def main() -> None:
    for line in sys.stdin:
        process = os.fork()
        if not process:
            forget_and_die(*line.rsplit(maxsplit=1))
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            os.write(1, b"killed\n")


if __name__ == "__main__":
    main()
