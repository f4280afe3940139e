"""`genesis people templates`, `tidy`, `propose`: what the system itself keeps of people."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.repairs import (
    ByOption,
    PersonArgument,
    WhyOption,
    repairs_of,
    settings_of,
    user_or,
)
from genesis_ray.cli.run import ConfigOption, DataOption, parse_time
from genesis_ray.cli.running_system import tell_of_waiting, tell_where_it_counts
from genesis_ray.running.people.patience import WAIT_S

if TYPE_CHECKING:
    from datetime import datetime

    from genesis_ray.domain.recognition.people import Person
    from genesis_ray.running.people.proposals import Candidates
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def templates(
    person: PersonArgument,
    undo: Annotated[
        str | None,
        typer.Option(metavar="CHANGE", help="Take back what was learned; its beginning is enough."),
    ] = None,
    remove: Annotated[
        str | None,
        typer.Option(metavar="TEMPLATE", help="Remove a face for good; its beginning is enough."),
    ] = None,
    why: WhyOption = "",
    by: ByOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Show the faces that a person is recognised by, and what was learned; --undo takes it back.

    A change that is undone goes with all that was built on it, and what it replaced is used
    again. `genesis people undo` takes the undoing back. With --remove a face goes for good, with
    every byte, from all galleries, and so does the photo that is kept of it; a backup from before
    has it still, and a restore brings it back. With --json it is told too where the face of a
    photo is in it.

    Examples: `genesis people templates Ada` · `genesis people templates Ada --undo 91bc` ·
    `genesis people templates Ada --remove 0c5e`
    """
    from genesis_ray.cli.console import stdout
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.templates.templates_shown import known_templates, undo_change

    settings = settings_of(config, data)
    if undo is not None and remove is not None:
        raise ConfigurationError("--undo and --remove are two things; ask for one at a time")
    if remove is not None:
        _remove(settings, person, remove, by)
        return
    if undo is not None:
        with repairs_of(settings, by, why) as repairs:
            undone = undo_change(settings, repairs, person, undo)
            count = len(undone.change_ids)
            what = "1 change" if count == 1 else f"{count} changes"
            stdout.print(
                f"Undone: {what} of {undone.person.name}. "
                f"Take that back with: genesis people undo {undone.entry_id}",
                soft_wrap=True,
            )
        tell_where_it_counts(settings)
        return
    shown = known_templates(settings, person)
    if as_json:
        typer.echo(json.dumps([row.as_json() for row in shown], indent=2))
        return
    from rich.table import Table

    table = Table("template", "since (UTC)", "of", "quality", "state", "takes the place of")
    for row in shown:
        table.add_row(
            row.face_id[:8], _minute(row.since), row.origin, f"{row.quality:.2f}", row.state,
            row.replaced_id[:8],
        )  # fmt: skip
    stdout.print(table)


def _remove(settings: "Settings", person: str, face: str, by: str | None) -> None:
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.running.enrolling.face_removal import remove_face

    finish_forgetting(settings)
    done = remove_face(settings, person, face, by=user_or(by), within_s=WAIT_S)
    name, left = done.person.name, f"{done.left} face{'s' * (done.left != 1)}"
    if done.process:
        stdout.print(f"A face of {name} is to be removed; {left} stay.")
        tell_of_waiting(done.process)
        return
    stdout.print(f"Removed: a face of {name}, who has {left} left.")
    if done.waits:
        stdout.print(
            f"{done.waits}; `genesis jobs run stray-photos` goes on with it.", soft_wrap=True
        )


def tidy(
    at: Annotated[
        str | None,
        typer.Option(help="As if it were this time, ISO 8601; UTC unless it says else.  [now]"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Forget visitors who were not seen for `identity.visitor_days`: faces and all.

    Events keep the pseudonym. A service does this itself, once a day.

    Examples: `genesis people tidy` · `genesis people tidy --dry-run`
    """
    from datetime import UTC, datetime

    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.running.erasure.tidying import tidy as tidy_visitors

    settings = settings_of(config, data)
    if not dry_run:
        finish_forgetting(settings)
    done = tidy_visitors(
        settings, at=parse_time(at, option="--at") or datetime.now(UTC), dry_run=dry_run
    )
    if not done.visitors:
        stdout.print(f"No visitor was out of sight for {settings.identity.visitor_days:g} days.")
        return
    verb = "would be forgotten" if dry_run else "forgotten"
    visitors = "1 visitor" if len(done.visitors) == 1 else f"{len(done.visitors)} visitors"
    faces = "1 face" if done.faces == 1 else f"{done.faces} faces"
    stdout.print(f"{visitors} {verb}, with {faces}.")


def propose(
    risk: Annotated[
        float,
        typer.Option(min=0, max=1, help="Most chance that two people are so alike by accident."),
    ] = 0.001,
    runs: Annotated[
        list[Path] | None,
        typer.Option(
            "--run",
            help="Runs that tell who was seen with whom; again for more.  [the newest]",
        ),
    ] = None,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply", help="Merge those whose risk is at most 1e-6, one of them a visitor."
        ),
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """List who may be one person: pairs of identities too alike to be two people.

    Left out are pairs who were split or rejected, and pairs who were in one picture at one time.
    Nothing is changed but by --apply, and by `genesis people merge`; each merge can be undone.

    Examples: `genesis people propose` · `genesis people propose --risk 0.01 --run runs/march`
    """
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.running.people.proposals import find_candidates, merge_sure

    settings = settings_of(config, data)
    folders = _runs(runs, settings)
    if apply:
        finish_forgetting(settings)
    found = find_candidates(settings, folders, most_risk=risk)
    made = merge_sure(settings, folders, found) if apply else []
    if as_json:
        merged = [entry.entry_id for entry in made]
        typer.echo(json.dumps({"proposals": [_row(each) for each in found], "merged": merged},
                              indent=2))  # fmt: skip
        return
    if not found:
        stdout.print(f"No two people are so alike that the risk is {risk:g} or less.")
        return
    _show(found)
    for entry in made:
        stdout.print(
            f"Merged {entry.identity_id[:8]} and {entry.other_id[:8]} ({entry.why}). "
            f"Undo it with: genesis people undo {entry.entry_id}",
            soft_wrap=True,
        )
    if made:
        tell_where_it_counts(settings)
    else:
        stdout.print("Look at them, then say which are one: genesis people merge PERSON PERSON")


def _show(found: "list[Candidates]") -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout

    table = Table("person", "tracks", "and", "tracks", "similarity", "risk")
    for each in found:
        one, other = each.people
        table.add_row(
            _called(one), str(each.sights[0]), _called(other), str(each.sights[1]),
            f"{each.proposal.similarity:.3f}", f"{each.proposal.risk:.1g}",
        )  # fmt: skip
    stdout.print(table)


def _row(each: "Candidates") -> dict[str, object]:
    people = [
        {
            "identity_id": person.identity_id,
            "name": person.name,
            "kind": person.kind,
            "tracks": sights,
            "last_seen": last.isoformat() if last else None,
        }
        for person, sights, last in zip(each.people, each.sights, each.last, strict=True)
    ]
    found = each.proposal
    return {"people": people, "similarity": found.similarity, "risk": found.risk}


def _called(person: "Person") -> str:
    return f"{person.name} ({person.identity_id[:8]})"


def _minute(at: "datetime") -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _runs(runs: list[Path] | None, settings: "Settings") -> "list[RunFolder]":
    from genesis_ray.errors import StoreError
    from genesis_ray.running.questions.history import run_named

    if runs:
        return [run_named(run, settings) for run in runs]
    try:
        return [run_named(None, settings)]
    except StoreError:  # there is none yet
        return []
