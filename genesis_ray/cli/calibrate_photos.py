"""`genesis calibrate --pairs` and `--gallery`: the usual threshold, chosen on labelled photos."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from genesis_ray.cli.central_faces import embed_central_faces

if TYPE_CHECKING:
    from genesis_ray.domain.calibration import Calibrated
    from genesis_ray.settings import Settings


def by_pairs(
    settings: "Settings",
    file: Path,
    *,
    root: Path,
    sets: Collection[str],
    beta: float,
    store: bool,
    as_json: bool,
) -> None:
    """Choose by F-beta on pairs of pictures; those without a face are left out and counted."""
    import numpy as np

    from genesis_ray.domain.calibration import Calibrated
    from genesis_ray.evaluation.calibration import PairsOfPeople, by_f_beta, people_of
    from genesis_ray.evaluation.pairs_file import read_pairs

    wanted = read_pairs(file, sets=sets)
    files = (name for pair in wanted for name in (pair.img1, pair.img2))
    found = embed_central_faces(files, root, settings.faces.embedder, settings.faces.finder)
    people = people_of([(pair.img1, pair.img2, pair.same) for pair in wanted])
    faces = [(found[pair.img1], found[pair.img2]) for pair in wanted]
    whole = np.array([one is not None and other is not None for one, other in faces])
    chosen = by_f_beta(
        PairsOfPeople(
            similarity=np.array(
                [one @ other for one, other in faces if one is not None and other is not None]
            ),
            same=np.array([pair.same for pair in wanted])[whole],
            people=people[whole],
        ),
        beta=beta,
    )
    _finish(
        settings,
        Calibrated(
            value=chosen.threshold.value,
            low=chosen.threshold.low,
            high=chosen.threshold.high,
            made_at=datetime.now(UTC),
            method=f"F-beta {beta:g}",
            data=file.name,
            figures={
                "f_beta": chosen.f_beta,
                "precision": chosen.precision,
                "recall": chosen.recall,
                "pairs": int(whole.sum()),
                "without_a_face": int((~whole).sum()),
            },
        ),
        store=store,
        as_json=as_json,
    )


def by_gallery(
    settings: "Settings",
    file: Path,
    *,
    root: Path,
    sets: Collection[str],
    fpir: float,
    enroll: int,
    store: bool,
    as_json: bool,
) -> None:
    """Choose by FPIR, as `genesis evaluate identification` measures it."""
    import numpy as np

    from genesis_ray.domain.calibration import Calibrated
    from genesis_ray.evaluation.calibration import by_fpir
    from genesis_ray.evaluation.identification import OpenSet
    from genesis_ray.evaluation.identities_file import read_identities
    from genesis_ray.running.assembly import embedder_traits

    pictures = [each for each in read_identities(file, sets=sets) if len(each.people) == 1]
    people = OpenSet([picture.people[0] for picture in pictures], enroll=enroll)
    found = embed_central_faces(
        (picture.file for picture in pictures),
        root,
        settings.faces.embedder,
        settings.faces.finder,
    )
    missing = np.full(embedder_traits(settings.faces).dimension, np.nan, np.float32)
    vectors = [found[picture.file] for picture in pictures]
    searches = people.search(np.stack([missing if each is None else each for each in vectors]))
    chosen = by_fpir(searches, fpir=fpir, strangers=people.non_mated)
    missed, let_in = searches.fnir_at(chosen.value), searches.fpir_at(chosen.value)
    _finish(
        settings,
        Calibrated(
            value=chosen.value,
            low=chosen.low,
            high=chosen.high,
            made_at=datetime.now(UTC),
            method=f"FPIR {fpir:g}",
            data=file.name,
            figures={
                "fpir": let_in.value,
                "fnir": missed.value,
                "fnir_low": missed.low,
                "fnir_high": missed.high,
                "people": people.enrolled,
                "pictures_enrolled_each": enroll,
                "their_other_pictures": people.mated,
                "pictures_of_strangers": people.non_mated,
                "without_a_face": sum(each is None for each in vectors),
            },
        ),
        store=store,
        as_json=as_json,
    )


def _finish(settings: "Settings", made: "Calibrated", *, store: bool, as_json: bool) -> None:
    """Store what was chosen, where that is wanted, and show it."""
    from rich.table import Table

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.assembly import embedder_traits
    from genesis_ray.running.thresholds import calibration_file
    from genesis_ray.store.calibration_file import to_json

    traits = embedder_traits(settings.faces)
    if store:
        calibration_file(settings, traits).change(lambda stored: replace(stored, threshold=made))
    if as_json:
        typer.echo(json.dumps({**to_json(made), "is_stored": store}, indent=2))
        return
    table = Table(title=f"{traits.name}, {made.method} on {made.data}", title_justify="left")
    for heading in ("threshold", "95 % interval", "until now"):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{made.value:.3f}", f"{made.low:.3f} to {made.high:.3f}", f"{traits.threshold:g}"
    )
    stdout.print(table)
    stdout.print(
        ", ".join(
            f"{name.replace('_', ' ')} {_shown(each)}" for name, each in made.figures.items()
        ),
        soft_wrap=True,
    )
    stdout.print(_what_follows(settings, store=store), soft_wrap=True)


def _what_follows(settings: "Settings", *, store: bool) -> str:
    if not store:
        return "Nothing was stored, as --dry-run asks."
    if settings.identity.threshold is not None:
        return (
            f"Stored; but identity.threshold is set to {settings.identity.threshold:g}, which "
            f"goes first: remove it for this to count."
        )
    return "Stored: it counts from the next start on. `genesis calibrate clear` forgets it."


def _shown(figure: float) -> str:
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.4f}"
