"""Rotates the keys of data folders until it is killed: on stdin a line each, `DATA KEYS PART`.

`PART` is of the time that a rotation takes here, from its beginning, after which it is killed. Says
of each whether it had come to its end. It is a fork that is killed: to load LanceDB takes longer.
Run as `killed_rotating.py DATA KEYS`, of a copy that is rotated to the end first.
"""

import os
import signal
import sys
import time
import warnings
from pathlib import Path

from genesis_ray.running.key_rotation import rotate
from genesis_ray.settings import Settings
from genesis_ray.store.quick_lancedb import lancedb  # noqa: F401  loaded once, not in each fork


def begin(data: str, keys: str, told: int) -> int:
    """Rotate in a fork, which tells when it begins and when it has ended; return its id."""
    process = os.fork()
    if not process:
        settings = Settings(
            data_dir=Path(data),
            faces={"embedder": "synthetic"},
            templates={"key_store": f"file:{keys}"},
        )
        os.write(told, b"b")
        rotate(settings)
        os.write(told, b"e")
        os._exit(0)
    return process


def main(data: str, keys: str) -> None:
    warnings.simplefilter("ignore", RuntimeWarning)  # LanceDB's, of forks: it is not used before
    hears, told = os.pipe()
    process = begin(data, keys, told)
    os.read(hears, 1)
    begun = time.monotonic()
    os.read(hears, 1)
    usual = time.monotonic() - begun
    os.waitpid(process, 0)
    for line in sys.stdin:
        own_data, own_keys, part = line.rsplit(maxsplit=2)
        process = begin(own_data, own_keys, told)
        os.read(hears, 1)
        time.sleep(float(part) * usual)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.set_blocking(hears, False)
        try:
            ended = bool(os.read(hears, 1))
        except BlockingIOError:
            ended = False
        os.set_blocking(hears, True)
        os.write(1, b"ended\n" if ended else b"killed\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
