"""Finds and embeds faces: in head crops of tracked people, and in photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.face_place import FacePlace
from genesis_ray.domain.recognition.identity import Embedding
from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.heads import owner_of
from genesis_ray.vision import embedders
from genesis_ray.vision.align import Points
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.embedders import Embedder
from genesis_ray.vision.face_finders import load_finder
from genesis_ray.vision.face_quality import quality_of
from genesis_ray.vision.found_face import FoundFace
from genesis_ray.vision.memory_guard import MemoryState

_CROP_SIDE = 256
_PHOTO_SIDE = 640


@dataclass(frozen=True, slots=True, eq=False)
class GradedFace:
    """A face that was found in a head crop, before it is decided whether it is embedded.

    Attributes:
        quality: 0 (useless) to 1 (frontal, large, sharp).
    """

    face: FoundFace
    quality: float


class FaceCrop(NamedTuple):
    """A head crop with the face of the person that it is for."""

    head: HeadCrop
    graded: GradedFace


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedFace:
    """A face that was found and embedded.

    Attributes:
        xyxy: float32 [4], normalised to the picture given.
        confidence: The face detector's.
        quality: 0 (useless) to 1 (frontal, large, sharp).
        embedding: float32 [dimension], of unit length.
        landmarks: float32 [5, 2], normalised as well: eyes, nose, corners of the mouth; of a pair,
            the one further left in the picture first.
        key: Fingerprint of the key that protects the embedding; "": none does.
        embedder: Who made it, where it says so.
    """

    xyxy: npt.NDArray[np.float32]
    confidence: float
    quality: float
    embedding: Embedding
    landmarks: Points
    key: str = ""
    embedder: str = ""

    @property
    def place(self) -> FacePlace:
        """Where it is in the picture."""
        return FacePlace.of(self.xyxy, self.landmarks)


class FaceEmbedder:
    """A face detector with an embedder.

    What it says of a picture does not depend on the other pictures of a call.
    """

    def __init__(
        self,
        embedder: str = "fused",
        *,
        detector: str = "yunet",
        engine: str = "auto",
        min_face_px: int = 24,
    ) -> None:
        """Load the models.

        Args:
            embedder: A name in `embedders.EMBEDDERS`.
            detector: A name in `face_finders.FINDERS`.
            engine: Runs those models that it can.
            min_face_px: Least width of a face; smaller ones are passed over.

        Raises:
            ConfigurationError: There is no such embedder or detector.
            ModelError: Weights are missing or wrong.
        """
        entry = embedders.find(embedder)
        self.name, self.dimension, self.threshold = entry.name, entry.dimension, entry.threshold
        self._min_face_px = min_face_px
        self._finder = load_finder(detector, engine=engine)
        self._embedder = Embedder(entry, engine=engine)

    @property
    def memory(self) -> MemoryState:
        """How all networks get on with a GPU's memory."""
        return self._finder.memory + self._embedder.memory

    def find(self, crops: Sequence[HeadCrop]) -> list[GradedFace | None]:
        """Find the largest face of the person each crop is for; None where there is none."""
        found = self._finder.find([crop.image for crop in crops], long_side=_CROP_SIDE)
        own = [self._own(crop, faces) for crop, faces in zip(crops, found, strict=True)]
        return [
            _graded(crop.image, face) if face else None
            for crop, face in zip(crops, own, strict=True)
        ]

    def embed(self, faces: Sequence[FaceCrop]) -> list[EmbeddedFace]:
        """Embed faces that `find` found."""
        return self._embed_all([(head.image, graded) for head, graded in faces])

    def faces_in(self, photo: Image) -> list[EmbeddedFace]:
        """Embed all faces of a photo, the largest first."""
        (found,) = self._in_photos([photo])
        ordered = sorted(found, key=_area, reverse=True)
        return self._embed_all([(photo, _graded(photo, face)) for face in ordered])

    def central_faces(self, photos: Sequence[Image]) -> list[EmbeddedFace | None]:
        """Embed the face nearest to the centre of each photo; None where there is none."""
        found = self._in_photos(photos)
        central = [
            min(faces, key=partial(_off_centre, photo), default=None)
            for photo, faces in zip(photos, found, strict=True)
        ]
        chosen = [
            (photo, _graded(photo, face))
            for photo, face in zip(photos, central, strict=True)
            if face
        ]
        embedded = iter(self._embed_all(chosen))
        return [next(embedded) if face else None for face in central]

    def _own(self, crop: HeadCrop, found: list[FoundFace]) -> FoundFace | None:
        own = (
            face
            for face in self._large_enough(found)
            if owner_of(_normalised(face, crop.image), crop.people) == crop.own
        )
        return max(own, key=_area, default=None)

    def _in_photos(self, photos: Sequence[Image]) -> list[list[FoundFace]]:
        found = self._finder.find(photos, long_side=_PHOTO_SIDE)
        # A face that fills the picture is found in a smaller copy only.
        retried = [index for index, faces in enumerate(found) if not faces]
        again = self._finder.find([photos[index] for index in retried], long_side=_CROP_SIDE)
        for index, faces in zip(retried, again, strict=True):
            found[index] = faces
        return [self._large_enough(faces) for faces in found]

    def _large_enough(self, faces: list[FoundFace]) -> list[FoundFace]:
        return [face for face in faces if face.xyxy[2] - face.xyxy[0] >= self._min_face_px]

    def _embed_all(self, faces: Sequence[tuple[Image, GradedFace]]) -> list[EmbeddedFace]:
        embeddings = self._embedder.embed([(picture, graded.face) for picture, graded in faces])
        return [
            EmbeddedFace(
                _normalised(graded.face, picture),
                graded.face.confidence,
                graded.quality,
                embedding,
                _normalised_points(graded.face, picture),
            )
            for (picture, graded), embedding in zip(faces, embeddings, strict=True)
        ]


def _graded(picture: Image, face: FoundFace) -> GradedFace:
    return GradedFace(face, quality_of(picture, face))


def _area(face: FoundFace) -> float:
    return float(np.prod(face.xyxy[2:] - face.xyxy[:2]))


def _off_centre(picture: Image, face: FoundFace) -> float:
    height, width = picture.shape[:2]
    return float(np.hypot(*((face.xyxy[:2] + face.xyxy[2:] - (width, height)) / 2)))


def _normalised(face: FoundFace, picture: Image) -> npt.NDArray[np.float32]:
    height, width = picture.shape[:2]
    return np.clip(face.xyxy / np.array([width, height] * 2, np.float32), 0, 1)


def _normalised_points(face: FoundFace, picture: Image) -> Points:
    height, width = picture.shape[:2]
    return ((face.landmarks + 0.5) / (width, height)).astype(np.float32)
