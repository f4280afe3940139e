"""`genesis calibrate --what-if` and `--cameras`: what the scores of a run say of thresholds."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from genesis_ray.domain.recognition.calibration import Calibrated
    from genesis_ray.evaluation.calibration import CameraOffset
    from genesis_ray.running.people.what_if import WhatIf
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder


def show_what_if(
    run: Path | None,
    data: Path | None,
    *,
    threshold: float,
    camera_id: str | None,
    margin: float | None,
    votes: int | None,
    listed: int,
    as_json: bool,
) -> None:
    """Show what a run would have named otherwise; nothing is changed."""
    from genesis_ray.running.assembly import embedder_traits
    from genesis_ray.running.people.what_if import Hypothesis, what_if
    from genesis_ray.running.questions.history import asked_run, settings_of
    from genesis_ray.running.thresholds import calibration_file, resolver_policy, threshold_book
    from genesis_ray.store.events.reader import RunTables

    folder = asked_run(run, data)
    settings = settings_of(folder, data)
    traits = embedder_traits(settings.faces)
    calibration = calibration_file(settings, traits).read()
    book = threshold_book(settings.identity, traits, calibration)
    tables = RunTables(folder.events, settings.tenant_id)
    scores = tables["face_scores"].to_pylist()
    _check_camera(camera_id, {row["camera_id"] for row in scores}, folder)
    answer = what_if(
        scores,
        tables["face_recognitions"].to_pylist(),
        resolver_policy(settings, traits, book),
        book,
        Hypothesis(threshold=threshold, camera_id=camera_id, margin=margin, votes=votes),
    )
    if as_json:
        changed = [{**asdict(each), "change": each.change} for each in answer.changed]
        cameras = {name: asdict(tally) for name, tally in answer.cameras.items()}
        shown = {"cameras": cameras, "changed": changed, "left_out": answer.left_out}
        typer.echo(json.dumps(shown, indent=2, default=datetime.isoformat))
        return
    where = f"camera {camera_id}" if camera_id else "everywhere"
    _show_what_if(answer, f"{folder.path}, threshold {threshold:g} {where}", settings, listed)


def calibrate_cameras(
    settings: "Settings", run: Path | None, *, store: bool, as_json: bool
) -> None:
    """Choose what each camera adds to the threshold, where that is more than chance."""
    from genesis_ray.analytics.stored import whole
    from genesis_ray.cli.console import stdout
    from genesis_ray.domain.recognition.calibration import Calibrated
    from genesis_ray.evaluation.calibration import camera_offsets
    from genesis_ray.running.assembly import embedder_traits
    from genesis_ray.running.people.identities import who_is_who
    from genesis_ray.running.people.impostors import impostor_scores
    from genesis_ray.running.questions.history import present_tables, run_named
    from genesis_ray.running.thresholds import calibration_file

    folder, traits = run_named(run, settings), embedder_traits(settings.faces)
    tables = present_tables(folder.events, settings)
    faces = whole(tables["face_scores"]).to_pylist()
    scores = [row for row in faces if row["embedder"] == traits.name]
    found = camera_offsets(
        impostor_scores(
            scores,
            whole(tables["face_recognitions"]).to_pylist(),
            who_is_who(settings),
            min_quality=settings.faces.min_quality,
        )
    )
    now = datetime.now(UTC)
    made = {
        name: Calibrated(
            value=round(each.offset.value, 3),
            low=each.offset.low,
            high=each.offset.high,
            made_at=now,
            method="impostor scores",
            data=str(folder.path),
            figures={"faces": each.faces, "people": each.people},
        )
        for name, each in found.items()
        if each.offset and each.is_sure
    }
    file = calibration_file(settings, traits)
    own = sorted(found.keys() & file.read().cameras.keys())
    if store and found:
        file.change(
            lambda stored: replace(
                stored,
                offsets={
                    **{name: each for name, each in stored.offsets.items() if name not in found},
                    **made,
                },
            )
        )
    if as_json:
        typer.echo(json.dumps({name: asdict(each) for name, each in found.items()}, indent=2))
    else:
        _show_offsets(found, made, folder, store=store)
        for name in own:
            stdout.print(
                f"At camera {name} a threshold chosen on its own pictures goes first; `genesis "
                f"calibrate clear --camera {name}` forgets it, then calibrate again.",
                soft_wrap=True,
            )


def show_drift(run: Path | None, data: Path | None, *, by_day: bool, as_json: bool) -> None:
    """Show how alike a run's matches are, by camera, or by camera and day."""
    from rich.table import Table

    from genesis_ray.analytics.matches import similarity_by_day
    from genesis_ray.cli.answer import show
    from genesis_ray.cli.console import stdout
    from genesis_ray.running.people.matches import match_levels
    from genesis_ray.running.questions.history import asked_run, settings_of
    from genesis_ray.store.events.reader import read_table

    folder = asked_run(run, data)
    settings = settings_of(folder, data)
    if by_day:
        rows = read_table(folder.events, "face_recognitions", settings.tenant_id)
        days = similarity_by_day(rows)
        if as_json:
            typer.echo(json.dumps(days.to_pylist(), indent=2, default=str))
        else:
            show(days)
        return
    levels = match_levels(folder.events, settings)
    if as_json:
        typer.echo(json.dumps({name: each._asdict() for name, each in levels.items()}, indent=2))
        return
    table = Table("camera")
    for heading in ("matches", "mean similarity", "at first"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for name, each in levels.items():
        at_first = "" if each.baseline is None else f"{each.baseline:.3f}"
        verdict = "drifting" if each.is_drifting else ""
        table.add_row(name, f"{each.matches:,}", f"{each.mean:.3f}", at_first, verdict)
    stdout.print(table)
    stdout.print(
        f"Of the latest {settings.drift.window:,} matches at most; a camera drifts when its mean "
        f"is more than {settings.drift.drop:g} lower than at first.",
        soft_wrap=True,
    )


def _check_camera(camera_id: str | None, known: set[str], folder: "RunFolder") -> None:
    from genesis_ray.errors import NotFoundError

    if camera_id is not None and camera_id not in known:
        raise NotFoundError(
            f"camera {camera_id} showed no face in {folder.path}; those that did: "
            f"{', '.join(sorted(known)) or 'none'}"
        )


def _show_what_if(answer: "WhatIf", title: str, settings: "Settings", listed: int) -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.people.who import names_now

    by_camera: dict[str, dict[str, int]] = {name: {} for name in answer.cameras}
    for each in answer.changed:
        counts = by_camera[each.camera_id]
        counts[each.change] = counts.get(each.change, 0) + 1
    kinds = ("newly named", "lost", "named otherwise")
    table = Table(title=title, title_justify="left")
    table.add_column("camera")
    for heading in ("tracks", "named now", "then", *kinds):
        table.add_column(heading, justify="right")
    for name, tally in answer.cameras.items():
        changes = (f"{by_camera[name].get(kind, 0):,}" for kind in kinds)
        table.add_row(name, f"{tally.with_faces:,}", f"{tally.now:,}", f"{tally.then:,}", *changes)
    stdout.print(table)
    if answer.left_out:
        stdout.print(
            f"Left out: {answer.left_out:,} tracks whose stored scores do not tell why they were "
            f"named, as of visitors made of a track.",
            soft_wrap=True,
        )
    if answer.changed and listed:
        names = names_now(settings, {one for c in answer.changed for one in (c.now, c.then) if one})
        changed = Table("track", "when (UTC)", "now", "then", "")
        for each in answer.changed[:listed]:
            changed.add_row(
                f"{each.camera_id}:{each.track_id}",
                f"{each.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
                names[each.now] if each.now else "",
                names[each.then] if each.then else "",
                each.change,
            )
        stdout.print(changed)
        if len(answer.changed) > listed:
            stdout.print(f"... and {len(answer.changed) - listed:,} more: --list N shows them.")
    stdout.print("Nothing was changed.")


def _show_offsets(
    found: "dict[str, CameraOffset]",
    made: "dict[str, Calibrated]",
    folder: "RunFolder",
    *,
    store: bool,
) -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout

    if not found:
        stdout.print(
            f"No camera of {folder.path} saw a face of a named track with a second person to "
            f"compare it with; a camera has to see 100 faces of 10 people.",
            soft_wrap=True,
        )
        return
    table = Table("camera", "faces", "people", "offset", "95 % interval", "")
    for name, each in found.items():
        offset = each.offset
        table.add_row(
            name,
            f"{each.faces:,}",
            f"{each.people:,}",
            f"{offset.value:+.3f}" if offset else "",
            f"{offset.low:+.3f} to {offset.high:+.3f}" if offset else "",
            _verdict(name in made, is_known=offset is not None, store=store),
        )
    stdout.print(table)
    if not made:
        stdout.print("No camera differs from all together by more than chance; none has an offset.")
    elif store:
        stdout.print("Stored: they count from the next start on, see `genesis calibrate show`.")
    else:
        stdout.print("Nothing was stored, as --dry-run asks.")


def _verdict(is_made: bool, *, is_known: bool, store: bool) -> str:
    if not is_known:
        return "saw too few people"
    if not is_made:
        return "no more than chance"
    return "stored" if store else "would be stored"
