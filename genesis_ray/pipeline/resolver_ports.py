"""What a resolver is given to work with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.identity import Candidate, Embedding


class Gallery(Protocol):
    """The enrolled faces of one tenant, by one embedder."""

    def nearest(self, embedding: Embedding, *, limit: int) -> list[Candidate]:
        """Return the most similar identities, best first, each once."""

    def expect(self, embeddings: npt.NDArray[np.float32], *, limit: int) -> None:
        """Take notice of faces [n, dimension] that `nearest` will be asked for."""

    def enroll(
        self,
        identity_id: str,
        embeddings: npt.NDArray[np.float32],
        *,
        qualities: Sequence[float],
        at: datetime,
        camera_id: str,
    ) -> None:
        """Add faces [n, dimension] of an identity; later searches find them."""


class VisitorRegister(Protocol):
    """Keeps who the pseudonymous visitors are, among everybody who has an identity."""

    def is_taken(self, identity_id: str, *, at: datetime) -> bool:
        """Tell whether somebody has this identity, other than who was about to get it at a time.

        A process that is killed may have noted a new visitor and not yet their faces: who goes
        through the same faces again makes the same one.
        """

    def add_visitor(self, identity_id: str, *, at: datetime) -> None:
        """Note a new visitor."""


class Decisions(Protocol):
    """What people decided about who is who, which counts more than what faces look like."""

    def now(self, identity_id: str) -> str:
        """Return whom an identity is now that some were merged."""

    def is_withheld(self, identity_id: str) -> bool:
        """Tell whether nothing may be told of somebody, not even that they were there."""

    def may_be(self, identity_id: str, camera_id: str, track_id: int, at: datetime) -> bool:
        """Tell whether nobody said that a track is not this identity."""
