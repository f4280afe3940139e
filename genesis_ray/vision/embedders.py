"""The face embedders: which models each is made of, and when two faces are one person's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.impostors import ImpostorTail
from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision import engines, models
from genesis_ray.vision.align import align, widened
from genesis_ray.vision.found_face import FoundFace
from genesis_ray.vision.memory_guard import MemoryState

Embeddings = npt.NDArray[np.float32]
"""Faces as float32 [n, dimension], each of unit length."""

_WIDENED_BY = 0.3


@dataclass(frozen=True, slots=True)
class Part:
    """One network of an embedder; it sees a face as it is and mirrored, and adds the two vectors.

    Attributes:
        model: Its name in the model catalogue.
        cut: Whether it is given the face warped to ArcFace's template, or the upright box
            widened by 30 %.
        share: Its part of the embedder's similarity; all shares add up to 1.
    """

    model: str
    cut: Literal["aligned", "widened"]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class EmbedderEntry:
    """What is known of an embedder without loading it.

    Attributes:
        threshold: Least cosine similarity at which a face is called an enrolled person's.
        evidence: What the threshold was calibrated on, and with which result.
        impostors: How alike faces of different people are: of all pairs of those pictures, from
            the most alike hundredth on (of w600k_mbf, of 600 pictures of as many people).
    """

    name: str
    parts: tuple[Part, ...]
    threshold: float
    evidence: str
    impostors: ImpostorTail

    @property
    def dimension(self) -> int:
        """Numbers in an embedding."""
        return sum(models.find(part.model).dimension or 0 for part in self.parts)

    @property
    def licence(self) -> str:
        """The licences of all its weights."""
        return ", ".join(dict.fromkeys(models.find(part.model).licence for part in self.parts))


def _on_lfw(*, fnir: float, fpir: float) -> str:
    """Say how thresholds chosen on some people do on others (docs/identification.md)."""
    return (
        f"LFW folds 1 to 3, faces found by YuNet: chosen on half of the people, scored on the "
        f"other half, 20 times: of 225 enrolled with one picture each, misses {fnir:.1%} of their "
        f"other faces (FNIR), takes {fpir:.1%} of strangers' faces for one of them (FPIR)"
    )


EMBEDDERS: dict[str, EmbedderEntry] = {
    entry.name: entry
    for entry in (
        EmbedderEntry(
            "fused",
            (Part("facenet-vggface2", "widened", 0.3), Part("sface", "aligned", 0.7)),
            threshold=0.48,
            evidence=_on_lfw(fnir=0.027, fpir=0.006),
            impostors=ImpostorTail(start=0.298, share=0.01, scale=0.0362),
        ),
        EmbedderEntry(
            "facenet-vggface2",
            (Part("facenet-vggface2", "widened"),),
            threshold=0.715,
            evidence=_on_lfw(fnir=0.219, fpir=0.006),
            impostors=ImpostorTail(start=0.422, share=0.01, scale=0.0618),
        ),
        EmbedderEntry(
            "sface",
            (Part("sface", "aligned"),),
            threshold=0.45,
            evidence=_on_lfw(fnir=0.035, fpir=0.006),
            impostors=ImpostorTail(start=0.295, share=0.01, scale=0.0304),
        ),
        EmbedderEntry(
            "w600k_mbf",
            (Part("w600k_mbf", "aligned"),),
            threshold=0.325,
            evidence=_on_lfw(fnir=0.015, fpir=0.005),
            impostors=ImpostorTail(start=0.166, share=0.01, scale=0.0267),
        ),
    )
}
"""By name, the default first. Thresholds aim at an FPIR of 0.005 for a single face and 225 people,
which is 0.01 for 450; a gallery ten times as large has ten times as many false alarms, a vote over
several faces far fewer."""


def find(name: str) -> EmbedderEntry:
    """Return the embedder of this name; raises ConfigurationError where there is none."""
    if name not in EMBEDDERS:
        raise ConfigurationError(f"no face embedder {name!r}; there are {', '.join(EMBEDDERS)}")
    return EMBEDDERS[name]


class Embedder:
    """The loaded networks of an embedder."""

    def __init__(self, entry: EmbedderEntry, *, engine: str = "auto") -> None:
        """Load the networks; one that `engine` cannot run is run by the engine that can.

        Raises:
            ModelError: Weights are missing or wrong, or no network runs on `engine`.
        """
        possible = {one for part in entry.parts for one in models.find(part.model).engines}
        self._dimension = entry.dimension
        self._networks = [
            _Network(part, engine if _can(part, engine) or engine not in possible else "auto")
            for part in entry.parts
        ]

    @property
    def memory(self) -> MemoryState:
        """How the networks get on with a GPU's memory."""
        return sum((network.memory for network in self._networks), MemoryState())

    def embed(self, faces: Sequence[tuple[Image, FoundFace]]) -> Embeddings:
        """Embed faces, each given with its picture, into [n, dimension].

        A face's vector does not depend on the others.
        """
        if not faces:
            return np.zeros((0, self._dimension), np.float32)
        return np.hstack([network.embed(faces) for network in self._networks])


class _Network:
    """A part of an embedder, loaded."""

    def __init__(self, part: Part, engine: str) -> None:
        self._part = part
        shape = models.find(part.model).input.shape
        if shape is None:
            raise ValueError(f"expected a model of one input shape, {part.model} takes many")
        self._size = shape[0]
        self._run = engines.load_guarded(part.model, shape, engine=engine)

    @property
    def memory(self) -> MemoryState:
        """How the network gets on with a GPU's memory."""
        return self._run.state

    def embed(self, faces: Sequence[tuple[Image, FoundFace]]) -> Embeddings:
        """Return the part's share of the faces' vectors."""
        crops = [self._cut(image, face) for image, face in faces]
        (both,) = self._run(np.stack([*crops, *(cv2.flip(crop, 1) for crop in crops)]))
        vectors = both[: len(crops)] + both[len(crops) :]
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        shared: Embeddings = vectors * np.float32(np.sqrt(self._part.share)) / length
        return shared

    def _cut(self, image: Image, face: FoundFace) -> Image:
        if self._part.cut == "aligned":
            return align(image, face.landmarks)
        return widened(image, face.xyxy, by=_WIDENED_BY, size=self._size)


def _can(part: Part, engine: str) -> bool:
    return engine in models.find(part.model).engines
