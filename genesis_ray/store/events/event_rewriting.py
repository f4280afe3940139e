"""Rewriting rows of a folder of events, all of what changes in one step.

The log is append-only. What has to be forgotten is the exception: new files of whole partitions
are written beside the tables, a plan says which files they take the place of, and from then on it
is as good as done: whoever opens the folder for writing next goes on with a plan that is there.

    rewriting/<number>.parquet   a partition's rows as they will be
    rewriting/plan.json          once all are there: which is to be what, and what is to go
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from genesis_ray.store.disk import make_folder, sync_folder, write_file, writing_to
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.commit import commit_segment
from genesis_ray.store.events.event_folder import EventFolder, data_file, live_files
from genesis_ray.store.events.remnants import remove_remnants
from genesis_ray.store.events.rows import in_order
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.schemas import EVENT_SCHEMAS

_STAGE = "rewriting"
_PLAN = "plan.json"


class EventRewriting(Closeable):
    """A folder of events that nobody else writes to, until this is closed."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, and bring all that earlier processes left in it to its tables.

        Raises:
            StoreError: Another process writes there, the schema version is another, or the disk
                is full.
        """
        self._folder = EventFolder(folder)
        self._stage = folder / _STAGE
        self._staged: list[tuple[Path, Path, list[Path]]] = []
        self._lock = WriteLock(self._folder.lock)
        try:
            self._folder.prepare()
            finish_rewriting(folder)
            with writing_to(folder):
                remove_remnants(self._folder)
            for sequence in self._folder.segments():
                commit_segment(self._folder, sequence)
        except BaseException:
            self._lock.release()
            raise

    def rows(self, table: str, tenant_id: str) -> pa.Table:
        """Return all rows of a tenant in a table."""
        days = [rows for _, rows in self.partitions(table, tenant_id)]
        return pa.concat_tables([EVENT_SCHEMAS[table].empty_table(), *days])

    def partitions(self, table: str, tenant_id: str) -> Iterator[tuple[str, pa.Table]]:
        """Yield the days of a tenant's rows in a table, each with the rows."""
        for partition in self._folder.partitions(table, tenant_id):
            yield partition.name.removeprefix("day="), self._rows(table, partition)

    def stage(self, table: str, tenant_id: str, day: str, rows: pa.Table) -> list[str]:
        """Have `rows` be those of a partition; return the files that they take the place of.

        The names are relative to the folder. Nothing changes until `apply`.
        """
        partition = self._folder.partition(table, tenant_id, day)
        files = live_files(partition)
        if files:
            target = data_file(partition, files[0].first, files[-1].last)
        else:
            sequence = self._folder.next_sequence()
            target = data_file(partition, sequence, sequence)
        with writing_to(self._folder.path):
            make_folder(self._stage)
        staged = self._stage / f"{len(self._staged)}.parquet"
        parquet_file.write(staged, in_order(rows))
        self._staged.append((staged, target, [file.path for file in files]))
        return [str(file.path.relative_to(self._folder.path)) for file in files]

    def apply(self) -> None:
        """Make all that is staged so, at once; killed at any point it is, or is not yet."""
        if not self._staged:
            return
        root = self._folder.path
        plan = [
            {
                "from": staged.name,
                "to": str(target.relative_to(root)),
                "removed": [str(path.relative_to(root)) for path in files if path != target],
            }
            for staged, target, files in self._staged
        ]
        write_file(self._stage / _PLAN, json.dumps(plan).encode())
        self._staged.clear()
        finish_rewriting(root)

    def discard(self) -> None:
        """Drop what is staged and not applied."""
        self._staged.clear()

    def close(self) -> None:
        """Drop what is staged and not applied, and let others write."""
        self.discard()
        try:
            if not (self._stage / _PLAN).exists():
                shutil.rmtree(self._stage, ignore_errors=True)
        finally:
            self._lock.release()

    def _rows(self, table: str, partition: Path) -> pa.Table:
        schema = EVENT_SCHEMAS[table]
        read = [parquet_file.read(file.path, schema) for file in live_files(partition)]
        return pa.concat_tables([schema.empty_table(), *read])


def finish_rewriting(folder: Path) -> None:
    """Do what a plan says that a process left in a folder of events; drop what has no plan yet.

    Call it with the folder's lock, before anything is added to the tables.

    Raises:
        StoreError: The disk is full or refuses.
    """
    stage = folder / _STAGE
    if not stage.is_dir():
        return
    with writing_to(folder):
        plan = stage / _PLAN
        for step in json.loads(plan.read_bytes()) if plan.exists() else ():
            staged, target = stage / step["from"], folder / step["to"]
            make_folder(target.parent)
            if staged.exists():
                os.replace(staged, target)
            for name in step["removed"]:
                (folder / name).unlink(missing_ok=True)
            sync_folder(target.parent)
        plan.unlink(missing_ok=True)
        sync_folder(stage)
        shutil.rmtree(stage)
        sync_folder(folder)
