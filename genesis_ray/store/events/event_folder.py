"""What lies where in a folder of events.

    version.json                                     the schema version of everything here
    writer.lock                                      held by the one process that writes
    wal/<sequence>.wal                               not yet in the tables
    rewriting/                                       what is to take the place of files, see there
    <table>/tenant_id=T/day=D/<sequence>.parquet     the rows of one write-ahead log segment
    <table>/tenant_id=T/day=D/<first>-<last>.parquet the rows of several, compacted

A day is the UTC day of `occurred_at`. The files keep all columns, so the names of folders
only say where to look. A file whose range of sequences another file covers does not count:
a crash left it behind.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, write_file, writing_to
from genesis_ray.store.schemas import EVENT_SCHEMAS, SCHEMA_VERSION
from genesis_ray.store.tenant.tenants import folder_name

_SETTLED_NS = 3_000_000_000
"""After which a folder that changes again tells another time of it: the clocks of file systems tick
every few milliseconds, at most every two seconds."""

_DATA_FILE = re.compile(r"(\d+)(?:-(\d+))?\.parquet")


@dataclass(frozen=True, slots=True, order=True)
class DataFile:
    """A Parquet file and the write-ahead log segments whose rows it has, `first` to `last`."""

    first: int
    last: int
    path: Path

    def covers(self, sequence: int) -> bool:
        """Tell whether the rows of a segment are in this file."""
        return self.first <= sequence <= self.last


class EventFolder:
    """The names of the things in a folder of events."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wal = path / "wal"
        self.lock = path / "writer.lock"
        self._version = path / "version.json"

    def prepare(self) -> None:
        """Make the folder where it is missing; rows of this version's schema may come now."""
        with writing_to(self.path):
            make_folder(self.wal)
        self.check_version()
        if _said_by(self._version) != SCHEMA_VERSION:
            write_file(self._version, json.dumps({"schema_version": SCHEMA_VERSION}).encode())

    def check_version(self) -> None:
        """Refuse a folder that a later version's schema was written to.

        Raises:
            StoreError: It has a later schema version.
        """
        if self._version.exists():
            check_schema_version(self._version)

    def segment(self, sequence: int) -> Path:
        """Return the path of a write-ahead log segment."""
        return self.wal / f"{sequence:08d}.wal"

    def segments(self) -> list[int]:
        """Return the sequences of the write-ahead log segments, oldest first."""
        return sorted(int(path.stem) for path in self.wal.glob("*.wal"))

    def partition(self, table: str, tenant_id: str, day: str) -> Path:
        """Return the folder of one tenant's rows of one day."""
        return self.path / table / f"tenant_id={folder_name(tenant_id)}" / f"day={day}"

    def partitions(
        self,
        table: str | None = None,
        tenant_id: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> list[Path]:
        """Return the partitions of one table and tenant, or of all, in order.

        Of the days from `since` to `until`, both included.
        """
        tables = EVENT_SCHEMAS if table is None else (table,)
        tenant = None if tenant_id is None else f"tenant_id={folder_name(tenant_id)}"
        return [
            folder / day
            for name in sorted(tables)
            for folder in self._tenant_folders(name, tenant)
            for day in _names(folder, "day=")
            if (since is None or day >= f"day={since}") and (until is None or day <= f"day={until}")
        ]

    def next_sequence(self) -> int:
        """Return the number of the next write-ahead log segment: above all used so far."""
        used = [file.last for path in self.partitions() for file in _data_files(path)]
        return max([0, *used, *self.segments()]) + 1

    def _tenant_folders(self, table: str, tenant: str | None) -> list[Path]:
        folder = self.path / table
        names = _names(folder, "tenant_id=") if tenant is None else [tenant]
        return [folder / name for name in names]


def check_schema_version(file: Path) -> None:
    """Refuse a JSON `file` whose `schema_version` is none that this version can read.

    Raises:
        StoreError: It is a later one, or there is none.
    """
    found = _said_by(file)
    if found is None:
        raise StoreError(
            f"{file} does not say which schema version was written; expected "
            f'{{"schema_version": {SCHEMA_VERSION}}}; restore it, or start a new folder'
        )
    if not 1 <= found <= SCHEMA_VERSION:
        raise StoreError(
            f"{file.parent} has schema version {found}, this genesis_ray reads those up to "
            f"{SCHEMA_VERSION}; use the genesis_ray that wrote it, or start a new folder"
        )


def _said_by(file: Path) -> int | None:
    """Return the schema version that a JSON file names; None where it names none."""
    try:
        return int(json.loads(file.read_bytes())["schema_version"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def live_files(partition: Path) -> list[DataFile]:
    """Return the files of a partition that count, oldest first; none where it is missing."""
    return _parted(partition)[0]


def covered_files(partition: Path) -> list[tuple[DataFile, DataFile]]:
    """Return the files of a partition that do not count, each with the one that covers it."""
    return _parted(partition)[1]


def _parted(partition: Path) -> tuple[list[DataFile], list[tuple[DataFile, DataFile]]]:
    try:
        state = os.stat(partition)
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    if time.time_ns() - state.st_mtime_ns < _SETTLED_NS:
        return _listed(partition)
    alive, covered = _settled(partition, state.st_mtime_ns, state.st_ino)
    return [*alive], [*covered]


@lru_cache(maxsize=1 << 13)
def _settled(
    partition: Path, *_state: int
) -> tuple[list[DataFile], list[tuple[DataFile, DataFile]]]:
    """Return what is in a partition, listed once in a process as long as nothing comes or goes."""
    return _listed(partition)


def _listed(partition: Path) -> tuple[list[DataFile], list[tuple[DataFile, DataFile]]]:
    alive: list[DataFile] = []
    covered = []
    for file in sorted(_data_files(partition), key=lambda file: (file.first, -file.last)):
        if not alive or file.last > alive[-1].last:
            alive.append(file)
        else:
            covered.append((file, alive[-1]))
    return alive, covered


def data_file_at(path: Path) -> DataFile:
    """Return the file of rows at a path, with what its name says.

    Raises:
        ValueError: That is no name of one.
    """
    file = _parse(path)
    if file is None:
        raise ValueError(f"{path} is not named as a file of rows")
    return file


def data_file(partition: Path, first: int, last: int) -> Path:
    """Return the path of the file with the rows of the segments `first` to `last`."""
    span = f"{first:08d}" if first == last else f"{first:08d}-{last:08d}"
    return partition / f"{span}.parquet"


def _data_files(partition: Path) -> Iterator[DataFile]:
    return (file for name in _names(partition) if (file := _parse(partition / name)))


def _names(folder: Path, prefix: str = "") -> list[str]:
    """Return what is in a folder, in order; nothing where it is missing.

    Questions look through many folders: `Path.glob` takes three times as long.
    """
    try:
        return sorted(name for name in os.listdir(folder) if name.startswith(prefix))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _parse(path: Path) -> DataFile | None:
    match = _DATA_FILE.fullmatch(path.name)
    return match and DataFile(int(match[1]), int(match[2] or match[1]), path)
