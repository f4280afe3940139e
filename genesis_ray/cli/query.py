"""`genesis query`: any question in SQL over the events of a run."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from genesis_ray.cli.answer import Format, show, written
from genesis_ray.cli.run import DataOption
from genesis_ray.errors import ConfigurationError

if TYPE_CHECKING:
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder


AnyFormat = TypeVar("AnyFormat", bound=StrEnum)
"""How rows can be written: one of several such lists, all of which have parquet."""


def query(
    sql: Annotated[
        str | None, typer.Argument(help="The query. Without one: which tables there are.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="The run's folder; the newest in runs/, or the service's.")
    ] = None,
    data: DataOption = None,
    tenant: Annotated[
        str | None, typer.Option(help="Only the rows of this tenant; all by default.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Only events from then on, as 2026-01-05 or 2026-01-05T09:30; UTC."),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only events before then.")] = None,
    output_format: Annotated[
        Format | None,
        typer.Option("--format", help="By default what --output ends with, else a table."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write to this file instead of the terminal.")
    ] = None,
) -> None:
    """Ask the events of a run a question in SQL, such as "FROM visits ORDER BY started_at".

    It reads, and changes nothing; of the files only what it needs, so name a time where there
    are many days. Ctrl-C stops it.

    The dialect is DuckDB's, times are UTC. `visits` has one row a visit, `visit_events` the rows
    that it was made from. Identities are those that hold now (`genesis people log`); what was
    written is in tables that end in `_as_written`.
    """
    from genesis_ray.analytics import query as analytics
    from genesis_ray.cli.run import parse_time
    from genesis_ray.running.questions.asked_tenant import check_tenant
    from genesis_ray.running.questions.history import asked_run, present_tables, settings_of
    from genesis_ray.store.disk import write_file

    chosen = chosen_format(output_format, output, usual=Format.TABLE)
    folder = asked_run(run, data)
    settings = settings_of(folder, data)
    check_tenant(folder, settings, tenant)
    warn_without_people(folder, settings, data)
    tables = present_tables(
        folder.events,
        settings,
        tenant,
        since=parse_time(since, "--since"),
        until=parse_time(until, "--until"),
    )
    if sql is None:
        answer = analytics.describe(tables)
    else:
        with _asking() as watch:
            answer = analytics.run(sql, tables, watch=watch)
    if output:
        write_file(output.resolve(), written(answer, chosen))
    elif chosen is Format.TABLE:
        show(answer)
    else:
        sys.stdout.write(written(answer, chosen).decode())


@contextmanager
def _asking() -> Iterator[Callable[[float], None]]:
    """Show on a terminal how far a query is that takes its time."""
    from genesis_ray.cli.console import stderr

    with stderr.status("reading") as status:

        def watch(percent: float) -> None:
            status.update(f"reading, {percent:.0f} %" if percent > 0 else "reading")

        yield watch


def warn_without_people(folder: "RunFolder", settings: "Settings", data: Path | None) -> None:
    """Say so where the data folder of a run, which has its people, is not there."""
    from genesis_ray.cli.console import stderr

    if settings.data_dir.is_dir() or not (data or folder.summary().get("settings")):
        return
    stderr.print(
        f"{settings.data_dir}, which has the people of the run, is not there: identities are shown "
        f"as they were written. Name it with --data DIR.",
        soft_wrap=True,
    )


_SAYS_NOTHING = ("", "txt")
"""What a file may end with that says nothing of its format."""


def chosen_format(given: AnyFormat | None, output: Path | None, *, usual: AnyFormat) -> AnyFormat:
    """Return how an answer is written, by --format and what --output ends with, else the usual way.

    Raises:
        ConfigurationError: The output is no file, or is needed, or what it ends with is a format
            that is not written, as .xlsx.
    """
    if output and output.exists() and not output.is_file():
        raise ConfigurationError(
            f"--output {output} is no file; name one, or leave --output out to print the answer"
        )
    formats = type(usual)
    ending = output.suffix.removeprefix(".").lower() if output else ""
    if not given and ending not in (*formats, *_SAYS_NOTHING):
        endings = ", ".join(f".{each}" for each in formats if each != "table")
        raise ConfigurationError(
            f"--output {output} does not say how to write it; let it end with {endings}, or add "
            f"--format"
        )
    chosen = given or (formats(ending) if ending in list(formats) else usual)
    if chosen == "parquet" and not output:
        raise ConfigurationError("--format parquet is no text; say where to: --output FILE")
    return chosen
