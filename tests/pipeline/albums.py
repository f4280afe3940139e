"""A gallery that tests look into."""

import numpy as np

from genesis_ray.domain.recognition.identity import Candidate


class Album:
    """A gallery in memory, and the register of visitors."""

    def __init__(self) -> None:
        self.faces: list[tuple[str, np.ndarray]] = []
        self.visitors: list[str] = []

    def nearest(self, embedding, *, limit):
        best = {}
        for identity_id, known in self.faces:
            best[identity_id] = max(best.get(identity_id, -1.0), float(known @ embedding))
        ranked = sorted((Candidate(*pair) for pair in best.items()), key=lambda c: -c.similarity)
        return ranked[:limit]

    def expect(self, embeddings, *, limit):
        pass

    def enroll(self, identity_id, embeddings, *, qualities, at, camera_id):  # noqa: ARG002
        assert len(embeddings) == len(qualities)
        self.faces += [(identity_id, embedding) for embedding in embeddings]

    def is_taken(self, identity_id, *, at):  # noqa: ARG002
        return identity_id in self.visitors or identity_id in dict(self.faces)

    def add_visitor(self, identity_id, *, at):  # noqa: ARG002
        assert identity_id not in dict(self.faces), "a face is without its person for a while"
        self.visitors.append(identity_id)
