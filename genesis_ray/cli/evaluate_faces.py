"""`genesis evaluate faces`: how surely the faces of one person are told from those of two."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genesis_ray.domain.frames import Image
    from genesis_ray.domain.identity import Embedding
    from genesis_ray.evaluation.pairs_file import Pair
    from genesis_ray.evaluation.verification import VerificationScore

_PHOTOS_A_CALL = 8


def faces(
    pairs: Annotated[Path, typer.Option(help="CSV file with the columns img1, img2, same, set.")],
    root: Annotated[
        Path | None, typer.Option(help="Folder that img1 and img2 start from.  [of --pairs]")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Score this set; repeatable.  [all]")
    ] = None,
    embedder: Annotated[
        str, typer.Option(help="fused, facenet-vggface2, sface or w600k_mbf.")
    ] = "fused",
    detector: Annotated[str, typer.Option(help="yunet, scrfd or mtcnn.")] = "yunet",
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
    found = _embeddings(wanted, root or pairs.parent, embedder, detector)
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


def _embeddings(
    pairs: Sequence["Pair"], root: Path, embedder: str, detector: str
) -> dict[str, "Embedding | None"]:
    """Return the embedding of every picture's central face, None where there is no face."""
    from rich.progress import track

    from genesis_ray.cli.console import stderr
    from genesis_ray.cli.models import pull_with_bar
    from genesis_ray.vision import embedders, face_finders
    from genesis_ray.vision.faces import FaceEmbedder

    names = list(dict.fromkeys(name for pair in pairs for name in (pair.img1, pair.img2)))
    _check_all_there(root, names)
    parts = [part.model for part in embedders.find(embedder).parts]
    for name in [face_finders.model_of(detector), *parts]:
        pull_with_bar(name)
    model = FaceEmbedder(embedder, detector=detector)
    chunks = [names[i : i + _PHOTOS_A_CALL] for i in range(0, len(names), _PHOTOS_A_CALL)]
    embeddings: dict[str, Embedding | None] = {}
    for chunk in track(chunks, "embedding faces", console=stderr, transient=True):
        answers = model.central_faces([_read(root / name) for name in chunk])
        embeddings.update(
            (name, face.embedding if face else None)
            for name, face in zip(chunk, answers, strict=True)
        )
    return embeddings


def _check_all_there(root: Path, names: Sequence[str]) -> None:
    from genesis_ray.errors import SourceError

    missing = [name for name in names if not (root / name).is_file()]
    if missing:
        raise SourceError(
            f"{root / missing[0]}: no such picture, as {len(missing)} of {len(names)} are missing; "
            "name the folder that the paths of the pairs start from with --root"
        )


def _read(path: Path) -> "Image":
    import cv2
    import numpy as np

    from genesis_ray.errors import SourceError

    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}; make it readable") from error
    image: Image | None = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if image is None:
        raise SourceError(f"{path}: expected a picture, found none in it; give a JPEG, PNG or PGM")
    return image


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
