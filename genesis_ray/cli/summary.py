"""What a run is told by at its end: one table of cameras, one of what happened."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from genesis_ray.analytics import alerts, overview
from genesis_ray.analytics.stored import Tables
from genesis_ray.cli.console import headed, stdout
from genesis_ray.cli.stream_states import is_well, state_of
from genesis_ray.running.people.identities import who_is_who
from genesis_ray.running.questions.history import present_tables
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder


def print_summary(settings: Settings, run: RunFolder, result: RunResult) -> None:
    """Print what the run saw."""
    tables = present_tables(run.events, settings, settings.tenant_id)
    names = names_of(settings)
    seen = {row["camera_id"]: row for row in overview.cameras(tables).to_pylist()}
    ill = [camera for camera in result.cameras if not (is_well(camera) and camera.frames)]
    states = ("state",) if any(map(state_of, ill)) else ()
    table = Table(title=f"{run.path}", title_justify="left", title_style="bold")
    for heading in ("camera", *states, "frames", "frames/s", "dropped", "people", "faces", "names"):
        is_text = heading in ("camera", "state", "names")
        table.add_column(heading, justify="left" if is_text else "right")
    for camera in result.cameras:
        row = seen.get(camera.camera_id, {"people": 0, "faces": 0, "identity_ids": []})
        table.add_row(
            camera.camera_id,
            *(state_of(camera) for _ in states),
            f"{camera.frames:,}",
            f"{camera.frames / result.watching_s:.1f}" if result.watching_s else "",
            _drops(camera),
            f"{row['people']:,}",
            f"{row['faces']:,}",
            ", ".join(sorted(names.get(who, who) for who in row["identity_ids"])) or "none",
        )
    stdout.print(table)
    _print_what_happened(settings, tables, names)


def names_of(settings: Settings) -> dict[str, str]:
    """Return the name of every identity of the tenant."""
    return {person.identity_id: person.name for person in who_is_who(settings).people}


def _drops(camera: CameraProgress) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in camera.dropped.items()) or "0"


def _print_what_happened(settings: Settings, tables: Tables, names: dict[str, str]) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for row in overview.visitors(tables).to_pylist():
        where = " and ".join(row["camera_ids"])
        zones = f", zones {_listed(row['zone_ids'])}" if row["zone_ids"] else ""
        visits = "a visit" if row["visits"] == 1 else f"{row['visits']} visits"
        name = names.get(row["identity_id"], row["identity_id"])
        table.add_row("visit", name, f"{visits} of {row['seconds']:.1f} s at {where}{zones}")
    for place, counts in _zones(settings, tables).items():
        table.add_row("zone", place, counts)
    for place, counts in _lines(settings, tables).items():
        table.add_row("line", place, counts)
    for row in overview.gate_rejections(tables).to_pylist():
        names_refused = "1 name" if row["names"] == 1 else f"{row['names']} names"
        table.add_row("gate", row["reason"], f"{names_refused} refused")
    for rule_id, what in _alerts(tables, names):
        table.add_row("alert", rule_id, what)
    if table.row_count:
        stdout.print(table)
    for row in overview.false_merges(tables).to_pylist():
        told = headed("false merge:", _false_merge(row, names), "bold red")
        stdout.print(told, soft_wrap=True)


def _zones(settings: Settings, tables: Tables) -> dict[str, str]:
    """Return what each zone counted; one that nobody entered shows so, as it may lie wrong."""
    told = {
        f"{c.camera_id}/{zone.zone_id}": "0 entries" for c in settings.cameras for zone in c.zones
    }
    for row in overview.zone_entries(tables).to_pylist():
        entries = "1 entry" if row["entries"] == 1 else f"{row['entries']:,} entries"
        loitering = f", {row['loiterings']} loitering" if row["loiterings"] else ""
        told[f"{row['camera_id']}/{row['zone_id']}"] = entries + loitering
    return told


def _lines(settings: Settings, tables: Tables) -> dict[str, str]:
    """Return what each line counted, those that nobody went over too."""
    told = {
        f"{c.camera_id}/{line.line_id}": "0 in, 0 out" for c in settings.cameras for line in c.lines
    }
    for row in overview.line_counts(tables).to_pylist():
        told[f"{row['camera_id']}/{row['line_id']}"] = f"{row['went_in']} in, {row['went_out']} out"
    return told


def _alerts(tables: Tables, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each rule that raised alerts, with how many, and the first of them."""
    raised: dict[str, list[dict[str, Any]]] = {}
    for row in alerts.present(tables).to_pylist():
        raised.setdefault(row["rule_id"], []).append(row)
    for rule_id, rows in raised.items():
        first, open_now = rows[0], sum(row["resolved_at"] is None for row in rows)
        who = names.get(first["identity_id"], first["identity_id"])
        about = f"{first['message']}" + (f" ({who})" if who else "")
        count = f"{len(rows)} {first['severity']}" + (f", {open_now} open" if open_now else "")
        yield rule_id, f"{count}; {first['raised_at']:%H:%M:%S} UTC {about}"


def _false_merge(row: Mapping[str, object], names: Mapping[str, str]) -> str:
    """Return that somebody is in two places at once, or a track two people; with what to do."""
    who = names.get(str(row["identity_id"]), str(row["identity_id"]))
    track = f"{row['camera_id']}:{row['track_id']}"
    other = f"{row['other_camera_id']}:{row['other_track_id']}"
    if track == other:
        return (
            f"{track} is {who}, and its later faces are somebody else's; "
            f"`genesis people explain {track}` shows them (docs/gate.md)"
        )
    remedy = (
        f"{track} was not named"
        if row["is_quarantined"]
        else f"both are named; `genesis people reject {track} IDENTITY` takes a wrong name back"
    )
    return f"{who} is {other} and {track} at once; {remedy} (docs/gate.md)"


def _listed(zone_ids: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(zone_ids))
