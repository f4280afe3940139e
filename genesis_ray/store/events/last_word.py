"""When somebody was last told of in a log: how far it goes, or where it breaks off."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc

from genesis_ray.domain.clocks.last_word import SILENCE
from genesis_ray.errors import StoreError
from genesis_ray.store.events.event_folder import EventFolder, live_files
from genesis_ray.store.events.file_times import times_of
from genesis_ray.store.events.waiting_rows import waiting_rows

_NEWEST_FILES = 4
"""Of a day; a system writes one a minute until they are merged, and rows come late by seconds."""

_TABLES = ("track_observations", "zone_crossings")
"""Who is in view has a row of the first a second; of the other are the zones they are in."""


def last_word(events: Path, tenant_id: str, *, now: datetime) -> datetime | None:
    """Return when somebody was in view last, at most `now`; None: nobody ever was.

    Only footers are read, of the newest files, and of a log that has been silent in its files what
    waits to be written there. Files that are damaged say nothing.

    Args:
        events: A folder of events; a missing one has no rows.
        tenant_id: Whose rows count.
        now: What is dated later, by a clock that was ahead, counts as of now.
    """
    written = _written(events, tenant_id, now)
    if written and now - written <= SILENCE:
        return written
    waiting = list(_waiting(events, tenant_id))
    # Once more: what waited at the first look may have been written before the second.
    found = [*waiting, *filter(None, [_written(events, tenant_id, now)])]
    return min(max(found), now) if found else None


def _written(events: Path, tenant_id: str, now: datetime) -> datetime | None:
    folder = EventFolder(events)
    found = []
    for table in _TABLES:
        days = folder.partitions(table, tenant_id, until=now.astimezone(UTC).date())
        found += next(filter(None, (list(_ends(day)) for day in reversed(days))), [])
    return min(max(found), now) if found else None


def _ends(partition: Path) -> Iterator[datetime]:
    """Yield when the rows of each file end, as far as it says."""
    for file in live_files(partition)[-_NEWEST_FILES:]:
        try:
            times = times_of(file.path)
        except (StoreError, FileNotFoundError):  # merged meanwhile: others tell
            continue
        if times:
            yield times[1]


def _waiting(events: Path, tenant_id: str) -> Iterator[datetime]:
    for table in _TABLES:
        times = waiting_rows(events, table, tenant_id)["occurred_at"]
        if len(times):
            yield pc.max(times).as_py()
