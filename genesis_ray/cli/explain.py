"""`genesis people explain`: why a track has its name, or none."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesis_ray.cli.repairs import RunOption
from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from rich.table import Table

    from genesis_ray.domain.recognition.ledger import WhoIsWho
    from genesis_ray.running.people.explaining import (
        ExplainedDecision,
        ExplainedFace,
        Explanation,
        Likeness,
        Rules,
    )

_CANDIDATES_SHOWN = 2
_ENDLESS = 1_000  # characters a line, where no terminal limits it

_NO_VOTE = {
    "quality": "no: quality",
    "spare": "no: had enough",
    "nobody": "no: nobody is known",
    "threshold": "no: threshold",
    "margin": "no: margin",
    "rejected": "no: rejected",
    "decided": "decided before",
}


def explain(
    track: Annotated[str, typer.Argument(metavar="CAMERA:TRACK")],
    run: RunOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Show why a track has its name, is for review or unknown.

    A line a face: how good it was, what it counts for in good faces, whom it was most like, and
    for whom it voted, or why for nobody: its quality, nobody known, the threshold, the margin to
    the next, a rejection by somebody, or that the track was decided before. Those that bear the
    decision are bold. Below it is said with its threshold, with names that the gate refused
    (docs/gate.md) and with what people decided since. Names are those of now (docs/identities.md).

    Examples: `genesis people explain door:17` · `genesis people explain till:4 --run runs/march`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.people.explaining import explain as explained
    from genesis_ray.running.people.identities import who_is_who
    from genesis_ray.running.people.naming import TrackName
    from genesis_ray.running.questions.history import run_named, settings_of

    named = TrackName.parse(track)
    told = with_options(settings_file.load(config), data=data, start=None)
    folder = run_named(run, told)
    settings = settings_of(folder, data)
    if "tenant_id" in told.model_fields_set:  # else the run says whose it is
        settings = settings.model_copy(update={"tenant_id": told.tenant_id})
    explanation = explained(named, folder, settings)
    who = who_is_who(settings)
    if as_json:
        typer.echo(json.dumps(_to_json(explanation, who), indent=2, default=str))
    else:
        _show(explanation, who)


def _show(explanation: "Explanation", who: "WhoIsWho") -> None:
    from genesis_ray.cli.console import PlainConsole, stdout
    from genesis_ray.cli.decisions import told

    if explanation.faces:
        wide = PlainConsole(width=None if sys.stdout.isatty() else _ENDLESS)
        wide.print(_table(explanation))
    for line in _lines(explanation):
        stdout.print(line, soft_wrap=True)
    for entry in explanation.ledger:
        why = f": {entry.why}" if entry.why else ""
        stdout.print(
            f"  ledger {entry.entry_id}, {entry.at:%Y-%m-%d %H:%M} by {entry.by}: "
            f"{told(entry, who)}{why}",
            soft_wrap=True,
        )


def _table(explanation: "Explanation") -> "Table":
    from rich.table import Table

    decision = explanation.decision
    bearing = set(decision.face_indices or ()) if decision else set()
    days = {face.at.date() for face in explanation.faces}
    day = "" if len(days) == 1 else "%Y-%m-%d "
    table = Table()
    table.add_column("time (UTC)" if day else f"{days.pop():%Y-%m-%d}", no_wrap=True)
    for heading in ("face", "quality", "weight"):
        table.add_column(heading, justify="right")
    table.add_column("most like")
    table.add_column("vote")
    for face in explanation.faces:
        table.add_row(
            f"{face.at:{day}%H:%M:%S}.{face.at.microsecond // 1000:03}",
            str(face.face_index),
            f"{face.quality:.2f}",
            "" if face.weight is None else f"{face.weight:.2f}",
            ", ".join(map(_like, face.candidates[:_CANDIDATES_SHOWN])),
            _vote(face),
            style="bold" if face.face_index in bearing else None,
        )
    return table


def _vote(face: "ExplainedFace") -> str:
    """Return whom a face voted for, or in a few words why for nobody."""
    match face.verdict:
        case "voted":
            return f"for {face.candidates[0].name}"
        case None:
            return ""
    return _NO_VOTE[face.verdict]


def _lines(explanation: "Explanation") -> list[str]:
    """Return what was decided and by what, headline first."""
    decision, rules, track = explanation.decision, explanation.rules, explanation.track
    refused = [
        f"  refused by the gate at {each.at:%H:%M:%S}: {_like(each.bearer)}, {each.reason}, "
        f"seen until {each.seen_until:%H:%M:%S} as {each.seen_at}"
        for each in explanation.refusals
    ]
    if decision is None:
        return [f"Track {track} has no name: {_why_nothing(explanation)}.", *refused]
    lines = [f"Track {track} {_headline(decision)}."]
    if decision.decision == "carried":
        lines.append(f"  by looks, at {_counted(decision.votes, 'sight')}: see docs/appearance.md")
    elif decision.basis is None or decision.evidence is None:
        lines.append("  an earlier version decided it, and did not note by which faces")
    else:
        lines.append(
            f"  {_counted(decision.votes, 'face')}{_how(decision)}: evidence of "
            f"{decision.evidence:.2f} good faces, {_wanted(decision, rules)}"
        )
    origin = f", {decision.threshold_origin}" if decision.threshold_origin else ""
    lines.append(
        f"  threshold {decision.threshold:.2f}{origin}; margin {rules.margin:.2f}; for review from "
        f"{rules.review:.2f}; least quality {rules.min_quality:.2f}"
    )
    if decision.runner_up:
        lines.append(f"  next is {_like(decision.runner_up)}")
    elif decision.runner_up_similarity is not None:
        lines.append(f"  the next one has {decision.runner_up_similarity:.2f}")
    if decision.gate:
        lines.append(f"  gate: {decision.gate}")
    lines += refused
    lines += [
        f"  {'after' if other.at > decision.at else 'before'} that: "
        f"{_headline(other).removeprefix('is ')}{_exchanged(other)}"
        for other in explanation.decisions
        if other is not decision
    ]
    return lines


def _headline(decision: "ExplainedDecision") -> str:
    from genesis_ray.domain.events import NAMES

    at = f"{decision.at:%Y-%m-%d %H:%M:%S}"
    is_name = decision.decision in NAMES
    given = "carried on" if decision.decision == "carried" else "named"
    if decision.written is None:
        return f"is unknown: like nobody, seen last at {at}"
    found = f"with {decision.written.similarity:.2f}"
    if decision.present is None:
        was = f"{given} at {at}" if is_name else "for review"
        return f"was {was}: {decision.written.name}, {found}, whom somebody rejected"
    if not is_name:
        return f"is for review: it may be {decision.present.name}, {found}, seen last at {at}"
    if decision.is_new:
        return f"is {decision.present.name}, a visitor who was made of it at {at}"
    return f"is {decision.present.name}, {found}, {given} at {at}"


def _exchanged(decision: "ExplainedDecision") -> str:
    from genesis_ray.pipeline.face_events import EXCHANGED

    if decision.gate != EXCHANGED:
        return ""
    return "; these faces are somebody else's, the tracker may have exchanged two people"


def _how(decision: "ExplainedDecision") -> str:
    if decision.decision != "named":
        return ""
    if decision.basis == "tracks":
        return " made a visitor with faces of tracks before"
    return " agree, each by itself" if decision.basis == "votes" else " were compared as their mean"


def _wanted(decision: "ExplainedDecision", rules: "Rules") -> str:
    if decision.basis == "mean":
        return f"{rules.visitor_faces} are wanted to compare them so"
    if decision.basis == "tracks":
        return f"{rules.visitor_faces} are wanted of all these tracks together"
    agree = f"{rules.votes} have to agree for a name"
    if rules.average is None:
        return agree
    return f"{agree}, of {2 * rules.votes - 1}, with {rules.average:.2f} on average"


def _why_nothing(explanation: "Explanation") -> str:
    if not explanation.faces:
        return "no face of it was found"
    if all(face.verdict == "quality" for face in explanation.faces):
        return "none of its faces was good enough"
    return "its evidence has not lapsed yet, or the run was cut off"


def _like(likeness: "Likeness") -> str:
    return f"{likeness.name} {likeness.similarity:.2f}"


def _counted(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def _to_json(explanation: "Explanation", who: "WhoIsWho") -> dict[str, Any]:
    from dataclasses import asdict

    from genesis_ray.cli.decisions import told

    decision = explanation.decision
    return {
        "track": str(explanation.track),
        "run": str(explanation.run),
        "decision": decision and asdict(decision),
        "decisions": [asdict(each) for each in explanation.decisions],
        "refusals": [asdict(each) for each in explanation.refusals],
        "rules": asdict(explanation.rules),
        "faces": [asdict(each) for each in explanation.faces],
        "ledger": [
            {
                "entry_id": each.entry_id,
                "at": each.at,
                "by": each.by,
                "what": told(each, who),
                "why": each.why,
            }
            for each in explanation.ledger
        ],
    }
