"""What became of work in the background: a small file that outlives its process."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from genesis_ray.domain.load.jobs import JobRecord
from genesis_ray.store.disk import make_folder, write_file, writing_to

_TIMES = ("due_at", "started_at", "ended_at")


class JobRecords:
    """The records of the jobs that one keeper of a run does: a JSON file in its `jobs` folder."""

    def __init__(self, folder: Path, keeper: str) -> None:
        self._path = folder / f"{keeper}.json"

    def read(self) -> list[JobRecord]:
        """Return what was recorded; nothing where nothing was, or the file is no use any more."""
        try:
            return [_record(row) for row in json.loads(self._path.read_bytes())]
        except (FileNotFoundError, ValueError, LookupError, TypeError):
            return []

    def write(self, records: Iterable[JobRecord]) -> None:
        """Replace what was recorded, in one step.

        Raises:
            StoreError: The disk is full or refuses.
        """
        rows = [asdict(record) for record in records]
        with writing_to(self._path.parent):
            make_folder(self._path.parent)
        content = json.dumps(rows, indent=2, default=datetime.isoformat)
        write_file(self._path, content.encode())


def read_all(folder: Path) -> list[JobRecord]:
    """Return the records of all keepers of a run, by name."""
    found = [
        each for path in folder.glob("*.json") for each in JobRecords(folder, path.stem).read()
    ]
    return sorted(found, key=lambda record: record.name)


def _record(row: dict[str, Any]) -> JobRecord:
    times = {name: row[name] and datetime.fromisoformat(row[name]) for name in _TIMES}
    return JobRecord(**{**row, **times})
