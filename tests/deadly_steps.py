"""Processes that are killed at a step of what they do, as which counts what changes the disk.

What a script does is run by `serve` in forks, since to load LanceDB takes longer than most of what
is tested; `Doomed` asks for it from a test, and says where it is to die.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from genesis_ray.store.lance.closeable import Closeable

_OF_OS = ("fsync", "mkdir", "rename", "replace", "rmdir", "unlink", "write")
_OF_LANCE = ("add", "delete", "optimize")
_ROOT = Path(__file__).parent.parent

_write = os.write
_taken = 0


def serve(do: Callable[..., object]) -> None:
    """Do it in a fork for each line on stdin, `ARGUMENT... WHEN`.

    WHEN is how many steps are taken before the fork is killed or, with an `s` behind it, seconds.
    Says `killed`, or `done in N steps` where it came to its end before.
    """
    from genesis_ray.store.lance.quick_lancedb import lancedb  # noqa: F401  loaded once, not in each fork

    warnings.simplefilter("ignore", RuntimeWarning)  # LanceDB's, of forks: it is not used before
    for line in sys.stdin:
        *arguments, when = line.split()
        told, tells = os.pipe()
        process = os.fork()
        if not process:
            _die(when)
            do(*arguments)
            _write(tells, str(_taken).encode())
            os._exit(0)
        _, status = os.waitpid(process, 0)
        os.close(tells)
        with open(told) as steps:
            taken = steps.read()
        if os.WIFSIGNALED(status):
            print("killed", flush=True)
        else:
            print(f"done in {taken} steps" if taken else "failed", flush=True)


def _die(when: str) -> None:
    from lancedb.table import LanceTable

    limit = float("inf")
    if when.endswith("s"):
        threading.Timer(float(when[:-1]), os.kill, (os.getpid(), signal.SIGKILL)).start()
    else:
        limit = float(when)
    for owner, names in ((os, _OF_OS), (LanceTable, _OF_LANCE)):
        for name in names:
            setattr(owner, name, _counted(getattr(owner, name), limit))


def _counted(real: Callable, limit: float) -> Callable:
    """Return a function that is a step, at which this process dies if those before were all."""

    def step(*args, **kwargs):
        global _taken
        if _taken >= limit:
            os.kill(os.getpid(), signal.SIGKILL)
        _taken += 1
        return real(*args, **kwargs)

    return step


class Whole(NamedTuple):
    """What it takes to come to the end."""

    steps: int
    seconds: float


class Doomed(Closeable):
    """A script that serves something, to be killed at it."""

    def __init__(self, script: Path) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
        )

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()

    def whole(self, *arguments: object) -> Whole:
        """Let it come to its end."""
        begun = time.monotonic()
        said = self._said(*arguments, "inf")
        steps = int(said.removeprefix("done in ").removesuffix(" steps"))
        return Whole(steps, time.monotonic() - begun)

    def is_killed(self, *arguments: object, when: int | str) -> bool:
        """Kill it before a step, or after seconds, `"0.1s"`; tell whether it got that far."""
        said = self._said(*arguments, when)
        assert said != "failed"
        return said == "killed"

    def _said(self, *arguments: object) -> str:
        assert self._process.stdin
        assert self._process.stdout
        print(*arguments, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()
