"""`genesis jobs`: work in the background, and what became of it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.domain.load.jobs import JobRecord
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder

app = typer.Typer(name="jobs", invoke_without_command=True)

RunOption = Annotated[
    Path | None,
    typer.Option("--run", help="The run's folder.  [the service's, else the newest in runs/]"),
]


@app.callback()
def jobs(
    context: typer.Context,
    run: RunOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Show what a service does in the background and what came of it, or do it now.

    When each job ran, how long it took, what came of it, and when it is due again. A service does
    them itself, behind the cameras: rollups, compaction, retention, purge-verification, visitors
    and kept photos that expire, merges to propose, clean-up of galleries, and snapshots of people
    and faces. Leaves with 1 if one failed.

    Examples: `genesis jobs` · `genesis jobs --json` · `genesis jobs run rollups`
    """
    if context.invoked_subcommand:
        return
    from genesis_ray.cli.console import stdout
    from genesis_ray.store.runs.job_records import read_all

    folder, _ = run_and_settings(run, config, data)
    records = read_all(folder.jobs)
    if as_json:
        typer.echo(json.dumps([_as_json(record) for record in records], indent=2))
    elif not records:
        stdout.print(
            f"No job has run in {folder.path}: a service does them, or `genesis jobs run NAME`.",
            soft_wrap=True,
        )
    else:
        stdout.print(_table(records))
    if any(record.error for record in records):
        raise typer.Exit(1)


@app.command("run")
def run_job(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="rollups, compaction, retention, purge-verification, propose, visitors, photos, "
            "clean-up or snapshots.",
        ),
    ],
    run: RunOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Do one job now, where no service holds the folder; while one does, it does them itself.

    `retention` and `photos` delete without asking: `genesis retention --dry-run` says what.

    Examples: `genesis jobs run rollups` · `genesis jobs run retention --run genesis-data/run`
    """
    from genesis_ray.cli.console import stderr, stdout
    from genesis_ray.errors import GenesisError
    from genesis_ray.running.upkeep.run_jobs import run_now

    folder, settings = run_and_settings(run, config, data)
    with stderr.status(f"Doing {name}"):
        record = run_now(name, folder, settings)
    if record.error:
        raise GenesisError(f"{name} failed: {record.error}")
    stdout.print(
        f"{name}: {_told(record) or 'nothing to do'} ({_took(record)})",
        highlight=False,
        soft_wrap=True,
    )


def run_and_settings(
    run: Path | None, config: Path | None, data: Path | None
) -> "tuple[RunFolder, Settings]":
    """Return the run that is meant, the service's if none is named, and what holds for it."""
    from genesis_ray.cli.repairs import settings_of
    from genesis_ray.running.live_run import live_run_path
    from genesis_ray.running.questions.history import run_named
    from genesis_ray.running.questions.history import settings_of as settings_of_run
    from genesis_ray.store.runs.run_folder import RunFolder

    given = settings_of(config, data)
    if run is None and (live_run_path(given) / "run.json").exists():
        folder = RunFolder.open(live_run_path(given))
    else:
        folder = run_named(run, given)
    return folder, given if config else settings_of_run(folder, data)


def _table(records: "list[JobRecord]") -> object:
    from rich.table import Table
    from rich.text import Text

    from genesis_ray.cli.console import headed

    now = datetime.now(UTC)
    table = Table()
    for name in ("job", "began (UTC)", "took", "result", "due (UTC)"):
        table.add_column(name, no_wrap=name != "result")
    for record in records:
        if record.error:
            told = f"({record.failures} times): {record.error}"
            result: str | Text = headed("failed", told, "bold red")
        elif record.is_running:
            result = Text("under way", "yellow")
        elif record.started_at is None:
            result = Text("not run yet", "dim")
        else:
            result = _told(record)
        due = "now" if record.due_at <= now else _minute(record.due_at)
        began = _minute(record.started_at) if record.started_at else ""
        table.add_row(record.name, began, _took(record), result, "" if record.is_running else due)
    return table


def _told(record: "JobRecord") -> str:
    return ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}"
        for name, value in record.outcome.items()
    )


def _took(record: "JobRecord") -> str:
    if record.started_at is None or record.ended_at is None:
        return ""
    took = record.ended_at - record.started_at
    return (
        f"{took.total_seconds():.1f} s" if took < timedelta(minutes=2) else f"{took}".split(".")[0]
    )


def _minute(at: datetime) -> str:
    return f"{at:%m-%d %H:%M}"


def _as_json(record: "JobRecord") -> dict[str, object]:
    times = {
        name: at.isoformat() if at else None
        for name, at in (
            ("started_at", record.started_at),
            ("ended_at", record.ended_at),
            ("due_at", record.due_at),
        )
    }
    took = record.ended_at - record.started_at if record.started_at and record.ended_at else None
    return {
        "name": record.name,
        **times,
        "duration_s": took.total_seconds() if took is not None else None,
        "failures": record.failures,
        "error": record.error,
        "outcome": dict(record.outcome),
    }
