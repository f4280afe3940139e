"""How often enrolment takes one person's photos for several people's, and several for one.

    .venv/bin/python benchmarks/bench_enrolment.py identities.csv --root faces [--draws 2000]

The pictures are those of `genesis evaluate identification`. A line for people's own photos, all and
drawn, one for photos of two people in one folder by how many there are of each, and one for photos
that are added to somebody who is known, by whose they are. Seconds are those of one folder.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from face_pictures import Indices, Pictures, embedded
from harness import report_latency

from genesis_ray.domain.recognition.enrolment import STRANGERS, unlike_faces
from genesis_ray.domain.recognition.likeness_groups import strange_groups
from genesis_ray.vision import embedders

_FEWEST = 4
"""Photos of somebody, for there to be two groups of two."""

_EACH = (2, 3, 5, 10)
_ADDED = (2, 3, 5)


def main() -> None:
    """Measure, and print a line for each kind of folder."""
    options = _options()
    pictures = embedded(
        options.identities, root=options.root, sets=options.sets, embedder=options.embedder
    )
    folders = _Folders(pictures, embedders.find(options.embedder).impostors.similarity(STRANGERS))
    draw = np.random.default_rng(0)
    people = [own for own in folders.people() if len(own) >= _FEWEST]
    drawn = [draw.choice(own, draw.integers(_FEWEST, len(own) + 1), replace=False)
             for own in people for _ in range(options.draws // len(people))]  # fmt: skip
    _report("one-person", [folders.seen(own) for own in (*people, *drawn)], options)
    for each in _EACH:
        pool = [own for own in folders.people() if len(own) >= each]
        seen = []
        for _ in range(options.draws if len(pool) > 1 else 0):
            chosen = draw.choice(len(pool), 2, replace=False)
            photos = [draw.choice(pool[place], each, replace=False) for place in chosen]
            seen.append(folders.seen(np.concatenate(photos)))
        _report(f"two-people/{each}-each", seen, options)
    for added in _ADDED:
        pool = [own for own in folders.people() if len(own) > added]
        for whose in ("own", "a-stranger's") if len(pool) > 1 else ():
            seen = []
            for _ in range(options.draws):
                one, other = draw.choice(len(pool), 2, replace=False)
                known, *rest = draw.permutation(pool[one])
                new = rest if whose == "own" else draw.permutation(pool[other])
                seen.append(folders.seen(np.asarray(new[:added]), known=np.array([known])))
            _report(f"known-by-1/{added}-of-{whose}", seen, options)


class _Seen(NamedTuple):
    """What becomes of a folder.

    Attributes:
        is_refused: Whether it is taken for several people's, or for another's than who is known.
        taken: How many people the photos show that are taken.
    """

    is_refused: bool
    taken: int
    seconds: float


class _Folders:
    """Looks at photos as enrolment does."""

    def __init__(self, pictures: Pictures, like_from: float) -> None:
        self._pictures = pictures
        self._like_from = like_from

    def people(self) -> list[Indices]:
        """Return the places of each person's pictures."""
        person = self._pictures.person
        return [np.flatnonzero(person == each) for each in np.unique(person)]

    def seen(self, photos: Indices, known: Indices | None = None) -> _Seen:
        """Return what becomes of photos, of somebody who is known by others or by none."""
        begun = time.perf_counter()
        own = self._vectors([] if known is None else known)
        unlike = unlike_faces(self._vectors(photos), own, least=self._like_from)
        left = np.delete(photos, [*unlike])
        strange = strange_groups(self._vectors(left), own, least=self._like_from)
        rest = np.delete(left, [place for group in strange for place in group])
        taken = rest if known is not None or not strange else rest[:0]
        return _Seen(
            is_refused=bool(strange) or (known is not None and not len(taken)),
            taken=len(np.unique(self._pictures.person[taken])),
            seconds=time.perf_counter() - begun,
        )

    def _vectors(self, places: Sequence[int] | Indices) -> npt.NDArray[np.float32]:
        return self._pictures.vectors[np.asarray(places, np.int64)]


def _report(name: str, seen: Sequence[_Seen], options: argparse.Namespace) -> None:
    if seen:
        report_latency(
            f"enrolment/{name}",
            [each.seconds for each in seen],
            parameters=vars(options),
            folders=len(seen),
            refused=sum(each.is_refused for each in seen),
            several_taken=sum(each.taken > 1 for each in seen),
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("identities", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--set", dest="sets", nargs="+", default=["lfw"])
    parser.add_argument("--embedder", default="fused")
    parser.add_argument("--draws", type=int, default=2000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
