"""What choosing a person's templates, and learning new ones, is worth; and how alike strangers are.

    .venv/bin/python benchmarks/bench_templates.py identities.csv --root faces [--seeds 20]

The pictures are those of `genesis evaluate identification`. People with as many pictures as it
takes are enrolled, everybody else is a stranger. A line for each way of learning from four more
pictures of each person, one for each choice of three templates among five, and one for the
similarities of different people, with the tail that `EmbedderEntry.impostors` has. FNIR and FPIR
as in docs/identification.md; seconds are those of one gallery.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from face_pictures import Indices, Pictures, embedded
from harness import report_latency

from genesis_ray.domain.recognition.template_choice import choose
from genesis_ray.domain.recognition.template_update import Kind, Template, UpdatePolicy, learn
from genesis_ray.evaluation.identification import Searches
from genesis_ray.vision import embedders

_PICTURES = 8
"""That somebody needs to be enrolled: one to enrol, four to learn from, and some to look for."""

_TAUGHT = 4
_CANDIDATES, _KEPT = 5, 3
_TAIL, _RAREST = 0.01, (1e-3, 1e-4, 1e-5)

Enrol = Callable[["Pictures", Indices], npt.NDArray[np.float32]]
"""Makes templates [n, dimension] of one person's pictures, in the order in which they come."""


def main() -> None:
    """Measure, and print a line a way."""
    options = _options()
    pictures = embedded(
        options.identities, root=options.root, sets=options.sets, embedder=options.embedder
    )
    ways: dict[str, tuple[int, Enrol]] = {"learning/never": (_TAUGHT + 1, _taught(None, 1))}
    for kind in ("average", "exchange"):
        for least in options.least:
            ways[f"learning/{kind}-{least:g}"] = (_TAUGHT + 1, _taught(kind, least))
    ways["learning/all-kept"] = (_TAUGHT + 1, lambda found, own: found.vectors[own])
    ways["choice/first"] = (_CANDIDATES, lambda found, own: found.vectors[own[:_KEPT]])
    ways["choice/best-quality"] = (_CANDIDATES, _of_best_quality)
    ways["choice/by-quality-and-difference"] = (_CANDIDATES, _chosen)
    ways["choice/all"] = (_CANDIDATES, lambda found, own: found.vectors[own])
    threshold = embedders.find(options.embedder).threshold
    for name, (shown, enrol) in ways.items():
        seconds, searches = _search(pictures, enrol, shown, options.seeds)
        report_latency(
            f"templates/{name}",
            seconds,
            parameters=vars(options),
            fnir_at_fpir={f"{at:g}": searches.fnir_at_fpir(at).value for at in (0.003, 0.01, 0.1)},
            fnir_at_threshold=searches.fnir_at(threshold).value,
            fpir_at_threshold=searches.fpir_at(threshold).value,
        )
    begun = time.perf_counter()
    strangers = _strangers(pictures)
    report_latency(
        "templates/impostors", [time.perf_counter() - begun], parameters=vars(options), **strangers
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("identities", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--set", dest="sets", nargs="+", default=["lfw"])
    parser.add_argument("--embedder", default="fused")
    parser.add_argument("--least", nargs="+", type=float, default=[0.65, 0.715])
    parser.add_argument("--seeds", type=int, default=20)
    return parser.parse_args()


def _search(
    pictures: Pictures, enrol: Enrol, shown: int, seeds: int
) -> tuple[list[float], Searches]:
    """Look for the pictures of enrolled people that were not shown, and for those of strangers."""
    counts = np.bincount(pictures.person)
    people = np.flatnonzero(counts >= _PICTURES)
    strangers = np.flatnonzero(counts[pictures.person] < _PICTURES)
    parts, seconds = [], []
    for seed in range(seeds):
        begun = time.perf_counter()
        random = np.random.default_rng(seed)
        orders = [random.permutation(np.flatnonzero(pictures.person == who)) for who in people]
        templates = [enrol(pictures, order[:shown]) for order in orders]
        probes = np.concatenate([order[shown:] for order in orders])
        column = np.repeat(np.arange(len(people)), [len(order) - shown for order in orders])
        scores = _best(pictures.vectors[probes], templates)
        own = scores[np.arange(len(probes)), column].copy()
        scores[np.arange(len(probes)), column] = -np.inf
        alarm = _best(pictures.vectors[strangers], templates).max(axis=1)
        parts.append((own, scores.max(axis=1), pictures.person[probes], alarm))
        seconds.append(time.perf_counter() - begun)
    own, other, mated, alarm = (np.concatenate(part) for part in zip(*parts, strict=True))
    stranger = np.tile(pictures.person[strangers], seeds)
    return seconds, Searches(
        own=own, other=other, mated=mated, alarm=alarm, non_mated=stranger, resamples=1
    )


def _best(
    faces: npt.NDArray[np.float32], templates: Sequence[npt.NDArray[np.float32]]
) -> npt.NDArray[np.float32]:
    """Return the similarity of each face with each person, by their most similar template."""
    return np.stack([(faces @ own.T).max(axis=1) for own in templates], axis=1)


def _taught(kind: Kind | None, least: float) -> Enrol:
    """Return what enrols the first picture, and learns from those of the others that are sure."""

    def enrol(pictures: Pictures, own: Indices) -> npt.NDArray[np.float32]:
        first, *others = (
            Template(str(at), pictures.vectors[at], pictures.qualities[at], "door") for at in own
        )
        known = [first._replace(camera_id="")]
        policy = UpdatePolicy(kind=kind, similarity=least) if kind else None
        for face in others if policy else ():
            if max(float(each.embedding @ face.embedding) for each in known) < least:
                continue
            if learned := learn(policy, known, face):
                known = [each for each in known if each.face_id != learned.replaced_id]
                known.append(face._replace(embedding=learned.embedding))
        return np.stack([each.embedding for each in known])

    return enrol


def _of_best_quality(pictures: Pictures, own: Indices) -> npt.NDArray[np.float32]:
    best = np.argsort(-pictures.qualities[own], kind="stable")[:_KEPT]
    return pictures.vectors[own[best]]


def _chosen(pictures: Pictures, own: Indices) -> npt.NDArray[np.float32]:
    vectors, qualities = pictures.vectors[own], pictures.qualities[own].tolist()
    return vectors[choose(vectors, qualities, ["door"] * len(own), most=_KEPT)]


def _strangers(pictures: Pictures) -> dict[str, object]:
    """Return how alike different people are: the tail, and what is measured along it."""
    rows, columns = np.triu_indices(len(pictures.person), 1)
    differ = pictures.person[rows] != pictures.person[columns]
    similar = pictures.vectors @ pictures.vectors.T
    falling = -np.sort(-similar[rows, columns][differ])
    tail = falling[: int(_TAIL * len(falling))]
    return {
        "pairs": len(falling),
        "start": float(tail[-1]),
        "share": _TAIL,
        "scale": float((tail - tail[-1]).mean()),
        "most": falling[:5].tolist(),
        "at": {f"{part:g}": float(falling[int(part * len(falling))]) for part in _RAREST},
    }


if __name__ == "__main__":
    main()
