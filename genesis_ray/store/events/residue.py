"""Searching every file of a run's events for rows that should be gone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.wal import read_rows
from genesis_ray.store.folder_tree import files_in
from genesis_ray.store.schemas import EVENT_SCHEMAS

Limits = Mapping[tuple[str, str], datetime]
"""By (tenant, table), the time before which there must be no row."""


@dataclass(slots=True)
class TableSearch:
    """What was found of one table.

    Attributes:
        table: Its name.
        files: How many were read, whether they count as part of the table or not.
        rows: In them.
        old: Of those, older than the limit of their tenant.
        oldest: Time of the oldest of those.
        unreadable: Files that could not be searched.
    """

    table: str
    files: int = 0
    rows: int = 0
    old: int = 0
    oldest: datetime | None = None
    unreadable: list[str] = field(default_factory=list)


def search_residue(events: Path, limits: Limits) -> list[TableSearch]:
    """Return what each table holds that is older than a limit.

    It goes by the rows alone, and not by what folders are called: all Parquet files are read, also
    those that a crash left behind, and the write-ahead log.
    """
    found = {table: TableSearch(table) for table in EVENT_SCHEMAS}
    for table in EVENT_SCHEMAS:
        for path in sorted(files_in(events / table)):
            if ".parquet" in path.name:
                _search(found[table], path, limits)
    for path in sorted((events / "rewriting").glob("*.parquet*")):
        for table in EVENT_SCHEMAS:  # it does not say of which it is
            _search(found[table], path, {k: v for k, v in limits.items() if k[1] == table})
    for path in _segments(events):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # committed meanwhile, by a service that goes on
            continue
        for table, rows in read_rows(content).items():
            found[table].files += 1
            _add(found[table], rows.select(["tenant_id", "occurred_at"]), limits)
    return list(found.values())


def _segments(events: Path) -> Iterator[Path]:
    folder = EventFolder(events)
    return (folder.segment(sequence) for sequence in folder.segments())


def _search(found: TableSearch, path: Path, limits: Limits) -> None:
    try:
        with pq.ParquetFile(path) as file:
            rows = file.read(columns=["tenant_id", "occurred_at"])
    except FileNotFoundError:  # merged meanwhile
        return
    except (pa.ArrowException, OSError):
        found.unreadable.append(str(path))
        return
    found.files += 1
    _add(found, rows, limits)


def _add(found: TableSearch, rows: pa.Table, limits: Limits) -> None:
    found.rows += len(rows)
    for tenant_id in map(str, pc.unique(rows["tenant_id"]).to_pylist()):
        limit = limits.get((tenant_id, found.table))
        if limit is None:
            continue
        of_tenant = pc.equal(rows["tenant_id"], pa.scalar(tenant_id))
        is_old = pc.less(rows["occurred_at"], pa.scalar(limit, rows["occurred_at"].type))
        old = rows.filter(pc.and_(of_tenant, is_old))
        if len(old):
            found.old += len(old)
            oldest = pc.min(old["occurred_at"]).as_py()
            found.oldest = min(found.oldest or oldest, oldest)
