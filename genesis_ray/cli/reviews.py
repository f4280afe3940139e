"""`genesis people review` and `confirm`: what waits for an answer, and answering it."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.repairs import (
    ByOption,
    RunOption,
    WhyOption,
    repairs_of,
    run_of,
    say,
    settings_of,
    tell_of,
)
from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.running.people.reviews import Review


def review(
    run: RunOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """List the tracks that may be somebody, and wait for a person to say so.

    A track whose name was held back because its bearer was elsewhere at that moment is among them.

    Examples: `genesis people review` · `genesis people review --run runs/march --json`
    """
    from dataclasses import asdict

    from rich.table import Column, Table

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.people.identities import who_is_who
    from genesis_ray.running.people.reviews import waiting
    from genesis_ray.running.questions.history import present_tables

    settings = settings_of(config, data)
    folder = run_of(run, settings)
    found = waiting(
        present_tables(folder.events, settings), who_is_who(settings), settings.tenant_id
    )
    if as_json:
        rows = [{**asdict(each), "track": str(each.track)} for each in found]
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    if not found:
        say(f"Nothing in {folder.path} waits for an answer.")
        return
    track = Column("track", no_wrap=True)
    table = Table(track, "last face (UTC)", "may be", "like", "faces", "why")
    for each in found:
        table.add_row(
            str(each.track),
            f"{each.at:%Y-%m-%d %H:%M:%S}",
            f"{each.name} ({each.identity_id[:8]})",
            f"{each.similarity:.2f}",
            f"{each.faces}" if each.evidence is None else f"{each.evidence:.1f}",
            _why(each),
        )
    stdout.print(table)
    say(f"Look at one with: genesis people explain {found[0].track}")
    say(f"It is them: genesis people confirm {found[0].track}")
    say(f"It is not: genesis people reject {found[0].track} {found[0].identity_id[:8]}")


def _why(review: "Review") -> str:
    if review.is_quarantined:
        return "elsewhere then"
    return "later faces" if review.is_exchanged else "in doubt"


def confirm(
    track: Annotated[str, typer.Argument(metavar="CAMERA:TRACK", help="That got no name.")],
    person: Annotated[
        str | None,
        typer.Argument(metavar="PERSON", help="Whose it is; whom its review proposes by default."),
    ] = None,
    run: RunOption = None,
    why: WhyOption = "",
    by: ByOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Say whose a track is that faces gave no name: for review, quarantined, or unknown.

    It is shown with that name at once, and their visits with it. Nobody is recognised better by it,
    as no face of a nameless track is kept: a photo does that (`genesis people enroll`).

    Examples: `genesis people confirm door:17` ·
    `genesis people confirm door:17 Ada --why "red coat"`
    """
    from genesis_ray.running.people.naming import TrackName

    settings = settings_of(config, data)
    named = TrackName.parse(track)
    with repairs_of(settings, by, why) as repairs:
        entry = repairs.confirm(named, person, run_of(run, settings))
        who = repairs.who.person(entry.track.identity_id)
        say(f"Track {named} is {who.name}, identity {who.identity_id}.")
    tell_of(entry, settings)
