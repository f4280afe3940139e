"""Visits, events and metrics piece by piece, however many: what files for others are made of.

A piece is a stretch of time with a bounded number of rows, sorted and without rows that were
written twice; all pieces in their order are the whole. Memory is that of a piece.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise

import pyarrow as pa

from genesis_ray.analytics.database import VISIT_EVENTS, VISITS
from genesis_ray.analytics.metrics import metrics
from genesis_ray.analytics.query import run
from genesis_ray.analytics.ranges import ask, between, composed
from genesis_ray.analytics.snapshot import Snapshot
from genesis_ray.analytics.stored import Tables, narrowed
from genesis_ray.analytics.visit_rows import (
    DWELLS,
    VISIT_COLUMNS,
    VISIT_TABLES,
    VISITS_BEGUN,
    dwells_since,
    of_visits,
)
from genesis_ray.domain.clocks.site_time import even_edges, range_between
from genesis_ray.errors import NotFoundError

PIECE_ROWS = 100_000
"""Most rows of a piece, unless one minute has more."""

_PIECE_BUCKETS = 1440

_MINUTES_OF_EVENTS = """
SELECT date_trunc('minute', occurred_at) AS minute, count(*) AS rows
FROM {table} WHERE occurred_at >= $since AND occurred_at < $until
GROUP BY minute ORDER BY minute
"""

_EVENTS = """
SELECT * REPLACE (event_id::VARCHAR AS event_id)
FROM {table} WHERE occurred_at >= $since AND occurred_at < $until
QUALIFY row_number() OVER (PARTITION BY event_id) = 1
ORDER BY occurred_at, event_id
"""

_MINUTES_OF_VISITS = """
SELECT
    date_trunc('minute', started_at) AS minute,
    count(*) FILTER (ended_at IS NULL) AS rows
FROM visit_events WHERE started_at >= $since AND started_at < $until
GROUP BY minute ORDER BY minute
"""

_VISITS = composed(
    VISITS_BEGUN,
    "shown AS (FROM visits_begun)",
    DWELLS,
    select=VISIT_COLUMNS,
)


@dataclass(frozen=True, slots=True)
class Export:
    """Rows to be written, in pieces.

    Attributes:
        schema: Of every piece.
        rows: How many there will be, as counted before the first piece; written twice counts twice.
        pieces: Each sorted, and after the one before; to be gone through once.
    """

    schema: pa.Schema
    rows: int
    pieces: Iterator[pa.Table]


_Stretch = tuple[datetime, datetime]


def visits(
    tables: Tables, *, since: datetime, until: datetime, piece_rows: int = PIECE_ROWS
) -> Export:
    """Return the visits that began in [since, until), a row each, by (started_at, visit_id).

    Columns: those of `visits.visits_page`. They are by who is who as this is called.

    Args:
        tables: With those of `VISIT_TABLES`, of one tenant.
        since: Start of the range.
        until: Its end, not within.
        piece_rows: Most rows of a piece, where no minute has more.

    Raises:
        ConfigurationError: There is no such range.
    """
    own, told = Snapshot(tables, VISIT_TABLES), dwells_since(tables)
    rows, stretches = _stretches(own, _MINUTES_OF_VISITS, since, until, piece_rows)
    return _export(
        rows, stretches, lambda start, end: ask(_VISITS, own, of_visits(start, end) | told)
    )


def events(
    tables: Tables, table: str, *, since: datetime, until: datetime, piece_rows: int = PIECE_ROWS
) -> Export:
    """Return the events of a table in [since, until), a row each, by (occurred_at, event_id).

    Columns are the table's; `event_id` is text. Of `visits` these are the rows at the start and
    the end of each visit.

    Args:
        tables: With the one of that name, of one tenant.
        table: Its name, one of `tables`.
        since: Start of the range.
        until: Its end, not within.
        piece_rows: Most rows of a piece, where no minute has more.

    Raises:
        ConfigurationError: There is no such range.
        NotFoundError: There is no such table.
    """
    if table not in tables:
        raise NotFoundError(f"no table {table!r}; there are {', '.join(sorted(tables))}")
    own = Snapshot(tables, [table])
    name = VISIT_EVENTS if table == VISITS else table
    minutes, rows_of = _MINUTES_OF_EVENTS.format(table=name), _EVENTS.format(table=name)
    rows, stretches = _stretches(own, minutes, since, until, piece_rows)
    return _export(rows, stretches, lambda start, end: ask(rows_of, own, between(start, end)))


def metric_series(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    bucket_s: int = 60,
    queue_zone_ids: Sequence[str] = (),
) -> Export:
    """Return the metrics of a range, a row for each `bucket_s` seconds, empty ones too.

    Columns: those of `metrics.metrics`.

    Raises:
        ConfigurationError: There is no such range or bucket.
    """
    edges = even_edges(since, until, bucket_s * _PIECE_BUCKETS)

    def piece(start: datetime, end: datetime) -> pa.Table:
        return metrics(
            tables, since=start, until=end, bucket_s=bucket_s, queue_zone_ids=queue_zone_ids
        )

    rows = -int(-until.timestamp() // bucket_s) - int(since.timestamp() // bucket_s)
    return _export(rows, list(pairwise(edges)), piece)


def _stretches(
    own: Tables, minutes: str, since: datetime, until: datetime, piece_rows: int
) -> tuple[int, list[_Stretch]]:
    """Return how many rows there are, and the stretches of time that have as many as a piece."""
    whole = range_between(since, until)
    counted = run(minutes, narrowed(own, whole[0], None), between(since, until)).to_pydict()
    edges: list[datetime] = []
    within = 0
    for minute, rows in zip(counted["minute"], counted["rows"], strict=True):
        if within and within + rows > piece_rows:
            edges.append(minute)
            within = 0
        within += rows
    return sum(counted["rows"]), list(pairwise([whole[0], *edges, whole[1]]))


def _export(
    rows: int, stretches: Sequence[_Stretch], piece: Callable[[datetime, datetime], pa.Table]
) -> Export:
    first = piece(*stretches[0])
    rest = (piece(*stretch) for stretch in stretches[1:])
    return Export(first.schema, rows, chain([first], rest))
