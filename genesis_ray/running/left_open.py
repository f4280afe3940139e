"""Visits that were open when a live system came to an end without a word, as by a power cut."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pyarrow.compute as pc

from genesis_ray.domain.places.zone_entries import ZoneEntries
from genesis_ray.domain.recognition.visits import Visit
from genesis_ray.store.events.reader import RunTables

_LONGEST = timedelta(days=2)
"""Since it was opened, for a visit to be taken up: what it takes to read so much is bearable."""


def visits_left_open(tables: RunTables) -> list[Visit]:
    """Return a tenant's visits without an end, as the log tells of them, by when they were opened.

    Those that were opened more than two days before the last one are left as they are.
    """
    visits = tables["visits"].read()
    ended = visits.filter(pc.is_valid(visits["ended_at"]))["visit_id"]
    is_open = pc.invert(pc.is_in(visits["visit_id"], value_set=ended))
    opened: list[Any] = visits.filter(is_open)["started_at"].to_pylist()
    if not opened:
        return []
    earliest = max(min(opened), max(opened) - _LONGEST)
    since = datetime.combine(earliest.astimezone(UTC), time(), UTC)
    # Here, because it costs memory, and hardly ever is there something to take up.
    from genesis_ray.analytics.open_visits import open_visits

    names = ("face_recognitions", "track_observations", "zone_crossings")
    seen = {name: tables.between(since, None)[name].read() for name in names}
    rows = open_visits({**seen, "visits": visits}).to_pylist()
    return [
        Visit(
            identity_id=row["identity_id"],
            opened_at=row["opened_at"],
            started_at=row["started_at"],
            last_seen_at=row["last_seen_at"],
            first_camera_id=row["first_camera_id"],
            last_camera_id=row["last_camera_id"],
            entries=ZoneEntries(zip(row["entered_at"], row["zone_ids"], strict=True)),
        )
        for row in rows
        if row["opened_at"] >= earliest
    ]
