"""How many came in a period: over lines, or into view where there are none."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from genesis_ray.analytics.footfall import footfall
from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.line_people import line_people
from genesis_ray.analytics.query import run
from genesis_ray.analytics.ranges import BUCKETS, composed
from genesis_ray.analytics.reports.kept import LINE_ENTRIES, LINE_PEOPLE, first_quarters, is_kept
from genesis_ray.analytics.reports.site import Site
from genesis_ray.domain.clocks.site_time import Bucket, bucket_edges
from genesis_ray.domain.figures.periods import Period

CountedBy = Literal["people", "entries", "views"]
"""What tells how many came: people over lines inwards, each once a visit; entries over lines, where
single crossings are gone; or people who came into view, where there are no lines."""

_HOUR: Bucket = "hour"
_OVER_LINES: tuple[CountedBy, CountedBy] = ("people", "entries")

_ANY_LINE = "SELECT 1 FROM line_crossings LIMIT 1"

_CAME = composed(
    BUCKETS,
    """
counts AS (
    SELECT starts_at, count(*) AS went_in
    FROM attendances ASOF JOIN buckets ON started_at >= starts_at
    GROUP BY starts_at
)
""",
    select="""
SELECT starts_at, ends_at, coalesce(went_in, 0) AS went_in
FROM buckets LEFT JOIN counts USING (starts_at)
ORDER BY starts_at
""",
)


class Came(NamedTuple):
    """How many came; None: rows of that are gone.

    Attributes:
        in_buckets: starts_at, ends_at and went_in, in buckets for a chart.
        by_hour: The same by the hour.
        people: How many they were.
        entries: How often lines were crossed inwards; None, too, without lines.
    """

    in_buckets: pa.Table | None
    by_hour: pa.Table | None
    people: int | None
    entries: int | None


def has_lines(site: Site, period: Period) -> bool:
    """Tell whether anybody went over a counting line; where that is gone, whether there are any."""
    since, until = period
    if not is_kept(site.tables, LINE_ENTRIES, period):
        return first_quarters(site.tables, "lines") is not None or bool(
            run(_ANY_LINE, site.tables).num_rows
        )
    answer = footfall(
        site.tables, since=since, until=until, time_zone=site.time_zone, bucket=None
    )  # fmt: skip
    return len(answer) > 0


def counted_in(site: Site, *periods: Period) -> CountedBy:
    """Return what tells how many came into a site with lines in each of these periods."""
    has_people = all(is_kept(site.tables, LINE_PEOPLE, each) for each in periods)
    return "people" if has_people else "entries"


def who_came(
    site: Site,
    period: Period,
    *,
    bucket: Bucket,
    counted_by: CountedBy,
    seen: Mapping[str, pa.Table] | None,
) -> Came:
    """Count who came in a period.

    Args:
        site: Where.
        period: When.
        bucket: Of what is drawn over time.
        counted_by: What tells how many came.
        seen: The attendances, for who came into view; None: rows of them are gone.
    """
    zoned = {"since": period.since, "until": period.until, "time_zone": site.time_zone}
    if counted_by == "views":
        counts = {each: _into_view(site, zoned, each, seen) for each in {bucket, _HOUR}}
        return Came(counts[bucket], counts[_HOUR], _total(counts[bucket]), None)
    counts = {each: _over_lines(site, period, zoned, each, counted_by) for each in {bucket, _HOUR}}
    people, entries = (
        _total(
            counts[bucket] if each == counted_by else _over_lines(site, period, zoned, None, each)
        )
        for each in _OVER_LINES
    )
    return Came(counts[bucket], counts[_HOUR], people, entries)


def _over_lines(
    site: Site, period: Period, zoned: dict[str, Any], bucket: Bucket | None, counted_by: CountedBy
) -> pa.Table | None:
    if counted_by == "people" and is_kept(site.tables, LINE_PEOPLE, period):
        people = line_people(
            site.tables, **zoned, bucket=bucket, visit_gap_s=site.visit_gap_s
        )  # fmt: skip
        return people.rename_columns({"people_in": "went_in"})
    if counted_by == "entries" and is_kept(site.tables, LINE_ENTRIES, period):
        return footfall(site.tables, **zoned, bucket=bucket)
    return None


def _total(came: pa.Table | None) -> int | None:
    if came is None:
        return None
    counts: list[int] = came["went_in"].cast(pa.int64()).to_numpy().tolist()
    return sum(counts)


def _into_view(
    site: Site, zoned: dict[str, Any], bucket: Bucket, seen: Mapping[str, pa.Table] | None
) -> pa.Table | None:
    if seen is None:
        return None
    edges = bucket_edges(zoned["since"], zoned["until"], bucket, zoned["time_zone"])
    return run(_CAME, seen, {"edges": edges}, limits=limits_of(site.tables))
