"""`genesis topology`: how long people take from camera to camera, as told and as seen."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from datetime import datetime

    from genesis_ray.domain.recognition.topology import Passage
    from genesis_ray.domain.recognition.travel import SuggestedTopology, TravelTimes
    from genesis_ray.sections.topology import TopologySettings
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder

app = typer.Typer(
    name="topology",
    help="See how long people take from camera to camera, and learn it from runs.",
    no_args_is_help=True,
)

RunsOption = Annotated[
    list[Path] | None,
    typer.Option("--run", help="Folder of a run; repeatable.  [the newest, else the service's]"),
]
LeadOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=2,
        help="How much more like themselves than like anybody else people have to be to count.  "
        "[twice identity.margin]",
    ),
]
EnoughOption = Annotated[
    int, typer.Option(min=1, help="Transitions below which nothing is suggested of a pair.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command()
def learn(
    runs: RunsOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
    lead: LeadOption = None,
    enough: EnoughOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Print a topology that runs suggest, as YAML to look at and paste into the configuration.

    Counted is who was named beyond doubt at two cameras, one after the other, in one visit.
    Nothing is changed: what you do not paste is not used.

    Examples: `genesis topology learn` · `genesis topology learn --run runs/mon --run runs/tue`
    """
    from dataclasses import asdict

    from genesis_ray.domain.recognition.travel import suggest

    times = _seen(runs, config, data, lead).times
    suggested = suggest(times, enough=enough)
    if as_json:
        typer.echo(json.dumps(asdict(suggested), indent=2))
        return
    typer.echo("\n".join(_yaml(suggested, times, enough)))


@app.command()
def show(
    runs: RunsOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
    lead: LeadOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the ways between cameras: what is configured beside how long people really took.

    Without --config the configuration is the one that the run was made with.

    Examples: `genesis topology show` · `genesis topology show --config cameras.yaml --data DIR`
    """
    from rich.table import Table

    from genesis_ray.cli.console import headed, stdout

    settings, times, learned = _seen(runs, config, data, lead)
    rows = _rows(settings, times)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    section = settings.topology
    if not (rows or section.apart):
        stdout.print(
            "No topology is configured, and nobody was seen by one camera after another; see "
            "docs/gate.md."
        )
        return
    table = Table("from", "to", "configured")
    for heading in ("seen", "5 %", "median", "95 %", "at once"):
        table.add_column(heading, justify="right")
    for row in rows:
        seconds = (row["quick_s"], row["median_s"], row["slow_s"])
        table.add_row(
            str(row["from"]),
            str(row["to"]),
            str(row["configured"]),
            str(row["count"] or ""),
            *("" if each is None else f"{each:.1f} s" for each in seconds),
            str(row["at_once"] or ""),
        )
    stdout.print(table)
    for row in rows:
        if row["note"]:
            told = headed(f"{row['from']} -> {row['to']}:", str(row["note"]))
            stdout.print(told, soft_wrap=True)
    if section.apart:
        groups = " | ".join(", ".join(group) for group in section.apart)
        stdout.print(f"Nobody is in view of two of these at once: {groups}.", soft_wrap=True)
    for at, reason in learned:
        stdout.print(f"{at:%Y-%m-%d %H:%M} UTC: {reason}", soft_wrap=True)
    others = _others(section)
    stdout.print(
        f"Clocks may be {section.clock_tolerance_s:g} s apart; pairs that are not configured are "
        f"{others}."
    )


def _others(section: "TopologySettings") -> str:
    """Return what holds of pairs that are not configured."""
    if section.complete:
        return "not connected"
    if section.apart_after is None:
        return "not judged"
    return (
        f"not judged, but where {section.apart_after} people were seen by one after the other, and "
        f"none by both at once"
    )


class _Seen(NamedTuple):
    """The configuration, the travel times of runs together, and what was learned in them."""

    settings: "Settings"
    times: "list[TravelTimes]"
    learned: "list[tuple[datetime, str]]"


def _seen(
    runs: list[Path] | None, config: Path | None, data: Path | None, lead: float | None
) -> _Seen:
    """Return the configuration, and what runs tell."""
    from datetime import timedelta

    from genesis_ray import settings_file
    from genesis_ray.analytics.transitions import learned_of_cameras, transitions
    from genesis_ray.cli.run import with_options
    from genesis_ray.domain.recognition.travel import Transition, travel_times
    from genesis_ray.running.people.seen_tracks import utc
    from genesis_ray.running.questions.history import present_tables, settings_of

    told = with_options(settings_file.load(config), data=data, start=None)
    found: list[Transition] = []
    learned: list[tuple[datetime, str]] = []
    folders = _folders(runs, told, data)
    for run in folders:
        own = settings_of(run, data)
        tables = present_tables(run.events, own, own.tenant_id)
        least = 2 * own.identity.margin if lead is None else lead
        clocks = (told if config else own).topology.topology
        found += [
            Transition(**row).at_true_times(clocks.clock_offset)
            for row in transitions(tables, lead=least).to_pylist()
        ]
        learned += [
            (utc(row["occurred_at"]), row["reason"])
            for row in learned_of_cameras(tables).to_pylist()
        ]
    settings = told if config else settings_of(folders[0], data)
    tolerance = timedelta(seconds=settings.topology.clock_tolerance_s)
    return _Seen(settings, travel_times(found, tolerance=tolerance), learned)


def _folders(runs: list[Path] | None, settings: "Settings", data: Path | None) -> "list[RunFolder]":
    """Return the runs that are meant: those named, else the service's where its data are."""
    from genesis_ray.running.live_run import live_run_path
    from genesis_ray.running.questions.history import run_named
    from genesis_ray.store.runs.run_folder import RunFolder

    if runs:
        return [RunFolder.open(run) for run in runs]
    if data and live_run_path(settings).is_dir():
        return [RunFolder.open(live_run_path(settings))]
    return [run_named(None, settings)]


def _rows(settings: "Settings", times: "Sequence[TravelTimes]") -> list[dict[str, object]]:
    """Return a row for each way that is configured, or was gone."""
    section, topology = settings.topology, settings.topology.topology
    seen = {(each.origin, each.destination): each for each in times}
    ways = {(way.origin, way.destination) for each in section.passages for way in each.directed}
    ways |= {way for pair in section.overlapping for way in (pair, pair[::-1])}
    rows: list[dict[str, object]] = []
    for origin, destination in sorted(ways | set(seen)):
        own, passage = seen.get((origin, destination)), topology.passage(origin, destination)
        configured, note = "", ""
        if topology.overlap(origin, destination):
            configured = "overlapping"
        elif topology.are_apart(origin, destination) and passage is None:
            configured = "apart"
        elif passage:
            configured = _told(passage)
            if own and own.count and own.quick < passage.least.total_seconds():
                note = "some were quicker than anybody should be by the configuration"
            elif own and own.at_once:
                note = "both saw somebody at once; do their views overlap?"
        rows.append(
            {
                "from": origin,
                "to": destination,
                "configured": configured,
                "count": own.count if own else 0,
                "quick_s": own.quick if own and own.count else None,
                "median_s": own.median if own and own.count else None,
                "slow_s": own.slow if own and own.count else None,
                "at_once": own.at_once if own else 0,
                "note": note,
            }
        )
    return rows


def _told(passage: "Passage") -> str:
    least, greatest = passage.least.total_seconds(), passage.greatest
    if greatest is None:
        return f"{least:g} s or more"
    return f"{least:g} to {greatest.total_seconds():g} s{', firm' if passage.is_firm else ''}"


def _yaml(
    suggested: "SuggestedTopology", times: "Sequence[TravelTimes]", enough: int
) -> Iterator[str]:
    """Yield the lines of a configuration's section, with what it is based on as comments."""
    count = sum(each.count + each.at_once for each in times)
    yield f"# Learned from {count:,} transitions. Look at it before you paste it: by min_s names"
    yield "# are refused. Whether these are all ways there are (complete: true) is yours to say."
    if not (suggested.passages or suggested.overlapping):
        yield f"# No pair of cameras has {enough} transitions yet, so nothing is suggested."
    else:
        yield "topology:"
    if suggested.passages:
        yield "  passages:"
    for each in suggested.passages:
        one_way = ", one_way: true" if each.one_way else ""
        times_s = f"min_s: {each.min_s:g}, max_s: {each.max_s:g}"
        yield (
            f"    - {{between: [{', '.join(each.between)}], {times_s}{one_way}}}"
            f"  # {each.count:,} times, median {each.median_s:.1f} s"
        )
    if suggested.overlapping:
        yield "  overlapping:"
    for pair in suggested.overlapping:
        yield f"    - [{', '.join(pair)}]"
    for few in suggested.too_few:
        yield (
            f"# {few.origin} -> {few.destination}: {few.count + few.at_once} times, fewer than "
            f"{enough}"
        )
