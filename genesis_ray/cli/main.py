"""The `genesis` command: its groups, and how errors reach the user."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from genesis_ray.cli import (
    alert_delivery,
    alerts,
    apply,
    ask,
    audit,
    backup,
    calibrate,
    dead_letters,
    demo,
    doctor,
    evaluate,
    export,
    forget,
    importing,
    jobs,
    keys,
    models,
    people,
    plan,
    query,
    report,
    reprocess,
    retention,
    run,
    topology,
    up,
    zones,
)
from genesis_ray.cli.console import headed, stderr
from genesis_ray.errors import ConfigurationError, GenesisError

app = typer.Typer(
    name="genesis",
    help="Turn video into answers: who was where, for how long, in which order.",
    epilog="Start with `genesis demo`, then `genesis run VIDEO`; `genesis doctor` helps.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_WATCH, _ASK = "Watch", "Ask"
_PEOPLE, _KEEP = "People and faces", "Keep it running"
_MEASURE = "Measure and set up"
"""Groups of commands, as `genesis --help` shows them, in this order."""

_command: Callable[..., None]
for _command in (demo.demo, run.run, reprocess.reprocess, up.up, up.status, apply.apply, up.down):
    app.command(rich_help_panel=_WATCH)(_command)

for _command in (report.report, ask.ask, query.query, export.export):
    app.command(rich_help_panel=_ASK)(_command)
alerts.app.add_typer(alert_delivery.app)
app.add_typer(alerts.app, name="alerts", rich_help_panel=_ASK)

for _command in (backup.backup, backup.restore, forget.forget, forget.verify_forgotten):
    people.app.command()(_command)
app.add_typer(people.app, name="people", rich_help_panel=_PEOPLE)
app.add_typer(keys.app, name="keys", rich_help_panel=_PEOPLE)
app.add_typer(audit.app, name="audit", rich_help_panel=_PEOPLE)
app.command("import", rich_help_panel=_PEOPLE)(importing.import_)

app.command(rich_help_panel=_KEEP)(doctor.doctor)
app.add_typer(jobs.app, name="jobs", rich_help_panel=_KEEP)
app.command(rich_help_panel=_KEEP)(retention.retention)
app.add_typer(dead_letters.app, name="dead-letters", rich_help_panel=_KEEP)
app.add_typer(models.app, name="models", rich_help_panel=_KEEP)

app.add_typer(zones.app, name="zones", rich_help_panel=_MEASURE)
app.add_typer(topology.app, name="topology", rich_help_panel=_MEASURE)
app.add_typer(calibrate.app, name="calibrate", rich_help_panel=_MEASURE)
app.add_typer(evaluate.app, name="evaluate", rich_help_panel=_MEASURE)
app.command(rich_help_panel=_MEASURE)(plan.plan)

_USER_ERROR = 2


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"genesis-ray {version('genesis-ray')}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    version: Annotated[  # noqa: ARG001  acted on by its callback
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    _debugging.append(debug)


_debugging: list[bool] = []
"""What --debug said; the command line is read once a process."""


def main() -> None:
    """Run the command line; errors of the user's leave with 2, our own with 1."""
    try:
        _check_text(sys.argv[1:])
        app()
    except GenesisError as error:
        if any(_debugging):
            raise
        stderr.print(headed("error:", str(error), "bold red"), soft_wrap=True)
        sys.exit(_USER_ERROR)
    except Exception as error:  # a bug; a traceback would not help who meets it
        if any(_debugging):
            raise
        told = headed(f"unexpected {type(error).__name__}:", str(error), "bold red")
        stderr.print(told, soft_wrap=True)
        stderr.print("Run again with `genesis --debug ...` and report what it shows.")
        sys.exit(1)


def _check_text(arguments: Sequence[str]) -> None:
    """Refuse what cannot be stored or shown as text; files may be called as they are.

    Raises:
        ConfigurationError: An argument is not UTF-8.
    """
    for each in arguments:
        if not each.isascii() and not os.path.lexists(each):
            try:
                each.encode()
            except UnicodeEncodeError:
                shown = os.fsencode(each).decode(errors="backslashreplace")
                raise ConfigurationError(
                    f"expected text in UTF-8, got {shown!r:.80}; is the terminal's set to another?"
                ) from None
