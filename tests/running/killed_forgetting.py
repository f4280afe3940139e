"""Forgets Ada until it is killed, of what it takes a part that stdin says: `DATA PART` a line.

It is a fork that forgets and is killed: loading LanceDB takes longer than forgetting. The first
one is not killed, to know how long it takes.
"""

import os
import signal
import sys
import time
from pathlib import Path

from genesis_ray.running.forgetting import forget
from genesis_ray.settings import Settings
from tests.running.somebody import ADA


def start(data: str) -> int:
    """Begin in a process of its own."""
    process = os.fork()
    if not process:
        settings = Settings(data_dir=Path(data), faces={"embedder": "synthetic"})
        forget(settings, ADA.identity_id, by="eve", why="")
        os._exit(0)
    return process


def main() -> None:
    takes_s = 0.0
    for line in sys.stdin:
        data, part = line.rsplit(maxsplit=1)
        begun = time.monotonic()
        process = start(data)
        if takes_s:
            time.sleep(takes_s * float(part))
            os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        takes_s = takes_s or time.monotonic() - begun
        print(f"killed after {time.monotonic() - begun:.3f} s of {takes_s:.3f} s", flush=True)


if __name__ == "__main__":
    main()
