"""Backs up or restores and is killed at it, again and again: `WHAT DATA FILE WHEN` on stdin.

WHEN is how many steps it takes before, each of which changes what is on the disk. Says whether it
was killed, or how many steps it takes in all. It is a fork that is killed, see killed_forgetting.
"""

import os
import sys
from pathlib import Path

from genesis_ray.running.backup import back_up
from genesis_ray.running.restoring import restore
from genesis_ray.settings import Settings
from genesis_ray.store import sealed_file
from genesis_ray.store.lance_table import LanceTable
from genesis_ray.store.quick_lancedb import lancedb  # noqa: F401  loaded once, not in each fork
from tests.running import killed_forgetting
from tests.running.killed_forgetting import counted


def copy_and_die(what: str, data: str, file: str, when: str) -> None:
    for name in ("fsync", "replace", "rename", "unlink"):
        setattr(os, name, counted(getattr(os, name), int(when)))
    for owner, name in (LanceTable, "_purge"), (sealed_file.SealedWriter, "_seal"):
        setattr(owner, name, counted(getattr(owner, name), int(when)))
    settings = Settings(data_dir=Path(data), faces={"embedder": "synthetic"})
    {"backup": back_up, "restore": restore}[what](settings, Path(file), b"open")
    os.write(1, f"{killed_forgetting._taken}\n".encode())
    os._exit(0)


def main() -> None:
    sealed_file._WORK.update(n=2)
    for line in sys.stdin:
        process = os.fork()
        if not process:
            copy_and_die(*line.split())
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            os.write(1, b"killed\n")


if __name__ == "__main__":
    main()
