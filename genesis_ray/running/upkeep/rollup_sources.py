"""The event rows that figures of a day are made of, and what is damaged of them."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.analytics.rollups import COLUMNS
from genesis_ray.domain.figures.rollups import GROUPS, Group
from genesis_ray.errors import StoreError
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.rows import without
from genesis_ray.store.schemas import EVENT_SCHEMAS

_log = logging.getLogger(__name__)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Damaged:
    """Figures of a day that cannot be brought up to date, because an event file is damaged."""

    tenant_id: str
    day: date
    group: Group
    path: Path


def told(damaged: Iterable[Damaged]) -> str:
    """Return in a sentence what became of figures whose files are damaged, and the remedy."""
    found = sorted(damaged)
    paths = list(dict.fromkeys(str(each.path) for each in found))
    days = sorted({each.day for each in found})
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    be = "is" if len(paths) == 1 else "are"
    of = str(days[0]) if len(days) == 1 else f"{len(days)} days, {days[0]} to {days[-1]},"
    return (
        f"{paths[0]}{more} {be} damaged, so figures of {of} stay as they were. Put back what is "
        f"damaged from a backup, or move it out of the folder to go on without its rows: the "
        f"figures then follow"
    )


def tables_of(group: Group, day: date) -> list[tuple[str, date, date]]:
    """Return the tables of which days before and after have a say in a day's figures."""
    return [
        (table, day - before * _DAY, day + after * _DAY)
        for table, (before, after) in GROUPS[group].tables.items()
    ]


def days_concerned(group: Group, waiting: Mapping[str, pa.Table]) -> set[date]:
    """Return the days in whose figures rows have a say."""
    concerned: set[date] = set()
    for table, (before, after) in GROUPS[group].tables.items():
        days: list[Any] = pc.unique(waiting[table]["occurred_at"].cast(pa.date32())).to_pylist()
        for day in days:
            concerned.update(day + n * _DAY for n in range(-after, before + 1))
    return concerned


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that figures are made of.

    Attributes:
        tables: By name, with those that wait to be written.
        rows: How many there are in each file.
        damaged: Files of which there are none.
    """

    tables: dict[str, pa.Table]
    rows: dict[Path, int]
    damaged: list[Path]


def rows_of(
    group: Group, files: Iterable[tuple[str, Path]], waiting: Mapping[str, pa.Table]
) -> Found:
    """Return the rows of files, and those that wait to be written.

    Raises:
        FileNotFoundError: They are merged at this moment.
    """
    found: dict[str, list[pa.Table]] = {table: [] for table in GROUPS[group].tables}
    in_files = {}
    damaged = []
    for table, path in files:
        try:
            part = parquet_file.read(path, _schema(table, with_ids=table in waiting))
            in_files[path] = len(part)
            found[table].append(part)
        except StoreError as error:
            _log.warning("%s", error)
            damaged.append(path)
    rows = {}
    for table, parts in found.items():
        schema = _schema(table, with_ids=table in waiting)
        written = pa.concat_tables([schema.empty_table(), *parts])
        if table in waiting:
            fresh = waiting[table].select(schema.names)
            written = pa.concat_tables([written, without(fresh, written)])
        rows[table] = written
    return Found(rows, in_files, damaged)


def _schema(table: str, *, with_ids: bool) -> pa.Schema:
    names = (*COLUMNS[table], "event_id") if with_ids else COLUMNS[table]
    return pa.schema([EVENT_SCHEMAS[table].field(name) for name in names])
