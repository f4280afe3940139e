"""Stays in zones that were not over when a live system came to an end without a word."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from genesis_ray.domain.events import ZoneCrossed
from genesis_ray.domain.figures.rollups import LONGEST_STAY
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.reader import RunTables


class _Stay(NamedTuple):
    site_id: str
    camera_id: str
    track_id: int
    zone_id: str


def exits_untold(
    events: Path, tenant_id: str, *, at: datetime, tell_again: Collection[str] = ()
) -> list[ZoneCrossed]:
    """Return the exits that a tenant's log lacks, in order of time, each at the last sight.

    For a system that begins at a time: its tracks have other ids, so nobody of the log is in a zone
    any more. Stays that began more than a day before the last crossing are left as they are.

    Args:
        events: The log; files that are damaged are left out.
        tenant_id: Whose.
        at: Now. What is dated later, by a clock that was ahead, does not say when the last was.
        tell_again: Cameras whose recordings are watched again, and tell the exits themselves.
    """
    entered = {
        stay: at
        for stay, at in _open_stays(events, tenant_id, at).items()
        if stay.camera_id not in tell_again
    }
    if not entered:
        return []
    # Here, because it costs memory, and hardly ever is there something to end.
    from genesis_ray.analytics.open_stays import last_sights

    columns = dict(zip(_Stay._fields, map(list, zip(*entered, strict=True)), strict=True))
    stays = pa.table({**columns, "entered_at": [*entered.values()]})
    told = last_sights(stays, RunTables(events, tenant_id, since=min(entered.values())))
    return [_exit(tenant_id, row) for row in told.to_pylist()]


def _open_stays(events: Path, tenant_id: str, at: datetime) -> Mapping[_Stay, datetime]:
    """Return the stays of the last day that no exit follows, with their beginnings."""
    folder = EventFolder(events)
    days = folder.partitions("zone_crossings", tenant_id, until=at.astimezone(UTC).date())
    since = _midnight(days[-1]) - LONGEST_STAY if days else None
    rows = RunTables(events, tenant_id, since=since)["zone_crossings"].read()
    columns = ("occurred_at", "direction", *_Stay._fields)
    crossings = zip(*(rows[name].to_pylist() for name in columns), strict=True)
    entered: dict[_Stay, datetime] = {}
    last = None
    # Of one moment an entry comes before its exit, as everywhere.
    for crossed_at, direction, *stay in sorted(crossings, key=lambda each: each[:2]):
        last = crossed_at if crossed_at <= at else last
        if direction == "enter":
            entered[_Stay(*stay)] = crossed_at
        else:
            entered.pop(_Stay(*stay), None)
    return {stay: begun for stay, begun in entered.items() if last and begun >= last - LONGEST_STAY}


def _midnight(partition: Path) -> datetime:
    return datetime.combine(date.fromisoformat(partition.name.removeprefix("day=")), time(), UTC)


def _exit(tenant_id: str, row: Mapping[str, Any]) -> ZoneCrossed:
    return ZoneCrossed(
        tenant_id=tenant_id,
        site_id=row["site_id"],
        camera_id=row["camera_id"],
        occurred_at=row["seen_at"],
        zone_id=row["zone_id"],
        track_id=row["track_id"],
        direction="exit",
    )
