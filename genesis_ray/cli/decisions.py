"""`genesis people log`: what was decided about who is who."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.domain.recognition.ledger import Entry, Split, WhoIsWho


def log(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Show what was decided about who is who, by whom, when and why.

    Examples: `genesis people log` · `genesis people log --json`
    """
    import pyarrow as pa

    from genesis_ray import settings_file
    from genesis_ray.cli.answer import show
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.domain.recognition.ledger import Undo
    from genesis_ray.running.people.identities import identity_folder, who_is_who
    from genesis_ray.store.tenant.ledger import Ledger

    settings = with_options(settings_file.load(config), data=data, start=None)
    entries = Ledger(identity_folder(settings)).entries()
    undone_by = {each.undone_id: each.entry_id for each in entries if isinstance(each, Undo)}
    if as_json:
        rows = [{**_row(each), "undone_by": undone_by.get(each.entry_id)} for each in entries]
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    if not entries:
        stdout.print("Nothing was decided yet; `genesis people merge --help` and its like say how.")
        return
    who = who_is_who(settings)
    rows = [
        {
            "entry": each.entry_id,
            "when (UTC)": f"{each.at:%Y-%m-%d %H:%M}",
            "by": each.by,
            "what": told(each, who),
            "why": each.why,
            "undone by": undone_by.get(each.entry_id, ""),
        }
        for each in entries
    ]
    show(pa.Table.from_pylist(rows))


def told(entry: "Entry", who: "WhoIsWho") -> str:
    """Return what an entry says in a few words, with names as they are now."""
    from genesis_ray.domain.recognition.ledger import (
        Confirm,
        Merge,
        Reject,
        Rename,
        Split,
        Undo,
        Unlearn,
    )

    match entry:
        case Merge():
            return f"merge {_name(who, entry.identity_id)} and {_name(who, entry.other_id)}"
        case Split():
            what = [f"{track.camera_id}:{track.track_id}" for track in entry.tracks]
            what += [faces] if (faces := counted(len(entry.face_ids), "face")) else []
            parted, born = _name(who, entry.identity_id), _name(who, entry.new_id)
            return (
                f"split {', '.join(what)} from {parted}: {born}" if what else _parting(entry, who)
            )
        case Rename():
            return f"rename {entry.identity_id[:8]} to {entry.name}"
        case Reject(track=track):
            return f"reject {_name(who, track.identity_id)} for {track.camera_id}:{track.track_id}"
        case Confirm(track=track):
            return f"confirm {_name(who, track.identity_id)} for {track.camera_id}:{track.track_id}"
        case Unlearn():
            templates = counted(len(entry.face_ids), "template")
            return f"unlearn {templates} of {_name(who, entry.identity_id)}"
        case Undo():
            return f"undo {entry.undone_id}"
    return ""


def _parting(split: "Split", who: "WhoIsWho") -> str:
    """Return what is left of a split that was of somebody who is forgotten, too."""
    others = dict.fromkeys((split.identity_id, *split.owner_ids))
    told = " and ".join(_name(who, each) for each in others if each)
    return f"keep {_name(who, split.new_id)} apart from {told}"


def counted(number: int, one: str) -> str:
    """Return how many there are of something, in words; nothing where there are none."""
    if not number:
        return ""
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def _name(who: "WhoIsWho", identity_id: str) -> str:
    """Return an identity as it is read best: by whom it is now, and its own beginning."""
    called = [each.name for each in who.people if each.identity_id == who.now(identity_id)]
    return f"{called[0]} ({identity_id[:8]})" if called else identity_id[:8]


def _row(entry: "Entry") -> dict[str, Any]:
    from dataclasses import asdict

    from genesis_ray.store.tenant.ledger import kind_of

    return {"kind": kind_of(entry), **asdict(entry)}
