"""When the rows of Parquet files of events occurred: by their footers, each read once."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from genesis_ray.store.events.row_groups import row_groups

Times = tuple[datetime, datetime]
"""Of the first row and of the last."""


def times_of(path: Path) -> Times | None:
    """Return when the rows of a file begin and end; None: it does not say.

    It is told from memory as long as the file is not replaced.

    Raises:
        FileNotFoundError: A compaction has replaced it meanwhile.
        StoreError: It is damaged.
    """
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=1 << 14)
def _read(path: Path, *_state: int) -> Times | None:
    with row_groups(path) as groups:
        times = [group.times for group in groups.all()]
    told = [each for each in times if each]
    if not told or len(told) < len(times):
        return None
    return min(first for first, _ in told), max(last for _, last in told)
