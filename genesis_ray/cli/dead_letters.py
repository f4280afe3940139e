"""`genesis dead-letters`: what was set aside, and what shall become of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from genesis_ray.running.upkeep.dead_letters import DeadLetter
    from genesis_ray.store.runs.run_folder import RunFolder

app = typer.Typer(
    name="dead-letters",
    help="See, replay or drop the frames and recordings that were set aside.",
    no_args_is_help=True,
)

IdsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Of `list`; the beginning of one is enough."),
]
AllOption = Annotated[bool, typer.Option("--all", help="All that wait.")]
RunOption = Annotated[
    Path | None,
    typer.Option("--run", help="The run's folder; the newest in runs/, or the service's."),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of people and galleries, if not where the run has it."),
]
Status = Literal["waiting", "replayed", "dropped", "all"]

_SHOWN = {
    "dead_letter_id": "id",
    "camera_id": "camera",
    "captured_at": "captured (UTC)",
    "unit": "unit",
    "stage": "stage",
    "attempts": "attempts",
    "reason": "reason",
    "status": "status",
    "outcome": "outcome",
}


@app.command("list")
def list_letters(
    run: RunOption = None,
    status: Annotated[Status, typer.Option(help="Only those that are this now.")] = "waiting",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List what was set aside because it failed again and again, and why."""
    import sys

    from genesis_ray.analytics.dead_letters import present
    from genesis_ray.cli.answer import Format, show, written
    from genesis_ray.cli.console import stdout
    from genesis_ray.store.events.reader import RunTables

    folder = _open(run)
    letters = present(RunTables(folder.events), status=None if status == "all" else status)
    if as_json:
        sys.stdout.write(written(letters, Format.JSON).decode())
    elif not len(letters):
        which = "No dead letter" if status == "all" else f"No dead letter is {status}"
        stdout.print(f"{which} in {folder.path}.", soft_wrap=True)
    else:
        columns = [name for name in _SHOWN if name != "outcome" or status != "waiting"]
        show(letters.select(columns).rename_columns([_SHOWN[name] for name in columns]))


@app.command()
def replay(
    ids: IdsArgument = None,
    everything: AllOption = False,
    run: RunOption = None,
    data: DataOption = None,
) -> None:
    """Try once more, with the settings of the run, in a process of its own.

    A recording is watched again from its source, and what it tells is added to the run, which
    has no event twice. Visits are made of this recording alone.

    A frame of a recording is looked at again by the stage that failed, and you are told what is
    found; that is all, since tracks cannot be mended afterwards: to have the frame in the
    results, reprocess its recording. Of a live stream no picture is kept, so its frames can only
    be dropped.

    What fails again, or kills that process, waits on with one more of its attempts; nothing else
    of it is written.
    """
    from genesis_ray.cli.console import stderr, stdout
    from genesis_ray.cli.prepare import prepare_models
    from genesis_ray.cli.progress import CameraBars
    from genesis_ray.errors import FailedAgainError, GenesisError, StoreError
    from genesis_ray.running.recordings import WatchedRun
    from genesis_ray.running.upkeep.replay import Replay
    from genesis_ray.running.upkeep.replaying import ReplayProcess
    from genesis_ray.store.events.event_log import EventLog

    folder = _open(run)
    letters = _chosen(folder, ids, everything=everything)
    if not letters:
        return
    watched = WatchedRun(folder)
    settings = watched.settings.model_copy(update={"data_dir": data} if data else {})
    failed = 0
    with EventLog(folder.events) as log, ReplayProcess(Replay(folder, settings, watched)) as again:
        prepare_models(settings, again.shapes(letters))
        for letter in letters:
            name = f"{letter.dead_letter_id} ({letter.camera_id})"
            try:
                with CameraBars("loading models") as bars:
                    finding = again.replay(letter, log, on_progress=bars.update)
            except StoreError:
                raise  # the next one could not be written either
            except FailedAgainError as error:
                failed += 1
                stderr.print(f"{name}: it failed again: {error}", soft_wrap=True)
            except GenesisError as error:
                failed += 1
                stderr.print(f"{name}: {error}", soft_wrap=True)
            else:
                stdout.print(f"{name}: replayed, {finding}", soft_wrap=True)
    if failed:
        raise GenesisError(f"{failed} of {len(letters)} could not be replayed; they wait on")


@app.command()
def drop(
    ids: IdsArgument = None,
    everything: AllOption = False,
    reason: Annotated[str, typer.Option(help="Why, for who reads the list later.")] = "",
    run: RunOption = None,
) -> None:
    """Give up what was set aside: it stays in the list as dropped, and no longer waits."""
    from datetime import UTC, datetime

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.upkeep import dead_letters

    folder = _open(run)
    letters = _chosen(folder, ids, everything=everything)
    if letters:
        dead_letters.drop(folder, letters, reason=reason, at=datetime.now(UTC))
        stdout.print(f"{len(letters)} dropped.")


def _open(run: Path | None) -> "RunFolder":
    from genesis_ray.running.questions.history import asked_run

    return asked_run(run, None)


def _chosen(folder: "RunFolder", ids: list[str] | None, *, everything: bool) -> "list[DeadLetter]":
    """Return the dead letters that a command names; says so where there are none."""
    from genesis_ray.cli.console import stdout
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.upkeep import dead_letters

    if bool(ids) == everything:
        raise ConfigurationError("name dead letters by their ids, or all that wait with --all")
    letters = dead_letters.dead_letters_of(folder)
    if ids:
        return dead_letters.chosen(letters, ids)
    waiting = dead_letters.waiting(letters)
    if not waiting:
        stdout.print(f"No dead letter waits in {folder.path}.", soft_wrap=True)
    return waiting
