"""`genesis ask`: questions that are ready to be asked, of a range of time."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.answer import Format, show, written
from genesis_ray.cli.query import chosen_format, warn_without_people
from genesis_ray.cli.run import DataOption
from genesis_ray.domain.clocks.moments import FORMS
from genesis_ray.running.questions.question_params import Options, set_for_all

if TYPE_CHECKING:
    import pyarrow as pa

    from genesis_ray.analytics.catalogue import Question


_OPTIONS = Options(
    names={
        "bucket": "--bucket",
        "bucket_s": "--bucket-s",
        "camera_ids": "--camera",
        "camera_id": "--camera",
        "zone_ids": "--zone",
        "zone_id": "--zone",
        "queue_zone_ids": "--queue-zone",
        "queue_zone_id": "--queue-zone",
        "service_zone_id": "--service-zone",
        "within_s": "--within",
        "identity_id": "--person",
        "names": "--metric",
        "by": "--by",
        "least_s": "--at-least",
        "cell_m": "--cell-m",
        "limit": "--limit",
        "after": "--after",
    },
    range="--since and --until",
    help="`genesis ask --help`",
)


def ask(
    question: Annotated[
        str | None, typer.Argument(help="One of those below. Without one: what each tells.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help=f"From then on: {FORMS}.  [the first event]")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Up to then, which does not count.  [the last event]")
    ] = None,
    bucket: Annotated[
        str | None, typer.Option(help="A row for each minute, hour, day, week or month.")
    ] = None,
    bucket_s: Annotated[
        int | None, typer.Option("--bucket-s", help="For metrics: a row for so many seconds.")
    ] = None,
    camera: Annotated[
        list[str] | None, typer.Option(help="Only this camera; again for more.")
    ] = None,
    zone: Annotated[list[str] | None, typer.Option(help="Only this zone; again for more.")] = None,
    queue_zone: Annotated[
        list[str] | None,
        typer.Option(
            "--queue-zone",
            help="The zone in which people queue; of metrics by default those of alert rules.",
        ),
    ] = None,
    service_zone: Annotated[
        str | None, typer.Option("--service-zone", help="The zone in which they are served.")
    ] = None,
    within: Annotated[
        float | None, typer.Option(min=0, help="Seconds in which they should be.  [300]")
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="A name, an identity, or 8 characters of one.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this metric; again for more.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Distribution by duration, hour or weekday.")
    ] = None,
    at_least: Annotated[
        float | None, typer.Option("--at-least", min=0, help="Only visits of so many seconds.")
    ] = None,
    cell_m: Annotated[
        float | None, typer.Option("--cell-m", help="Side of a cell of the floor, metres.  [0.5]")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Most visits of a page.  [100]")] = None,
    after: Annotated[
        str | None, typer.Option(metavar="STARTED_AT,VISIT_ID", help="The page after this visit.")
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option("--time-zone", help="Whose hours and days, as Europe/Berlin.  [the site's]"),
    ] = None,
    columns: Annotated[
        bool, typer.Option("--columns", help="Say what the columns of the answer mean.")
    ] = False,
    run: Annotated[
        Path | None, typer.Option(help="The run's folder; the newest in runs/, or the service's.")
    ] = None,
    data: DataOption = None,
    tenant: Annotated[
        str | None, typer.Option(help="Whose rows; by default those of the run's own tenant.")
    ] = None,
    output_format: Annotated[
        Format | None,
        typer.Option("--format", help="By default what --output ends with, else a table."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write to this file instead of the terminal.")
    ] = None,
) -> None:
    """Ask a question that is ready to be asked, of a range of time.

    In time: metrics, footfall, line-people, entries, occupancy, queue, returning, tracks, uptime.
    In all: current-metrics, anomalies, unusual-hours, dwell, dwell-histogram, heat, floor-heat,
    transitions, journeys, cohorts, visits, attendances, visit-distribution, identification,
    timeline.

    Hours and days are those of the site's `time_zone`, and so are the times that are shown.
    Figures of groups of fewer people than `analytics.min_group` are withheld. For all other
    questions there is `genesis query`.

    Examples: `genesis ask footfall --since today --bucket hour` ·
    `genesis ask queue --queue-zone queue --service-zone till --since -7d --bucket day` ·
    `genesis ask visits --since 2026-01-05 --format csv`
    """
    from genesis_ray.analytics.catalogue import question_named
    from genesis_ray.cli.console import stderr
    from genesis_ray.cli.remarks import remark_on
    from genesis_ray.running.people.who import identity_named
    from genesis_ray.running.questions.asked_tenant import check_tenant
    from genesis_ray.running.questions.asking import answer_of
    from genesis_ray.running.questions.history import asked_run, present_tables, settings_of

    form = chosen_format(output_format, output, usual=Format.TABLE)
    if question is None:
        if form is Format.TABLE and not output:
            _list_questions()
        else:
            _tell(_all_questions(), form, output)
        return
    asked = question_named(question)
    if columns:
        _tell(_columns_of(asked), form, output)
        return
    folder = asked_run(run, data)
    settings = settings_of(folder, data)
    check_tenant(folder, settings, tenant)
    if tenant:  # its people, too
        settings = settings.model_copy(update={"tenant_id": tenant})
    warn_without_people(folder, settings, data)
    zone_name = time_zone or settings.time_zone
    tables = present_tables(folder.events, settings, settings.tenant_id)
    given = {
        "--bucket": bucket,
        "--bucket-s": bucket_s,
        "--camera": camera,
        "--zone": zone,
        "--queue-zone": queue_zone,
        "--service-zone": service_zone,
        "--within": within,
        "--person": identity_named(person, settings) if person else None,
        "--metric": metric,
        "--by": by,
        "--at-least": at_least,
        "--cell-m": cell_m,
        "--limit": limit,
        "--after": after,
    }
    params = _OPTIONS.params(question, asked, given, set_for_all(settings, zone_name))
    answer = answer_of(
        asked.ask, tables, settings, since, until, time_zone=zone_name, params=params
    )
    _tell(answer, form, output)
    if form is Format.TABLE and (remark := remark_on(question, answer, settings)):
        stderr.print(remark, soft_wrap=True)


def _list_questions() -> None:
    from rich.table import Table

    from genesis_ray.analytics.catalogue import QUESTIONS
    from genesis_ray.cli.console import stdout

    table = Table("question", "tells", "options")
    for name, question in QUESTIONS.items():
        table.add_row(name, question.about, " ".join(_OPTIONS.of(question)))
    stdout.print(table)
    stdout.print("What its columns mean: genesis ask QUESTION --columns", style="dim")


def _all_questions() -> "pa.Table":
    import pyarrow as pa

    from genesis_ray.analytics.catalogue import QUESTIONS

    rows = [
        {
            "question": name,
            "tells": question.about,
            "options": _OPTIONS.of(question),
            "columns": list(question.columns),
        }
        for name, question in QUESTIONS.items()
    ]
    return pa.Table.from_pylist(rows)


def _columns_of(question: "Question") -> "pa.Table":
    import pyarrow as pa

    rows = [{"column": name, "meaning": meaning} for name, meaning in question.columns.items()]
    return pa.Table.from_pylist(rows)


def _tell(answer: "pa.Table", form: Format, output: Path | None) -> None:
    from genesis_ray.store.disk import write_file

    if output:
        write_file(output.resolve(), written(answer, form))
    elif form is Format.TABLE:
        show(answer)
    else:
        sys.stdout.write(written(answer, form).decode())
