"""The event files that figures of a day are made of, and what tells them from any others."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import EventFolder, live_files

_VERSION = 3
"""Of what the figures mean; rollups of another one are out of date."""


Listings = dict[tuple[str, date], list[tuple[Path, str]]]
"""Files of a table and day, each with what tells its name and content from any other."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The event files that figures of a day are made of.

    Attributes:
        digest: Of all of them.
        files: Each with its table.
        states: Of each, what tells its name and content from any other.
    """

    digest: str
    files: tuple[tuple[str, Path], ...]
    states: frozenset[str]

    def made_of(self, broke_off: datetime | None) -> str:
        """Return what tells figures of these files, of a log that broke off then, from others."""
        return f"{self.digest} until {broke_off.isoformat()}" if broke_off else self.digest


def sources_of(
    events: EventFolder,
    tables: Iterable[tuple[str, date, date]],
    tenant_id: str,
    seen: Listings | None = None,
) -> Sources:
    """Return a tenant's event files of some days.

    Args:
        events: The events.
        tables: Names, each with the first and the last day that is meant.
        tenant_id: Whose files.
        seen: What was found before, where many days are asked for one after the other.

    Raises:
        FileNotFoundError: They are merged at this moment.
    """
    seen = {} if seen is None else seen
    digest = hashlib.blake2b(f"rollup {_VERSION}".encode(), digest_size=16)
    files = []
    states = []
    for table, first, last in tables:
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if (table, day) not in seen:
                partition = events.partition(table, tenant_id, str(day))
                seen[table, day] = [
                    (each.path, f"{each.path.relative_to(events.path)} {_state(each.path)}")
                    for each in live_files(partition)
                ]
            for path, state in seen[table, day]:
                states.append(state)
                digest.update(f"\0{state}".encode())
                files.append((table, path))
    return Sources(digest.hexdigest(), tuple(files), frozenset(states))


def _state(path: Path) -> str:
    stat = path.stat()
    return _identity(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


@lru_cache(maxsize=1 << 16)
def _identity(path: Path, *_state_of_the_file: int) -> str:
    """Return a file's identity, read once in a process as long as it is not replaced."""
    return parquet_file.identity_of(path)
