"""Which rows of a folder of events are meant, and where they lie just now.

Rows move from the write-ahead log to Parquet. Who looks at the log first and at Parquet after
sees each at least once.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.store.events.event_folder import EventFolder, live_files
from genesis_ray.store.events.file_times import Times
from genesis_ray.store.events.rows import of_tenant
from genesis_ray.store.events.wal_tails import wal_tails
from genesis_ray.store.schemas import EVENT_SCHEMAS

Span = tuple[datetime | None, datetime | None]
"""A time with its start and without its end; None: it has none."""


def common(one: Span, other: Span) -> Span:
    """Return the time that is in two of them; the first where there is none."""
    since = max(filter(None, (one[0], other[0])), default=None)
    until = min(filter(None, (one[1], other[1])), default=None)
    return one if since and until and since >= until else (since, until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Rows of one table of a folder of events.

    Attributes:
        tenant_id: None: every tenant's.
        since: The first moment that counts; None: all from the beginning.
        until: The first moment that does not count any more.
    """

    folder: EventFolder
    table: str
    tenant_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def schema(self) -> pa.Schema:
        """The columns of the table."""
        return EVENT_SCHEMAS[self.table]

    def between(self, since: datetime | None, until: datetime | None) -> "Selection":
        """Return what is meant of [since, until); all where that is no time."""
        start, end = common((self.since, self.until), (since, until))
        return replace(self, since=start, until=end)

    def of(self, rows: pa.Table) -> pa.Table:
        """Return those of the table's rows that are meant."""
        if self.tenant_id is not None:
            rows = of_tenant(rows, self.tenant_id)
        if self.since:
            rows = rows.filter(pc.greater_equal(rows["occurred_at"], pa.scalar(self.since)))
        if self.until:
            rows = rows.filter(pc.less(rows["occurred_at"], pa.scalar(self.until)))
        return rows

    def waiting(self) -> pa.Table:
        """Return those in the write-ahead log; look at it before `files`."""
        return self.of(wal_tails().rows(self.folder, self.table))

    def files(self) -> list[Path]:
        """Return the Parquet files of the tenant and the days, as two looks in a row agree on.

        A single look while a compaction renames and deletes may show neither the merged file nor
        those it replaces.
        """
        seen = None
        while True:
            found = [file.path for folder in self.partitions() for file in live_files(folder)]
            if found == seen:
                return found
            seen = found

    def partitions(self) -> list[Path]:
        """Return the folders of the tenant and the days, in order."""
        return self.folder.partitions(self.table, self.tenant_id, *self._days)

    def may_have(self, file: Path) -> bool:
        """Tell whether a file of the tenant is of one of the days."""
        since, until = self._days
        day = file.parent.name
        return (not since or day >= f"day={since}") and (not until or day <= f"day={until}")

    def cuts(self, file: Path) -> bool:
        """Tell whether a part alone of a file's day is meant."""
        return any(
            edge and edge.astimezone(UTC).time() != time() and file.parent.name == f"day={day}"
            for edge, day in zip((self.since, self.until), self._days, strict=True)
        )

    def meets(self, times: Times) -> bool:
        """Tell whether rows that occurred between two moments, both included, can be meant."""
        first, last = times
        return (not self.since or last >= self.since) and (not self.until or first < self.until)

    @property
    def _days(self) -> tuple[date | None, date | None]:
        """The first and the last day, UTC, that can have rows; None: there is none."""
        last = self.until - timedelta(microseconds=1) if self.until else None
        return (
            self.since.astimezone(UTC).date() if self.since else None,
            last.astimezone(UTC).date() if last else None,
        )
