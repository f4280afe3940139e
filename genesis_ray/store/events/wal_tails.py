"""Write-ahead log segments that are looked into again and again, of which each record is read once.

A question looks into the log for each of its tables, and who asks about now asks every second.
What was read of a segment is kept for some seconds after it was asked for, and given out only as
long as the segment is there.
"""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.wal import HEADER_BYTES, read_rows, record_ends
from genesis_ray.store.schemas import EVENT_SCHEMAS

KEPT_S = 5.0
"""A dashboard asks again sooner. It says who was where, so it stays in memory no longer."""

MOST_BYTES = 32 << 20
"""Of segments; two have 16. Where the disk is full there are more, which are read anew."""


class _Tail:
    """What was read of a segment so far: its whole records."""

    def __init__(self, inode: int) -> None:
        self.end = 0
        self._inode = inode
        self._last = 0  # where the last record begins, whose header tells it from any other
        self._header = b""
        self._rows: dict[str, pa.Table] = {}

    def is_of(self, file: int) -> bool:
        """Tell whether an open file is the one that was read, to which more may have come."""
        state = os.fstat(file)
        if state.st_ino != self._inode or state.st_size < self.end:
            return False
        return os.pread(file, len(self._header), self._last) == self._header

    def catch_up(self, file: int) -> None:
        """Read what has come since."""
        content = os.pread(file, os.fstat(file).st_size - self.end, self.end)
        begins = [0, *record_ends(content)]
        if len(begins) == 1:
            return
        for table, rows in read_rows(content).items():
            before = self._rows.get(table)
            both = pa.concat_tables([before, rows]) if before else rows
            self._rows[table] = both.combine_chunks()
        last = begins[-2]
        self._header = content[last : last + HEADER_BYTES]
        self._last, self.end = self.end + last, self.end + begins[-1]

    def of(self, table: str) -> pa.Table | None:
        """Return the rows of a table; None: there are none."""
        return self._rows.get(table)


class WalTails:
    """The segments that this process looked into a moment ago."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tails: dict[Path, _Tail] = {}
        self._asked_at = 0.0
        self._is_watched = False

    def rows(self, folder: EventFolder, table: str) -> pa.Table:
        """Return the rows of a table that are in the log now, in the order of their appends.

        Those of every tenant; look at the Parquet files after, not before.
        """
        with self._lock:
            found = [EVENT_SCHEMAS[table].empty_table()]
            found += filter(None, (tail.of(table) for tail in self._current(folder)))
            if self._tails:
                self._asked_at = time.monotonic()
                self._watch()
        return pa.concat_tables(found)

    def kept(self) -> list[Path]:
        """Return the segments of which something is in memory."""
        with self._lock:
            return [*self._tails]

    def _current(self, folder: EventFolder) -> Iterator[_Tail]:
        """Yield the segments that are there, read to their ends; forget those that are not."""
        there = [folder.segment(sequence) for sequence in folder.segments()]
        for path in {path for path in self._tails if path.parent == folder.wal} - {*there}:
            del self._tails[path]
        for path in there:
            tail = self._tails.pop(path, None)
            try:
                file = os.open(path, os.O_RDONLY)
            except FileNotFoundError:  # committed meanwhile: its rows are in Parquet now
                continue
            try:
                if tail is None or not tail.is_of(file):
                    tail = _Tail(os.fstat(file).st_ino)
                tail.catch_up(file)
            finally:
                os.close(file)
            if tail.end + sum(each.end for each in self._tails.values()) <= MOST_BYTES:
                self._tails[path] = tail
            yield tail

    def _watch(self, after_s: float = KEPT_S) -> None:
        """See to it that nothing is kept once nobody asks."""
        if not self._is_watched:
            self._is_watched = True
            timer = threading.Timer(after_s, self._let_go)
            timer.daemon = True
            timer.name = "wal-tails"
            timer.start()

    def _let_go(self) -> None:
        with self._lock:
            self._is_watched = False
            left_s = self._asked_at + KEPT_S - time.monotonic()
            if left_s > 0:
                self._watch(left_s)
            else:
                self._tails.clear()


_tails = [WalTails()]
"""The last one is this process's, see `analytics.spare`: a lock may be held where it forked."""

os.register_at_fork(after_in_child=lambda: _tails.append(WalTails()))


def wal_tails() -> WalTails:
    """Return those of this process."""
    return _tails[-1]
