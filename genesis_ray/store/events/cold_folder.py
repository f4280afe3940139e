"""Where rows go that are not kept in a run any longer: a run folder of its own.

It is laid out as a run is, so it can be asked questions like one (`--run`). What is put there is
durable and has been read back before the run lets go of it; that the two are on different disks
does not matter. What is there already is not put there again.
"""

from pathlib import Path

import pyarrow as pa

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, write_file, writing_to
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import EventFolder, data_file, live_files
from genesis_ray.store.events.remnants import remove_remnants
from genesis_ray.store.events.rows import in_order, without
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.runs.run_folder import RunFolder

_IDS = pa.schema([("event_id", pa.binary(16))])


class ColdFolder(Closeable):
    """A cold folder that this process alone writes to, until it is closed."""

    def __init__(self, path: Path, run: RunFolder) -> None:
        """Open or make the cold folder of a run.

        Raises:
            StoreError: It lies in the run, another process writes there, or the disk refuses.
        """
        if path.absolute().is_relative_to(run.path.absolute()):
            raise StoreError(f"the cold folder {path} lies in the run {run.path}; name another")
        self._path = path
        self._run = run.path
        self._events = EventFolder(path / "events")
        self._events.prepare()
        self._lock = WriteLock(self._events.lock)
        try:
            with writing_to(path):
                remove_remnants(self._events)
                if not (path / "run.json").exists():
                    write_file(path / "run.json", (run.path / "run.json").read_bytes())
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Let others write."""
        self._lock.release()

    def keep_rows(self, table: str, tenant_id: str, day: str, rows: pa.Table) -> None:
        """Store the rows of a partition that are not there yet.

        Raises:
            StoreError: The disk is full or refuses, or what can be read back is not the same.
        """
        partition = self._events.partition(table, tenant_id, day)
        files = live_files(partition)
        known = [parquet_file.read(file.path, _IDS) for file in files]
        fresh = in_order(without(rows, pa.concat_tables([_IDS.empty_table(), *known])))
        if not len(fresh):
            return
        with writing_to(partition):
            make_folder(partition)
        sequence = files[-1].last + 1 if files else 1
        path = data_file(partition, sequence, sequence)
        parquet_file.write(path, fresh)
        if not parquet_file.read(path, rows.schema).equals(fresh):
            raise StoreError(f"{path} cannot be read back as it was written; nothing was deleted")

    def keep_damaged(self, path: Path) -> None:
        """Store a file of the run that cannot be read below `damaged`, where nobody asks it."""
        self._keep(path, self._path / "damaged" / path.relative_to(self._run))

    def keep_file(self, path: Path) -> None:
        """Store a file of the run at the same place here.

        Raises:
            StoreError: The disk is full or refuses, or what can be read back is not the same.
        """
        self._keep(path, self._path / path.relative_to(self._run))

    def _keep(self, path: Path, target: Path) -> None:
        content = path.read_bytes()
        with writing_to(target.parent):
            make_folder(target.parent)
        write_file(target, content)
        if target.read_bytes() != content:
            raise StoreError(f"{target} cannot be read back as it was written; nothing was deleted")
