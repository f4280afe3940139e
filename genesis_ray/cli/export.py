"""`genesis export`: visits, events and metrics for other programs, however many."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.query import chosen_format
from genesis_ray.cli.run import DataOption
from genesis_ray.domain.clocks.moments import FORMS
from genesis_ray.errors import ConfigurationError
from genesis_ray.store.events.rows_format import RowsFormat

if TYPE_CHECKING:
    from typing import IO

    from genesis_ray.analytics.exports import Export
    from genesis_ray.analytics.stored import Tables

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


class What(StrEnum):
    """What can be exported."""

    VISITS = "visits"
    EVENTS = "events"
    METRICS = "metrics"


def export(
    what: Annotated[What, typer.Argument(help="What to write.")],
    table: Annotated[
        str | None, typer.Option(help="Of events: which, as track_observations.")
    ] = None,
    output_format: Annotated[
        RowsFormat | None,
        typer.Option("--format", help="By default what --output ends with, else csv."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write to this file instead of the terminal.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help=f"From then on: {FORMS}.  [the first event]")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Up to then, which does not count.  [the last event]")
    ] = None,
    bucket_s: Annotated[
        int | None, typer.Option("--bucket-s", help="Of metrics: a row for so many seconds.  [60]")
    ] = None,
    queue_zone: Annotated[
        list[str] | None,
        typer.Option(
            "--queue-zone", help="Of metrics: a zone in which people queue.  [those of alert rules]"
        ),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="The run's folder; the newest in runs/, or the service's.")
    ] = None,
    data: DataOption = None,
    tenant: Annotated[
        str | None, typer.Option(help="Whose rows; by default those of the run's own tenant.")
    ] = None,
) -> None:
    """Write visits, events or metrics of a run for other programs, in constant memory.

    Visits have a row each, events are those of one --table, metrics have a row a minute. All are
    sorted by time, in UTC, each once, and by who people are now. What columns mean is in
    docs/export.md.

    A file takes its name once it is whole: Ctrl-C leaves nothing half. In CSV a text that a
    spreadsheet would run as a formula gets a ' in front; the other formats have it as it is.

    Examples: `genesis export visits --output visits.csv` ·
    `genesis export events --table zone_crossings --since -7d --format jsonl | jq .zone_id` ·
    `genesis export metrics --since 2026-01-05 --output metrics.parquet`
    """
    from genesis_ray.analytics import exports
    from genesis_ray.cli.console import stderr
    from genesis_ray.running.questions.asked_places import check_places
    from genesis_ray.running.questions.asked_tenant import check_tenant
    from genesis_ray.running.questions.history import asked_run, present_tables, settings_of
    from genesis_ray.sections.alerts import queue_zones_of
    from genesis_ray.store.events.rows_file import new_file, standard_output

    form = chosen_format(output_format, output, usual=RowsFormat.CSV)
    _refuse_strangers(what, table=table, bucket_s=bucket_s, queue_zone=queue_zone)
    folder = asked_run(run, data)
    settings = settings_of(folder, data)
    check_tenant(folder, settings, tenant)
    tables = present_tables(folder.events, settings, tenant or settings.tenant_id)
    check_places(tables, settings, camera_ids=(), zone_ids=queue_zone or ())
    since_at, until_at = _range(what, tables, since, until, settings.time_zone)
    asked: Export
    match what:
        case What.VISITS:
            asked = exports.visits(tables, since=since_at, until=until_at)
        case What.EVENTS:
            asked = exports.events(tables, table or "", since=since_at, until=until_at)
        case What.METRICS:
            asked = exports.metric_series(
                tables,
                since=since_at,
                until=until_at,
                bucket_s=60 if bucket_s is None else bucket_s,
                queue_zone_ids=queue_zone or queue_zones_of(settings.alerts),
            )
    with new_file(output) if output else standard_output() as file:
        rows = _write(asked, form, file, table or what.value)
    if output:
        stderr.print(f"{rows:,} row{'s' * (rows != 1)} in {output}", soft_wrap=True)


def _write(asked: "Export", form: RowsFormat, file: "IO[bytes]", named: str) -> int:
    """Write all rows, and show on a terminal how far that is; return how many they were."""
    from genesis_ray.cli.progress import RowsBar
    from genesis_ray.store.events.rows_file import writer_of

    rows = 0
    with RowsBar(named, asked.rows) as bar:
        writer = writer_of(form, file, asked.schema)
        for piece in asked.pieces:
            writer.write(piece)
            rows += len(piece)
            bar.update(rows)
        writer.finish()
    return rows


def _range(
    what: What, tables: "Tables", since: str | None, until: str | None, time_zone: str
) -> "tuple[datetime, datetime]":
    """Return the range that is asked for; by default all there is."""
    from genesis_ray.domain.clocks.moments import moment
    from genesis_ray.domain.clocks.site_time import range_between, zone_named
    from genesis_ray.running.questions.asking import range_within_reach

    if what is What.METRICS:
        return range_within_reach("metrics", tables, since, until, time_zone=time_zone)
    zone, now = zone_named(time_zone), datetime.now(UTC)
    start = moment(since, zone, now) if since else _ALWAYS[0]
    end = moment(until, zone, now) if until else _ALWAYS[1]
    return range_between(start.astimezone(zone), end.astimezone(zone))


def _refuse_strangers(
    what: What, *, table: str | None, bucket_s: int | None, queue_zone: list[str] | None
) -> None:
    """Refuse options of what else can be exported, and events of no table."""
    given = {
        "--table": (What.EVENTS, table),
        "--bucket-s": (What.METRICS, bucket_s),
        "--queue-zone": (What.METRICS, queue_zone),
    }
    for option, (owner, value) in given.items():
        if value not in (None, []) and what is not owner:
            raise ConfigurationError(f"{option} is of {owner.value}; {what.value} take none")
    if what is What.EVENTS and not table:
        raise ConfigurationError(
            "say which events: --table track_observations, zone_crossings, line_crossings, "
            "face_recognitions, ...; `genesis query` lists the tables"
        )
