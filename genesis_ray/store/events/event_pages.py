"""A page of an event table, for which only the files are read that can have rows of it.

Days are gone through in order until the page is full; files of later days are not opened. Of a
day's files the footers say when their rows were, so what begins behind the page's last row is not
read either. Memory is that of the ids of one row group and the page, however large the log is.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.figures.event_page import PageRequest, Place
from genesis_ray.errors import StoreError
from genesis_ray.store.events.damaged import DamagedFiles
from genesis_ray.store.events.file_times import times_of
from genesis_ray.store.events.row_groups import row_groups
from genesis_ray.store.events.rows import in_order, without
from genesis_ray.store.events.selection import Selection

_KEYS = ["event_id", "camera_id", "occurred_at"]


def read_page(selection: Selection, wanted: PageRequest, damaged: DamagedFiles) -> pa.Table:
    """Return the page of those rows that both `selection` and `wanted` mean.

    Those not committed yet are among them, and none is there twice. Damaged files are left out.

    Args:
        selection: Of one tenant.
        wanted: The page.
        damaged: Files that are left out, and noted there where they are met.

    Raises:
        StoreError: The folder has a later schema version.
    """
    selection.folder.check_version()
    wanted = replace(
        wanted,
        since=max(filter(None, (selection.since, wanted.since)), default=None),
        until=min(filter(None, (selection.until, wanted.until)), default=None),
    )
    own = replace(selection, since=wanted.begins_at, until=wanted.until)
    waiting = own.waiting()
    waiting = page_of(without(waiting, waiting.slice(0, 0)), wanted)
    page = waiting.slice(0, 0)
    for day in _days(own, waiting):
        left = replace(wanted, limit=wanted.limit - len(page))
        page = pa.concat_tables([page, _page_of_day(own, day, waiting, left, damaged)])
        if len(page) >= wanted.limit:
            break
    return page


def page_of(rows: pa.Table, wanted: PageRequest) -> pa.Table:
    """Return the page of rows in memory."""
    return _first(rows.filter(_matching(wanted)), wanted.limit)


def place_behind(rows: pa.Table) -> Place:
    """Return the place right behind the last row of a page."""
    (last,) = rows.slice(len(rows) - 1).select(["occurred_at", "event_id"]).to_pylist()
    return Place(last["occurred_at"], last["event_id"])


def _days(selection: Selection, waiting: pa.Table) -> list[date]:
    """Return the days that can have rows, in order."""
    names = {path.name.removeprefix("day=") for path in selection.partitions()}
    written = {date.fromisoformat(name) for name in names}
    fresh = waiting["occurred_at"].cast(pa.date32()).unique().to_pylist()
    return sorted(written.union(filter(None, fresh)))


def _page_of_day(
    selection: Selection,
    day: date,
    waiting: pa.Table,
    wanted: PageRequest,
    damaged: DamagedFiles,
) -> pa.Table:
    own = _of_day(selection, day)
    while True:
        try:
            page = own.of(waiting).slice(0, wanted.limit)
            for begins_at, path in _by_time(own.files(), damaged):
                if begins_at and len(page) >= wanted.limit and begins_at > _ends_at(page):
                    break
                page = _with_file(page, path, own.schema, wanted, damaged)
        except FileNotFoundError:  # compacted meanwhile
            continue
        return page


def _of_day(selection: Selection, day: date) -> Selection:
    midnight = datetime.combine(day, time(), UTC)
    next_midnight = midnight + timedelta(days=1) if day < date.max else None
    return replace(
        selection,
        since=max(filter(None, (selection.since, midnight))),
        until=min(filter(None, (selection.until, next_midnight)), default=None),
    )


def _by_time(files: list[Path], damaged: DamagedFiles) -> list[tuple[datetime | None, Path]]:
    """Return files with when their rows begin, by that; first those that do not say."""
    found: list[tuple[datetime | None, Path]] = []
    for path in files:
        if not damaged.has(path):
            try:
                times = times_of(path)
            except StoreError as error:
                damaged.add(path, error.__cause__ or error)
            else:
                found.append((times and times[0], path))
    return sorted(found, key=lambda each: (each[0] is not None, each))


def _with_file(
    page: pa.Table, path: Path, schema: pa.Schema, wanted: PageRequest, damaged: DamagedFiles
) -> pa.Table:
    """Return a page with the rows of a file that are to be on it."""
    meant, keys = _matching(wanted), pa.schema([schema.field(name) for name in _KEYS])
    longer = page
    try:
        with row_groups(path) as groups:
            for group in groups.all():
                if len(longer) >= wanted.limit and group.begins_after(_ends_at(longer)):
                    break
                if not group.may_have(wanted.camera_id, wanted.begins_at, wanted.until):
                    continue
                found = groups.read(group, keys)
                places = pa.array(np.arange(len(found)))
                found = found.append_column("place", places).filter(meant)
                new = _first(without(found, longer), wanted.limit)
                if not len(new):
                    continue
                rows = groups.take(group, schema, np.sort(new["place"].to_numpy()).tolist())
                longer = _first(pa.concat_tables([longer, rows]), wanted.limit)
    except StoreError as error:
        damaged.add(path, error.__cause__ or error)
        return page
    return longer


def _matching(wanted: PageRequest) -> pc.Expression:
    at = pc.field("occurred_at")
    meant = pc.scalar(True)
    if wanted.camera_id is not None:
        meant &= pc.field("camera_id") == wanted.camera_id
    if wanted.since:
        meant &= at >= wanted.since
    if wanted.until:
        meant &= at < wanted.until
    if wanted.after:
        event_id = pa.scalar(wanted.after.event_id, pa.binary(16))
        behind = pc.field("event_id") > event_id
        meant &= (at > wanted.after.at) | ((at == wanted.after.at) & behind)
    return meant


def _first(rows: pa.Table, limit: int) -> pa.Table:
    return in_order(rows).slice(0, limit)


def _ends_at(page: pa.Table) -> datetime:
    return place_behind(page).at
