"""`genesis people merge`, `split`, `rename`, `reject`, `undo`: who is who, says somebody."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.decisions import counted, told
from genesis_ray.cli.run import ConfigOption, DataOption
from genesis_ray.cli.running_system import tell_where_it_counts

if TYPE_CHECKING:
    from genesis_ray.domain.recognition.ledger import Entry, WhoIsWho
    from genesis_ray.running.people.repairs import Repairs
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder

PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="A name, an identity, or 8 characters of one.")
]
WhyOption = Annotated[str, typer.Option(help="Why, for who reads the log later.")]
ByOption = Annotated[
    str | None, typer.Option(help="Who says so; the user of this system by default.")
]
RunOption = Annotated[
    Path | None,
    typer.Option("--run", help="The run with the tracks; the newest in runs/, or the service's."),
]


def merge(
    one: PersonArgument,
    other: Annotated[str, typer.Argument(metavar="PERSON", help="The same person.")],
    why: WhyOption = "",
    by: ByOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Say that two identities are one person.

    Whoever was given a name by somebody survives, of two who were the one who was enrolled
    first; `genesis people rename` has the last word on the name.

    Examples: `genesis people merge "visitor 3f2a" Ada` ·
    `genesis people merge 3f2a9c10 91bcd2e7 --why "the same coat"`
    """
    settings = settings_of(config, data)
    with repairs_of(settings, by, why) as repairs:
        before = [_called(repairs.who, text) for text in (one, other)]
        entry = repairs.merge(one, other)
        survivor = repairs.who.person(entry.identity_id)
        say(f"{before[0]} and {before[1]} are one person now: {survivor.name}, "
             f"identity {survivor.identity_id}.")  # fmt: skip
    tell_of(entry, settings)


def split(
    person: PersonArgument,
    tracks: Annotated[
        list[str] | None,
        typer.Option(
            "--track", metavar="CAMERA:TRACK", help="That is somebody else; again for more."
        ),
    ] = None,
    faces: Annotated[
        list[str] | None,
        typer.Option("--face", metavar="FACE", help="Of `people show --json`; again for more."),
    ] = None,
    run: RunOption = None,
    why: WhyOption = "",
    by: ByOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Say that some tracks or faces of a person are somebody else, who becomes a new identity.

    A visitor's faces in the gallery go with the track that they were taken of.

    Examples: `genesis people split Ada --track door:17` ·
    `genesis people split 3f2a9c10 --track door:17 --track till:4 --run runs/march`
    """
    from genesis_ray.running.people.naming import TrackName

    settings = settings_of(config, data)
    named = [TrackName.parse(text) for text in tracks or ()]
    with repairs_of(settings, by, why) as repairs:
        before = _called(repairs.who, person)
        folder = run_of(run, settings) if named else None
        entry = repairs.split(person, named, faces or (), folder)
        born = repairs.who.person(entry.new_id)
        moved = [
            counted(len(named), "track"),
            counted(len(entry.face_ids), "face"),
        ]
        what = " and ".join(each for each in moved if each)
        verb = "is" if len(named) + len(entry.face_ids) == 1 else "are"
        say(
            f"{what} of {before} {verb} somebody else now: {born.name}, "
            f"identity {born.identity_id}."
        )
        say(f"Give them a name: genesis people rename {born.identity_id[:8]} NAME")
    tell_of(entry, settings)


def rename(
    person: PersonArgument,
    name: Annotated[str, typer.Argument(help="What they are called from now on.")],
    why: WhyOption = "",
    by: ByOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Call a person something else; a visitor who gets a name is no longer pseudonymous.

    Examples: `genesis people rename "visitor 3f2a" "Ada Lovelace"` ·
    `genesis people rename Ada Augusta`
    """
    settings = settings_of(config, data)
    with repairs_of(settings, by, why) as repairs:
        before = _called(repairs.who, person)
        entry = repairs.rename(person, name)
        say(f"{before} is called {entry.name} now, identity {entry.identity_id}.")
    tell_of(entry, settings)


def reject(
    track: Annotated[str, typer.Argument(metavar="CAMERA:TRACK")],
    person: PersonArgument,
    run: RunOption = None,
    why: WhyOption = "",
    by: ByOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Say that a track is not this person, whoever else it may be.

    It is shown without that name at once; when its recording is watched again it gets
    another name, if any.

    Examples: `genesis people reject door:17 Ada` ·
    `genesis people reject door:17 3f2a9c10 --why "his brother"`
    """
    from genesis_ray.running.people.naming import TrackName

    settings = settings_of(config, data)
    named = TrackName.parse(track)
    with repairs_of(settings, by, why) as repairs:
        entry = repairs.reject(named, person, run_of(run, settings))
        who = repairs.who.person(entry.track.identity_id)
        say(f"Track {named} is not {who.name}, identity {who.identity_id}.")
    tell_of(entry, settings)


def undo(
    entry: Annotated[
        str, typer.Argument(metavar="ENTRY", help="Of `log`; its beginning is enough.")
    ],
    why: WhyOption = "",
    by: ByOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Take a decision back: all is as if it had never been made. The log keeps both.

    Examples: `genesis people undo 5d0c71aa` · `genesis people undo 5d --why "wrong after all"`
    """
    settings = settings_of(config, data)
    with repairs_of(settings, by, why) as repairs:
        made = repairs.undo(entry)
        undone = next(each for each in repairs.entries() if each.entry_id == made.undone_id)
        say(f"Undone: entry {undone.entry_id}, {told(undone, repairs.who)}.")
    tell_where_it_counts(settings)


def settings_of(config: Path | None, data: Path | None) -> "Settings":
    """Return the settings with what --data says."""
    from genesis_ray import settings_file
    from genesis_ray.cli.run import with_options

    return with_options(settings_file.load(config), data=data, start=None)


def repairs_of(settings: "Settings", by: str | None, why: str) -> "Repairs":
    """Return the ledger, open for a decision of `by`, of this system's user by default."""
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.running.people.repairs import Repairs

    finish_forgetting(settings)
    return Repairs(settings, by=user_or(by), why=why)


def user_or(by: str | None) -> str:
    """Return who says so: the user of this system where nobody is named."""
    from genesis_ray.store.audit.audit_entry import this_user

    return this_user() if by is None else by


def run_of(run: Path | None, settings: "Settings") -> "RunFolder":
    """Return the run that is meant, by default the newest."""
    from genesis_ray.running.questions.history import run_named

    return run_named(run, settings)


def _called(who: "WhoIsWho", text: str) -> str:
    from genesis_ray.running.people.naming import find

    return who.person(find(who, text)).name


def tell_of(entry: "Entry", settings: "Settings") -> None:
    """Say how an entry is undone, and whether a system that runs goes by it."""
    say(f"Undo it with: genesis people undo {entry.entry_id}")
    tell_where_it_counts(settings)


def say(text: str) -> None:
    """Print a line as it is."""
    from genesis_ray.cli.console import stdout

    stdout.print(text, soft_wrap=True)
