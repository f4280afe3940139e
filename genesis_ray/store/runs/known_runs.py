"""Which run folders were written by the people of a data folder, so that they can be found again.

A file in the data folder, a path a line, to which lines are only added.
"""

import os
from pathlib import Path

from genesis_ray.store.disk import make_folder, sync_folder, writing_to

_FILE = "known-runs"


def note_run(data: Path, run: Path) -> None:
    """Note a run, durably; one that is noted already is no change.

    Raises:
        StoreError: The disk is full or refuses.
    """
    path = run.absolute()
    if path in known_runs(data):
        return
    with writing_to(data):
        make_folder(data)
        with (data / _FILE).open("ab", buffering=0) as file:
            # A line that a crash of the machine cut short is not to be continued by this one.
            begun = file.tell() and not (data / _FILE).read_bytes().endswith(b"\n")
            file.write(b"\n" * begun + os.fsencode(path) + b"\n")
            os.fsync(file.fileno())
        sync_folder(data)


def known_runs(data: Path) -> list[Path]:
    """Return the runs that were noted, in that order; some may be gone since."""
    file = data / _FILE
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [Path(os.fsdecode(line)) for line in dict.fromkeys(lines) if line]
