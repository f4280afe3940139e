"""`genesis import`: what another system remembers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.running.imports.importing import Imported

_INCOMPLETE = 1


def import_(
    source: Annotated[
        Path,
        typer.Argument(
            help="Genesis's folder (with data/outputs/identities.db, data/faces, metrics.jsonl or "
            "metrics.csv), or one of these files."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="The run to make, or to go on with; one of its own in runs/ by default."),
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Bring in people, their photos' faces, and the history of a Genesis installation.

    History is visits, identity events, alerts and metrics. The source is only read, and checked to
    be unchanged afterwards. Each row is read back and compared with what the source says;
    import.json in the run tells the rest. Again is no harm: what is there already is not doubled.
    Times without an offset are in `time_zone`.
    """
    from zoneinfo import ZoneInfo

    from rich.progress import Progress, SpinnerColumn, TextColumn

    from genesis_ray import settings_file
    from genesis_ray.cli.console import stderr
    from genesis_ray.cli.prepare import pull_models
    from genesis_ray.cli.run import with_options
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.migration.genesis_files import find_layout
    from genesis_ray.migration.genesis_source import GenesisSource
    from genesis_ray.running.imports.importing import import_genesis
    from genesis_ray.store.runs.run_folder import RunFolder

    settings = with_options(settings_file.load(config), data=data, start=None)
    found = GenesisSource.open(find_layout(source), ZoneInfo(settings.time_zone))
    finish_forgetting(settings)
    if found.photos:
        pull_models(settings)
    run = RunFolder.open(out) if out and (out / "run.json").exists() else RunFolder.create(out)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:,}"),
    )
    with Progress(*columns, console=stderr, transient=True) as bars:
        tasks = {
            what: bars.add_task(what, total=None, visible=False)
            for what in ("people", "visits", "identity events", "alerts", "metrics")
        }
        imported = import_genesis(
            settings,
            found,
            run,
            lambda what, rows: bars.update(tasks[what], advance=rows, visible=True),
        )
    _show(imported)
    if not imported.is_whole:
        raise typer.Exit(_INCOMPLETE)


def _show(imported: "Imported") -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.imports.import_report import REPORT

    table = Table(title=f"{imported.run}", title_justify="left", title_style="bold")
    table.add_column("what", no_wrap=True)
    for heading in ("rows", "brought in", "already there", "left out", "read back, the same"):
        table.add_column(heading, justify="right")
    for tally in imported.tallies:
        counts = (tally.read, tally.brought_in, tally.already_there)
        ends = (tally.left_out.total(), tally.verified)
        table.add_row(tally.what, *(f"{count:,}" for count in (*counts, *ends)))
    stdout.print(table)
    for tally in imported.tallies:
        for kind, count in tally.left_out.items():
            stdout.print(f"Left out of {tally.what}, {kind}: {count:,}")
        for example in tally.examples[:3]:
            stdout.print(f"    {example}", soft_wrap=True)
    for name, count in imported.not_carried.items():
        if count:
            stdout.print(f"Table {name} has no place here; rows: {count:,}")
    stdout.print(f"All of it is in {imported.run / REPORT}.", soft_wrap=True)
    if not imported.is_whole:
        stdout.print(
            "Not every row is there as the source has it; import again, and report it where that "
            "does not help.",
            style="bold red",
        )
