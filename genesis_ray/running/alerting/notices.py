"""The notices of a run, read from its event tables while they are written."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.alerting.notices import Notice
from genesis_ray.store.events.reader import RunTables

TABLE = "alerts"

_LATE = timedelta(days=1)
"""What is written so much later than its capture time may have to wait for a whole look."""

_OWN = tuple(Notice.__dataclass_fields__)


class LoggedNotices:
    """One tenant's rows of the table `alerts`; a damaged file hides those in it."""

    def __init__(self, events: Path, tenant_id: str) -> None:
        self._tables = RunTables(events, tenant_id)
        self._known: dict[bytes, datetime] = {}
        """When what was found occurred, by id; no text: who is forgotten is to be in no memory."""
        self._latest: datetime | None = None

    @property
    def is_incomplete(self) -> bool:
        """Whether an event file that was to be read is damaged, and is still there."""
        return bool(self._tables.damaged())

    def fresh(self, *, whole: bool = False) -> list[Notice]:
        """Return those that came since the last time, at first all there are, by time.

        A look that is not `whole` leaves out what is long past, by the latest of what was found.
        """
        since = self._latest - _LATE if self._latest and not whole else None
        notices = [*_notices(self._tables.between(since, None)[TABLE].read())]
        fresh = [notice for notice in notices if notice.event_id not in self._known]
        found = {notice.event_id: notice.occurred_at for notice in notices}
        self._known = self._known | found if since else found
        if notices:
            self._latest = notices[-1].occurred_at
        return fresh

    def find(self, event_ids: Collection[bytes]) -> Mapping[bytes, Notice]:
        """Return those of the ids that there are."""
        if not event_ids:
            return {}
        known = [self._known.get(event_id) for event_id in event_ids]
        times = [at for at in known if at is not None]
        tables = self._tables
        if len(times) == len(known):
            tables = tables.between(min(times), max(times) + timedelta.resolution)
        rows = tables[TABLE].read()
        wanted = pa.array(event_ids, pa.binary(16))
        found = rows.filter(pc.is_in(rows["event_id"], value_set=wanted))
        return {notice.event_id: notice for notice in _notices(found)}


def _notices(rows: pa.Table) -> Iterable[Notice]:
    for row in rows.select(_OWN).to_pylist():
        told: dict[str, Any] = {name: None if row[name] == "" else row[name] for name in _OWN}
        yield Notice(**told)
