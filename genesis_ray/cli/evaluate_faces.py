"""`genesis evaluate faces`: how surely the faces of one person are told from those of two."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.central_faces import EmbedderOption, FinderOption, embed_central_faces

if TYPE_CHECKING:
    from genesis_ray.domain.recognition.identity import Embedding
    from genesis_ray.evaluation.verification import VerificationScore


def faces(
    pairs: Annotated[Path, typer.Option(help="CSV file with the columns img1, img2, same, set.")],
    root: Annotated[
        Path | None, typer.Option(help="Folder that img1 and img2 start from.  [of --pairs]")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Score this set; repeatable.  [all]")
    ] = None,
    embedder: EmbedderOption = "fused",
    detector: FinderOption = "yunet",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Score a face embedder on pairs of pictures.

    In a picture of several faces the one nearest to its centre is meant. A pair with a picture
    that shows no face counts as wrong. Each set is judged at the threshold that is best for the
    other sets, a single set in ten folds; `threshold` is the best for all pairs at once.

    Example: `genesis evaluate faces --pairs pairs.csv --root faces --set lfw_fold1`
    """
    import numpy as np

    from genesis_ray.evaluation.pairs_file import read_pairs
    from genesis_ray.evaluation.verification import ScoredPairs, verify

    wanted = read_pairs(pairs, sets=sets or ())
    files = (name for pair in wanted for name in (pair.img1, pair.img2))
    found = embed_central_faces(files, root or pairs.parent, embedder, detector)
    score = verify(
        ScoredPairs(
            similarity=np.array([_similarity(found[p.img1], found[p.img2]) for p in wanted]),
            same=np.array([pair.same for pair in wanted]),
            sets=[pair.set_name for pair in wanted],
        )
    )
    if as_json:
        typer.echo(json.dumps(_to_json(score), indent=2, allow_nan=False))
    else:
        _show(score, f"{embedder} on faces found by {detector}")


def _similarity(one: "Embedding | None", other: "Embedding | None") -> float:
    return math.nan if one is None or other is None else float(one @ other)


def _to_json(score: "VerificationScore") -> dict[str, object]:
    return {
        "accuracy": score.accuracy,
        "threshold": score.threshold,
        "tar_at_far": {
            f"{far:g}": None if math.isnan(tar) else tar for far, tar in score.tar_at_far.items()
        },
        "pairs": score.pairs,
        "undetected": score.undetected,
        "sets": {
            name: {"accuracy": one.accuracy, "pairs": one.pairs, "undetected": one.undetected}
            for name, one in score.sets.items()
        },
    }


def _show(score: "VerificationScore", title: str) -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout

    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("set")
    for heading in ("pairs", "undetected", "accuracy"):
        table.add_column(heading, justify="right")
    for name, one in score.sets.items():
        table.add_row(name, f"{one.pairs:,}", f"{one.undetected:,}", f"{one.accuracy:.4f}")
    table.add_section()
    table.add_row("all", f"{score.pairs:,}", f"{score.undetected:,}", f"{score.accuracy:.4f}")
    stdout.print(table)
    if score.threshold is not None:
        stdout.print(f"best threshold for all pairs: {score.threshold:.3f}")
    for far, tar in score.tar_at_far.items():
        stdout.print(f"accepted of one person's pairs, {far:.1%} of others' let in: {tar:.2%}")
