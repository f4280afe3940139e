"""Embedders that faces leave as templates only: the ones that systems use.

What `assembly.load_embedder` loads gives plain embeddings; nothing that stores or sends any may
use it.
"""

from collections.abc import Sequence
from dataclasses import replace

from genesis_ray.domain.streams.frames import Image
from genesis_ray.running.assembly import Embedder, load_embedder
from genesis_ray.sections.models import FaceSettings
from genesis_ray.store.keys.template_keys import TemplateKey
from genesis_ray.store.keys.templates import Protector
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.faces import EmbeddedFace, FaceCrop, GradedFace
from genesis_ray.vision.memory_guard import MemoryState


def load_protected_embedder(settings: FaceSettings, key: TemplateKey) -> "ProtectedEmbedder":
    """Load the face finder and embedder, under a tenant's key."""
    return ProtectedEmbedder(load_embedder(settings), key)


class ProtectedEmbedder:
    """An embedder under a key: similarities, and so its threshold, stay what they are."""

    def __init__(self, embedder: Embedder, key: TemplateKey) -> None:
        self.name = embedder.name
        self.dimension = embedder.dimension
        self.threshold = embedder.threshold
        self._embedder = embedder
        self.use(key)

    @property
    def key(self) -> TemplateKey:
        """The key that protects what it says next."""
        return self._under[0]

    def use(self, key: TemplateKey) -> None:
        """Protect with another key from the next call on."""
        own = self._embedder
        self._under = key, Protector(key, embedder=own.name, dimension=own.dimension)

    def find(self, crops: Sequence[HeadCrop]) -> list[GradedFace | None]:
        """Find the face of the person each crop is for; None where there is none."""
        return self._embedder.find(crops)

    def embed(self, faces: Sequence[FaceCrop]) -> list[EmbeddedFace]:
        """Return the templates of faces that `find` found."""
        return self._protected(self._embedder.embed(faces))

    @property
    def memory(self) -> MemoryState:
        """How it gets on with a GPU's memory."""
        return self._embedder.memory

    def faces_in(self, photo: Image) -> list[EmbeddedFace]:
        """Return the templates of all faces of a photo, the largest first."""
        return self._protected(self._embedder.faces_in(photo))

    def _protected(self, faces: Sequence[EmbeddedFace]) -> list[EmbeddedFace]:
        key, protector = self._under
        return [
            replace(
                face,
                embedding=protector.protect(face.embedding[None])[0],
                key=key.fingerprint,
                embedder=self.name,
            )
            for face in faces
        ]
