"""`genesis report`: a page about a period, for who runs the place."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption
from genesis_ray.domain.clocks.moments import FORMS, moment
from genesis_ray.errors import ConfigurationError

if TYPE_CHECKING:
    from genesis_ray.analytics.reports.contents import Report, Summary
    from genesis_ray.domain.figures.periods import Period
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder


class ReportFormat(StrEnum):
    """How a report is written."""

    HTML = "html"
    PDF = "pdf"
    MD = "md"


def report(
    since: Annotated[
        str | None, typer.Option("--from", help=f"From then on: {FORMS}.  [the first event]")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--to", help="Up to then, which does not count.  [the last event]"),
    ] = None,
    output_format: Annotated[
        ReportFormat | None,
        typer.Option("--format", help="By default what --output ends with, else html."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file.  [report-FROM.html in this folder]")
    ] = None,
    queue_zone: Annotated[
        str | None,
        typer.Option(
            "--queue-zone",
            help="The zone in which people queue.  [those that rules of alerts are about]",
        ),
    ] = None,
    service_zone: Annotated[
        str | None, typer.Option("--service-zone", help="The zone in which they are served.")
    ] = None,
    within: Annotated[
        float, typer.Option(help="Seconds in which they should be, with --queue-zone.", min=0)
    ] = 300.0,
    run: Annotated[
        Path | None, typer.Option(help="The run's folder; the newest in runs/, or the service's.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose; by default the run's own.")] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Write a report of a period: figures, charts, what was unusual, and how far to trust it.

    It is compared with the period before: days with the same weekdays. HTML is one file that
    needs no network; PDF is for paper; Markdown is tables without charts. Nobody is named, and
    figures of fewer people than `analytics.min_group` are withheld. Sentences by a language
    model: `narrative.url` in --config, or GENESIS_NARRATIVE__URL (docs/report.md).

    Examples: `genesis report --from 2026-02-02 --to 2026-02-09` ·
    `genesis report --from yesterday --to today --format pdf` ·
    `genesis report --from -7d --to today --queue-zone queue --service-zone till --within 180`
    """
    from genesis_ray import settings_file
    from genesis_ray.analytics.reports.site import Queue
    from genesis_ray.cli.console import stdout
    from genesis_ray.running.questions.asked_places import check_places
    from genesis_ray.running.questions.asked_tenant import check_tenant
    from genesis_ray.running.questions.history import present_tables, run_named, settings_of
    from genesis_ray.running.questions.narrator import summary_of
    from genesis_ray.running.questions.reporting import report_of
    from genesis_ray.store.disk import write_file

    if service_zone and not queue_zone:
        raise ConfigurationError("--service-zone belongs to a --queue-zone; name that too")
    form = _format(output_format, output)
    present = settings_file.load(config)
    folder = run_named(run, present.model_copy(update={"data_dir": data} if data else {}))
    settings = settings_of(folder, data)
    check_tenant(folder, settings, tenant)
    if tenant:
        settings = settings.model_copy(update={"tenant_id": tenant})
    period = _period(folder, settings, since, until)
    path = (output or _default(period, settings, form)).resolve()
    if not path.parent.is_dir():
        raise ConfigurationError(f"there is no folder {path.parent}; make it, or name another")
    queues = [Queue(queue_zone, service_zone, within)] if queue_zone else []
    zones = [zone_id for zone_id in (queue_zone, service_zone) if zone_id]
    tables = present_tables(folder.events, settings, settings.tenant_id)
    check_places(tables, settings, camera_ids=(), zone_ids=zones)
    made = report_of(folder, settings, since=period.since, until=period.until, queues=queues)
    summary = summary_of(made, present.narrative)
    write_file(path, _writer(form)(made, summary))
    stdout.print(summary.text)
    if summary.note:
        stdout.print(summary.note, style="dim")
    stdout.print(f"The report is in {output or path.name}.", soft_wrap=True)


def _format(output_format: ReportFormat | None, output: Path | None) -> ReportFormat:
    if output and output.exists() and not output.is_file():
        raise ConfigurationError(f"--output {output} is no file; name one")
    ending = output.suffix.removeprefix(".").lower() if output else ""
    if output_format:
        return output_format
    if not ending:
        return ReportFormat.HTML
    if ending not in list(ReportFormat):
        raise ConfigurationError(
            f"--output {output} does not say how to write it; let it end with .html, .pdf or .md, "
            f"or add --format"
        )
    return ReportFormat(ending)


def _writer(form: ReportFormat) -> "Callable[[Report, Summary], bytes]":
    match form:
        case ReportFormat.HTML:
            from genesis_ray.analytics.reports.page import as_page

            return lambda report, summary: as_page(report, summary).encode()
        case ReportFormat.PDF:
            from genesis_ray.analytics.reports.pdf import as_pdf

            return as_pdf
        case ReportFormat.MD:
            from genesis_ray.analytics.reports.markdown import as_markdown

            return lambda report, summary: as_markdown(report, summary).encode()


def _period(
    folder: "RunFolder", settings: "Settings", since: str | None, until: str | None
) -> "Period":
    """Return the period that is asked for, by default from the first event to the last."""
    from genesis_ray.analytics.reports.recorded import recorded
    from genesis_ray.domain.clocks.site_time import range_between, zone_named
    from genesis_ray.domain.figures.periods import Period
    from genesis_ray.running.questions.history import present_tables

    zone, now = zone_named(settings.time_zone), datetime.now(UTC)
    start = moment(since, zone, now) if since else None
    end = moment(until, zone, now) if until else None
    if not (start and end):
        known = recorded(present_tables(folder.events, settings, settings.tenant_id), until=now)
        if known is None:
            raise ConfigurationError(
                f"there are no events to report on in {folder.path}; name another --run"
            )
        start, end = start or known.since, end or known.until
    return Period(*range_between(start.astimezone(zone), end.astimezone(zone)))


def _default(period: "Period", settings: "Settings", form: ReportFormat) -> Path:
    from genesis_ray.domain.clocks.site_time import zone_named

    first = period.since.astimezone(zone_named(settings.time_zone)).date()
    return Path(f"report-{first.isoformat()}.{form.value}")
