"""The faces of a folder of people's pictures, as several benchmarks want them."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from harness import note

from genesis_ray.evaluation.identities_file import read_identities
from genesis_ray.vision.faces import FaceEmbedder

Indices = npt.NDArray[np.int64]


class Pictures(NamedTuple):
    """The faces of all pictures: [n, dimension], [n] each."""

    vectors: npt.NDArray[np.float32]
    qualities: npt.NDArray[np.float64]
    person: Indices


def embedded(
    identities: Path,
    *,
    root: Path,
    sets: Sequence[str],
    embedder: str,
    without: Collection[str] = (),
) -> Pictures:
    """Embed the pictures of one person each that a file lists, but for those of some people.

    As in `genesis evaluate identification`: of several faces the one nearest to the centre.
    """
    alone = [
        picture
        for picture in read_identities(identities, sets=sets)
        if len(picture.people) == 1 and picture.people[0] not in without
    ]
    faces = FaceEmbedder(embedder)
    note(f"embedding {len(alone)} pictures")
    found = [
        (face, picture.people[0])
        for picture in alone
        if (face := faces.central_faces([cv2.imread(str(root / picture.file))])[0])
    ]
    _, person = np.unique([who for _, who in found], return_inverse=True)
    return Pictures(
        np.stack([face.embedding for face, _ in found]),
        np.array([face.quality for face, _ in found]),
        person,
    )
