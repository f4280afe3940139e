"""`genesis calibrate --pairs` and `--gallery`: a threshold chosen on labelled photos."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from genesis_ray.cli.central_faces import embed_central_faces

if TYPE_CHECKING:
    from genesis_ray.domain.recognition.calibration import Calibrated
    from genesis_ray.evaluation.held_out import HeldOut
    from genesis_ray.settings import Settings

_HALVES = "held_out_halves"
"""The figure that says how many halves of the people were scored; 0: those chosen on."""


def by_pairs(
    settings: "Settings", file: Path, *, root: Path, sets: Collection[str], beta: float
) -> "Calibrated":
    """Choose by F-beta on pairs of pictures; those without a face are left out and counted."""
    import numpy as np

    from genesis_ray.domain.recognition.calibration import Calibrated
    from genesis_ray.evaluation.calibration import PairsOfPeople, by_f_beta, people_of
    from genesis_ray.evaluation.held_out import f_beta_held_out
    from genesis_ray.evaluation.pairs_file import read_pairs

    wanted = read_pairs(file, sets=sets)
    files = (name for pair in wanted for name in (pair.img1, pair.img2))
    found = embed_central_faces(files, root, settings.faces.embedder, settings.faces.finder)
    people = people_of([(pair.img1, pair.img2, pair.same) for pair in wanted])
    faces = [(found[pair.img1], found[pair.img2]) for pair in wanted]
    whole = np.array([one is not None and other is not None for one, other in faces])
    pairs = PairsOfPeople(
        similarity=np.array(
            [one @ other for one, other in faces if one is not None and other is not None]
        ),
        same=np.array([pair.same for pair in wanted])[whole],
        people=people[whole],
    )
    chosen = by_f_beta(pairs, beta=beta)
    as_chosen = {
        "f_beta": chosen.f_beta,
        "precision": chosen.precision,
        "recall": chosen.recall,
    }
    return Calibrated(
        value=chosen.threshold.value,
        low=chosen.threshold.low,
        high=chosen.threshold.high,
        made_at=datetime.now(UTC),
        method=f"F-beta {beta:g}",
        data=_data(file, sets),
        figures={
            **_scored(f_beta_held_out(pairs, beta=beta), as_chosen),
            "people": len(np.unique(pairs.people)),
            "pairs": int(whole.sum()),
            "without_a_face": int((~whole).sum()),
        },
    )


def by_gallery(
    settings: "Settings",
    file: Path,
    *,
    root: Path,
    sets: Collection[str],
    fpir: float,
    enroll: int,
) -> "Calibrated":
    """Choose by FPIR, as `genesis evaluate identification` measures it."""
    import numpy as np

    from genesis_ray.domain.recognition.calibration import Calibrated
    from genesis_ray.evaluation.calibration import by_fpir
    from genesis_ray.evaluation.held_out import fpir_held_out
    from genesis_ray.evaluation.identification import OpenSet
    from genesis_ray.evaluation.identities_file import read_identities
    from genesis_ray.running.assembly import embedder_traits

    pictures = [each for each in read_identities(file, sets=sets) if len(each.people) == 1]
    identities = [picture.people[0] for picture in pictures]
    people = OpenSet(identities, enroll=enroll)
    found = embed_central_faces(
        (picture.file for picture in pictures),
        root,
        settings.faces.embedder,
        settings.faces.finder,
    )
    missing = np.full(embedder_traits(settings.faces).dimension, np.nan, np.float32)
    faces = [found[picture.file] for picture in pictures]
    embeddings = np.stack([missing if each is None else each for each in faces])
    searches = people.search(embeddings)
    chosen = by_fpir(searches, fpir=fpir, strangers=people.non_mated)
    missed, let_in = searches.shares_at(chosen.value)
    held_out = fpir_held_out(identities, embeddings, enroll=enroll, fpir=fpir)
    return Calibrated(
        value=chosen.value,
        low=chosen.low,
        high=chosen.high,
        made_at=datetime.now(UTC),
        method=f"FPIR {fpir:g}",
        data=_data(file, sets),
        figures={
            **_scored(held_out, {"fpir": let_in, "fnir": missed}),
            "people": people.enrolled,
            "pictures_enrolled_each": enroll,
            "their_other_pictures": people.mated,
            "strangers": people.strangers,
            "pictures_of_strangers": people.non_mated,
            "without_a_face": sum(each is None for each in faces),
        },
    )


def finish(
    settings: "Settings",
    made: "Calibrated",
    *,
    camera_id: str | None,
    store: bool,
    as_json: bool,
) -> None:
    """Store what was chosen, where that is wanted, and show it.

    Args:
        settings: Whose threshold it is.
        made: What was chosen.
        camera_id: The camera whose own it is to be; None: the usual one.
        store: Whether it is wanted.
        as_json: For programs.
    """
    from rich.table import Table

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.assembly import embedder_traits
    from genesis_ray.running.thresholds import calibration_file, threshold_book
    from genesis_ray.store.tenant.calibration_file import to_json

    traits = embedder_traits(settings.faces)
    file = calibration_file(settings, traits)
    book = threshold_book(settings.identity, traits, file.read())
    before = book.at(camera_id) if camera_id else book.usual
    if store:
        file.change(lambda stored: stored.with_threshold(made, camera_id))
    if as_json:
        shown = {**to_json(made), "camera_id": camera_id, "is_stored": store}
        typer.echo(json.dumps(shown, indent=2))
        return
    where = f", at camera {camera_id}" if camera_id else ""
    table = Table(title=f"{traits.name}, {made.method} on {made.data}{where}", title_justify="left")
    for heading in ("threshold", "95 % interval", "until now"):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{made.value:.3f}",
        f"{made.low:.3f} to {made.high:.3f}",
        f"{before.value:g} ({before.origin})",
    )
    stdout.print(table)
    stdout.print(
        ", ".join(
            f"{name.replace('_', ' ')} {_shown(each)}" for name, each in made.figures.items()
        ),
        soft_wrap=True,
    )
    stdout.print(_measured_on(made), soft_wrap=True)
    stdout.print(_what_follows(settings, camera_id, store=store), soft_wrap=True)


def _data(file: Path, sets: Collection[str]) -> str:
    """Return what is noted of where the pictures are from."""
    named = f", set {' and '.join(sets)}" if sets else ""
    return f"{file.name}{named}"


def _scored(held_out: "HeldOut | None", as_chosen: dict[str, float]) -> dict[str, float]:
    """Return the figures of halves that were scored, else of those that it was chosen on."""
    if held_out is None:
        return {**as_chosen, _HALVES: 0}
    figures: dict[str, float] = {}
    for name in as_chosen:
        share = held_out.shares[name]
        figures |= {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high}
    return {**figures, _HALVES: held_out.halves}


def _measured_on(made: "Calibrated") -> str:
    if halves := made.figures[_HALVES]:
        return (
            f"Measured on people whom no threshold was chosen on: it was chosen on one half of "
            f"them and the other half scored, {halves} times; low and high are what 95 % of the "
            f"halves lie between."
        )
    return (
        "Optimistic: measured on the very people that it was chosen on, who are too few to be "
        "halved; others fare worse. See docs/calibration.md for how many it takes."
    )


def _what_follows(settings: "Settings", camera_id: str | None, *, store: bool) -> str:
    if not store:
        return "Nothing was stored, as --dry-run asks."
    identity = settings.identity
    if camera_id is not None and camera_id in identity.camera_thresholds:
        first, value = "identity.camera_thresholds", identity.camera_thresholds[camera_id]
    elif identity.threshold is not None:
        first, value = "identity.threshold", identity.threshold
    else:
        forgets = f"clear --camera {camera_id}" if camera_id else "clear"
        return (
            f"Stored: it counts from the next start on. `genesis calibrate {forgets}` forgets it."
        )
    where = f" at camera {camera_id}" if camera_id else ""
    return (
        f"Stored; but {first} is set to {value:g}{where}, which goes first: remove it for this to "
        f"count."
    )


def _shown(figure: float) -> str:
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.4f}"
