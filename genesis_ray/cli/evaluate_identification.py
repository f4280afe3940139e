"""`genesis evaluate identification`: how surely enrolled people are found among strangers."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.central_faces import EmbedderOption, FinderOption, embed_central_faces

if TYPE_CHECKING:
    from genesis_ray.evaluation.identification import Estimate

_FPIRS = (0.003, 0.01, 0.1)


def identification(
    gallery: Annotated[
        Path, typer.Option(help='CSV file with the columns file, identity ("a|b": both), set.')
    ],
    root: Annotated[
        Path | None, typer.Option(help="Folder that file starts from.  [of --gallery]")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Score this set; repeatable.  [all]")
    ] = None,
    enroll: Annotated[
        int, typer.Option(min=1, metavar="K", help="Pictures enrolled a person.")
    ] = 1,
    seeds: Annotated[
        int, typer.Option(min=1, help="Random galleries, whose searches are taken together.")
    ] = 20,
    strangers_a_day: Annotated[
        int,
        typer.Option(
            "--strangers-per-day",
            min=0,
            help="Strangers whose faces are looked up in a day, for the false alarms a day.",
        ),
    ] = 1000,
    embedder: EmbedderOption = "fused",
    detector: FinderOption = "yunet",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Score a face embedder on finding enrolled people among strangers (open-set).

    Of everybody with more than K pictures, K drawn at random are enrolled and the others are
    looked for; whoever has K or fewer is a stranger. FNIR is the share of an enrolled
    person's pictures that are missed: somebody else is nearer, or the similarity does not pass
    the threshold. FPIR is the share of strangers' pictures that pass it. Thresholds are set so
    that FPIR is as stated; the embedder's own is scored as well.

    In a picture of several faces the one nearest to its centre is meant; pictures of several
    people ("a|b") are left out. A picture without a face is missed, and one drawn to be
    enrolled is a template that nothing is like. With K above 1 the nearest of a person's K
    pictures counts. Intervals (95 %) come from drawing people again, a thousand times.

    False alarms a day are FPIR at the embedder's own threshold times the strangers, one face each,
    of a gallery of this size; a camera that waits for several agreeing faces has fewer.

    Example: `genesis evaluate identification --gallery identities.csv --root faces --enroll 3`
    """
    import numpy as np

    from genesis_ray.evaluation.identification import OpenSet
    from genesis_ray.evaluation.identities_file import read_identities
    from genesis_ray.vision import embedders

    threshold = embedders.find(embedder).threshold
    pictures = read_identities(gallery, sets=sets or ())
    alone = [picture for picture in pictures if len(picture.people) == 1]
    people = OpenSet([picture.people[0] for picture in alone], enroll=enroll)
    found = embed_central_faces(
        (picture.file for picture in alone), root or gallery.parent, embedder, detector
    )
    missing = np.full(embedders.find(embedder).dimension, np.nan, np.float32)
    vectors = [found[picture.file] for picture in alone]
    searches = people.search(
        np.stack([missing if vector is None else vector for vector in vectors]), seeds=seeds
    )
    score = _Score(
        fnir_at_fpir={f"{fpir:g}": searches.fnir_at_fpir(fpir) for fpir in _FPIRS},
        threshold_at_fpir={
            f"{fpir:g}": _finite(searches.threshold_at_fpir(fpir)) for fpir in _FPIRS
        },
        rank1=searches.rank1,
        default_threshold=threshold,
        fpir_at_default=searches.fpir_at(threshold),
        fnir_at_default=searches.fnir_at(threshold),
        gallery=people.enrolled,
        mated=people.mated,
        non_mated=people.non_mated,
        undetected=sum(vector is None for vector in vectors),
        left_out=len(pictures) - len(alone),
        strangers_per_day=strangers_a_day,
        false_alarms_per_day=searches.fpir_at(threshold).value * strangers_a_day,
    )
    if as_json:
        typer.echo(json.dumps(asdict(score), indent=2, allow_nan=False))
    else:
        enrolled = "1 picture" if enroll == 1 else f"{enroll} pictures"
        _show(score, f"{embedder} on faces found by {detector}, {enrolled} enrolled a person")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Score:
    """What is printed.

    Attributes:
        fnir_at_fpir, threshold_at_fpir: By the FPIR asked for; no threshold (None) where no
            stranger scored at all.
        default_threshold: The embedder's own.
        gallery: People enrolled.
        mated, non_mated: Pictures looked for in each gallery: of those people, and of strangers.
        undetected: Of all pictures, those in which no face was found.
        left_out: Pictures of several people.
    """

    fnir_at_fpir: "dict[str, Estimate]"
    threshold_at_fpir: dict[str, float | None]
    rank1: float
    default_threshold: float
    fpir_at_default: "Estimate"
    fnir_at_default: "Estimate"
    gallery: int
    mated: int
    non_mated: int
    undetected: int
    left_out: int
    strangers_per_day: int
    false_alarms_per_day: float


def _finite(score: float) -> float | None:
    return score if math.isfinite(score) else None


def _show(score: _Score, title: str) -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout

    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("strangers let in (FPIR)", "missed (FNIR)", "95 % interval", "threshold"):
        table.add_column(heading, justify="right")
    for fpir, fnir in score.fnir_at_fpir.items():
        threshold = score.threshold_at_fpir[fpir]
        table.add_row(
            f"{float(fpir):.1%}",
            f"{fnir.value:.1%}",
            _interval(fnir),
            "none needed" if threshold is None else f"{threshold:.3f}",
        )
    stdout.print(table)
    stdout.print(
        f"{score.gallery:,} people enrolled; looked for: {score.mated:,} other pictures of theirs, "
        f"{score.non_mated:,} of strangers\n"
        f"without a face: {score.undetected:,} pictures; left out, with several people: "
        f"{score.left_out:,}\n"
        f"nearest to their own person (rank 1): {score.rank1:.1%}\n"
        f"at the embedder's threshold, {score.default_threshold:g}: "
        f"{score.fnir_at_default.value:.1%} missed ({_interval(score.fnir_at_default)}), "
        f"{score.fpir_at_default.value:.1%} of strangers let in "
        f"({_interval(score.fpir_at_default)})\n"
        f"false alarms a day, of {score.strangers_per_day:,} strangers: "
        f"{score.false_alarms_per_day:.1f}",
        soft_wrap=True,
    )


def _interval(estimate: "Estimate") -> str:
    return f"{estimate.low:.1%} to {estimate.high:.1%}"
