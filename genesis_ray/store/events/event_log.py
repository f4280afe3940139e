"""The append-only log of everything that happened, which survives its process.

`append` hands events to the operating system before it returns: a process killed at any
moment loses none of them. A thread makes them durable every `flush_interval_s`, whether
appends come or not: a machine that loses power loses at most that much. Another thread
commits write-ahead log segments to Parquet and compacts; appends never wait for it.

On a full disk a call raises, with nothing half written, and can be made again; the threads try
again by themselves. At any other failure the log stops: every later call raises, what was appended
stays in the write-ahead log, and opening the folder again recovers it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesis_ray.domain.events import Event
from genesis_ray.errors import ConfigurationError, FullDiskError, StoreError
from genesis_ray.store.disk import make_folder, writing_to
from genesis_ray.store.events.commit import commit_segment
from genesis_ray.store.events.compaction import compact
from genesis_ray.store.events.event_folder import EventFolder, live_files
from genesis_ray.store.events.event_rewriting import finish_rewriting
from genesis_ray.store.events.remnants import remove_remnants
from genesis_ray.store.events.wal import Segment, encode
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables
from genesis_ray.store.tenant.tenants import folder_name

_log = logging.getLogger(__name__)

_LONGEST_FLUSH_INTERVAL_S = 1.0
_COMMIT_CHECK_S = 1.0
_LONGEST_PAUSE_S = 15.0
"""Between two tries where the disk is full: each writes what has to be taken back."""
_SMALL_FILES = 32
"""So many files of a partition are merged while the log is open; at 60 s a segment, half an
hour's worth."""


class EventLog(Closeable):
    """A folder of event tables, open for appending by one process."""

    def __init__(
        self,
        folder: Path,
        *,
        flush_interval_s: float = 0.5,
        segment_bytes: int = 8 << 20,
        segment_age_s: float = 60.0,
    ) -> None:
        """Open or make `folder` and recover what an earlier process left in it.

        Args:
            folder: Where the tables are, or will be.
            flush_interval_s: At most 1.
            segment_bytes: A write-ahead log segment this large is committed to Parquet,
            segment_age_s: and so is one this old. Both bound what a reader has to replay.

        Raises:
            StoreError: Another process writes there, the schema version is another, or the
                disk is full.
        """
        if not 0 < flush_interval_s <= _LONGEST_FLUSH_INTERVAL_S:
            raise ConfigurationError(
                f"flush_interval_s is how much a power cut may lose: above 0 and at most "
                f"{_LONGEST_FLUSH_INTERVAL_S:g}, got {flush_interval_s:g}"
            )
        self._folder = EventFolder(folder)
        self._segment_bytes = segment_bytes
        self._segment_age_s = segment_age_s
        self._segment: Segment | None = None
        self._sealed: dict[int, Segment] = {}  # that nothing is appended to any more
        self._ids: dict[int, set[bytes]] = {}  # by segment, until it is committed
        self._failure: StoreError | None = None
        self._closed = False
        self._appending = threading.Lock()  # held while the open segment changes
        self._syncing = threading.Lock()  # held while a segment must not be closed; taken first
        self._tables = threading.RLock()  # held while Parquet files change; taken before both
        self._stopping = threading.Event()
        with writing_to(folder):
            make_folder(folder)
        self._lock = WriteLock(self._folder.lock)
        try:
            self._sequence = self._recover()
        except BaseException:
            self._lock.release()
            raise
        self._threads = (
            self._start("event-log-flush", flush_interval_s, self.flush),
            self._start("event-log-commit", _COMMIT_CHECK_S, self._commit_if_due),
        )

    def append(self, events: Sequence[Event]) -> None:
        """Add the events that are not in the log yet, all of them or none.

        Raises:
            FullDiskError: None is added; the log goes on.
            StoreError: The log failed or is closed, or a tenant id cannot name a folder.
        """
        for tenant_id in {event.tenant_id for event in events}:
            folder_name(tenant_id)
        tables = to_tables(events)
        with self._appending:
            self._check_usable()
            ids: set[bytes] = set()
            fresh = {
                name: rows for name, table in tables.items() if len(rows := self._fresh(table, ids))
            }
            if fresh:
                with self._stop_on_failure():
                    self._open_segment().append(encode(fresh))
                self._ids[self._sequence] |= ids

    def flush(self) -> None:
        """Make everything appended so far outlive the machine.

        Raises:
            FullDiskError: What is not safe yet will be with a later call.
            StoreError: The log failed or is closed.
        """
        with self._syncing:
            self._check_usable()
            with self._appending:
                segments = [*self._sealed.values(), *([self._segment] if self._segment else [])]
            with self._stop_on_failure():
                for segment in segments:
                    segment.sync()

    @contextmanager
    def tables(self) -> Iterator[EventFolder]:
        """Have the tables to oneself, with all that was appended until now; appends go on.

        What is done with them may fail, or be cut off at any point: files have to be whole, and
        what they say has to hold, after each of its steps.

        Raises:
            StoreError: The log failed or is closed.
        """
        with self._tables:
            self._check_usable()
            with self._stop_on_failure():
                self._commit()
            yield self._folder

    def compact(self, *, before: date | None = None) -> int:
        """Merge the small files of each partition, of days before one.

        Returns by how many files there are fewer then.

        Raises:
            StoreError: The log failed or is closed.
        """
        fewer = 0
        for partition in self._folder.partitions():
            if before and partition.name >= f"day={before}":
                continue
            with self._tables:  # let go again and again: commits have to wait for it
                self._check_usable()
                fewer += len(live_files(partition))
                compact(partition, self._schema_of(partition))
                fewer -= len(live_files(partition))
        return fewer

    def close(self) -> None:
        """Commit everything to Parquet, compact it, and let others write; again does nothing.

        Raises:
            StoreError: The log failed, now or earlier; the folder is free nonetheless.
        """
        if self._closed:
            return
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        try:
            if not self._failure:
                with self._tables, self._stop_on_failure():
                    self._commit()
                    for partition in self._folder.partitions():
                        compact(partition, self._schema_of(partition))
        finally:
            with self._syncing, self._appending:
                self._closed = True
                for segment in [*self._sealed.values(), self._segment]:
                    if segment:
                        segment.close()
                self._lock.release()
        if self._failure:
            raise StoreError(str(self._failure)) from self._failure

    def _recover(self) -> int:
        """Commit what an earlier process left, and return the next segment's number."""
        self._folder.prepare()
        finish_rewriting(self._folder.path)
        with writing_to(self._folder.path):
            remove_remnants(self._folder)
        sequence = self._folder.next_sequence()
        for left in self._folder.segments():
            commit_segment(self._folder, left)
        return sequence

    def _fresh(self, table: pa.Table, taken: set[bytes]) -> pa.Table:
        """Return the rows that no uncommitted segment has, and add their ids to `taken`."""
        event_ids: list[Any] = table["event_id"].to_pylist()
        own = set(event_ids)
        if len(own) == len(event_ids) and all(map(own.isdisjoint, (taken, *self._ids.values()))):
            taken |= own  # as nearly always
            return table
        keep = []
        for place, event_id in enumerate(event_ids):
            if event_id in taken or any(event_id in ids for ids in self._ids.values()):
                continue
            taken.add(event_id)
            keep.append(place)
        return table.take(pa.array(keep, pa.int64()))

    def _open_segment(self) -> Segment:
        if self._segment is None:
            self._segment = Segment(self._folder.segment(self._sequence))
            self._ids[self._sequence] = set()
        return self._segment

    def _commit_if_due(self) -> None:
        segment = self._segment
        if self._sealed or (
            segment
            and (
                segment.size >= self._segment_bytes
                or time.monotonic() - segment.opened_at >= self._segment_age_s
            )
        ):
            self._commit()

    def _commit(self) -> None:
        """Seal the open segment, move its rows to Parquet and compact where it is time.

        A segment that finds no room stays sealed, and is moved by a later call.
        """
        with self._tables:
            with self._appending:
                if self._segment:
                    self._sealed[self._sequence], self._segment = self._segment, None
                    self._sequence += 1
            for sequence, segment in [*self._sealed.items()]:
                with self._syncing, writing_to(self._folder.path):
                    segment.sync()
                touched = commit_segment(self._folder, sequence)
                with self._syncing, self._appending:
                    segment.close()
                    del self._sealed[sequence], self._ids[sequence]
                for partition in touched:
                    compact(partition, self._schema_of(partition), at_least=_SMALL_FILES)

    def _schema_of(self, partition: Path) -> pa.Schema:
        return EVENT_SCHEMAS[partition.relative_to(self._folder.path).parts[0]]

    def _start(self, name: str, period_s: float, task: Callable[[], None]) -> threading.Thread:
        def repeat() -> None:
            pause_s = period_s
            while not self._stopping.wait(pause_s):
                try:
                    with self._stop_on_failure():
                        task()
                except FullDiskError as error:
                    if pause_s == period_s:
                        _log.warning("the log waits for room: %s", error.while_waiting)
                    pause_s = max(period_s, min(2 * pause_s, _LONGEST_PAUSE_S))
                except StoreError:
                    return  # the next append, flush or close raises it
                else:
                    pause_s = period_s

        thread = threading.Thread(target=repeat, name=name, daemon=True)
        thread.start()
        return thread

    @contextmanager
    def _stop_on_failure(self) -> Iterator[None]:
        """Remember a failure, since a log that has lost a write must not go on.

        On a full disk none is: what found no room is as it was.
        """
        try:
            with writing_to(self._folder.path):
                yield
        except FullDiskError:
            raise
        except StoreError as error:
            self._failure = self._failure or error
            raise
        # A fault of ours in a thread must reach the owner too, who would else believe that
        # the events are safe.
        except Exception as error:
            self._failure = StoreError(f"the log in {self._folder.path} failed: {error!r}")
            raise self._failure from error

    def _check_usable(self) -> None:
        if self._failure:
            raise StoreError(str(self._failure)) from self._failure
        if self._closed:
            raise StoreError(f"the log in {self._folder.path} is closed; open it again")
