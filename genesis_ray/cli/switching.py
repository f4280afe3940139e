"""`genesis people switch`: which embedder's gallery names people."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.galleries import JsonOption, some
from genesis_ray.cli.run import ConfigOption, DataOption
from genesis_ray.cli.running_system import still_named_by

if TYPE_CHECKING:
    from genesis_ray.running.templates.switching import Switch
    from genesis_ray.settings import Settings

_WITHIN_S = 60.0
"""For a system that runs to load another embedder, where its models may have to be fetched."""


def switch(
    embedder: Annotated[str, typer.Argument(help="One of `genesis people galleries`.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Also where people are not in that gallery.")
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Name people by another embedder's gallery from now on, or by the old one again.

    It is noted in the data folder, in one step, and counts more than faces.embedder; what starts
    from then on goes by it. A system that runs in real time goes over to it by itself, as soon as
    it has the models loaded; recordings at full speed are looked at by one to their end. Both
    galleries stay, so the way back is this command with the old name. It is refused where people
    are known to the gallery in use and not to the other.

    Example: genesis people re-embed --to sface && genesis people switch sface
    """
    from dataclasses import asdict

    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.templates import switching

    settings = with_options(settings_file.load(config), data=data, start=None)
    planned = switching.plan_switch(settings, embedder)
    if planned.lost and not yes:
        raise ConfigurationError(
            f"{len(planned.lost)} of the people who are known now would not be recognised by "
            f"{embedder}: {', '.join(planned.lost)}. Take them into its gallery first (genesis "
            f"people re-embed --to {embedder}), or switch all the same with --yes"
        )
    switching.switch(settings, planned)
    if as_json:
        typer.echo(json.dumps(asdict(planned), indent=2))
        return
    stdout.print(
        f"People are named by {embedder} from now on, and were by {planned.before}: "
        f"{_people(planned.people)} in its gallery.",
        soft_wrap=True,
    )
    _tell_what_is_lost(planned)
    _tell_thresholds(planned)
    _tell_process(settings, planned)
    stdout.print(f"The way back: genesis people switch {planned.before}", soft_wrap=True)


def _people(count: int) -> str:
    return "1 enrolled person is" if count == 1 else f"{count:,} enrolled people are"


def _tell_what_is_lost(planned: "Switch") -> None:
    from genesis_ray.cli.console import stderr

    if planned.lost:
        told = f"Not recognised by it: {some(planned.lost)}."
        stderr.print(told, style="yellow", soft_wrap=True)
    if planned.visitors:
        visitors = "1 visitor stays" if planned.visitors == 1 else f"{planned.visitors:,} stay"
        stderr.print(
            f"Of visitors without a name {visitors} in the old gallery alone: who comes again is "
            f"a new one.",
            style="yellow",
            soft_wrap=True,
        )


def _tell_process(settings: "Settings", planned: "Switch") -> None:
    """Say by what a system that runs names people now; wait for it, if it goes over by itself."""
    from rich.text import Text

    from genesis_ray.cli.console import stderr, stdout
    from genesis_ray.running.templates.switching import is_in_force

    process, embedder = planned.process, planned.process_embedder
    runs = f"The system that runs, process {process},"
    within_s = _WITHIN_S if planned.process_follows else 0
    if embedder:
        with stderr.status(Text(f"{runs} loads {planned.embedder} and goes over to it")):
            is_done = is_in_force(settings, planned, within_s=within_s)
        if is_done:
            stdout.print(f"{runs} names people by it.", soft_wrap=True)
        else:
            told = still_named_by(process or "", embedder, follows=planned.process_follows)
            stderr.print(told, style="yellow", soft_wrap=True)
    elif process:
        stderr.print(
            f"Process {process} goes on as it began, until it ends.",
            style="yellow",
            soft_wrap=True,
        )


def _tell_thresholds(planned: "Switch") -> None:
    from genesis_ray.cli.console import stdout

    book = planned.thresholds
    origin = {
        "settings": "identity.threshold, which was set for whichever embedder",
        "embedder": "its own; `genesis calibrate` fits one to your cameras",
    }.get(book.usual.origin, book.usual.origin)
    stdout.print(f"Threshold: {book.usual.value:.3f}, {origin}.", soft_wrap=True)
    for camera_id, threshold in sorted(book.cameras.items()):
        stdout.print(
            f"  at {camera_id}: {threshold.value:.3f}, {threshold.origin}",
            soft_wrap=True,
        )
