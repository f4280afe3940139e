"""The rules that turn face similarities into an identity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Embedding = npt.NDArray[np.float32]
"""A face as float32 [dimension] of unit length, comparable within one embedder only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSight:
    """One face of a track, as it was found.

    Attributes:
        face_index: Counts the faces asked for on this track, from 0.
        quality: 0 (useless) to 1 (frontal, large, sharp).
        in_view_since: When the track was first seen; None: not known.
        companions: Tracks whose boxes overlap this one's again and again.
        overlapped: Tracks whose boxes did so at least once, companions among them.
    """

    camera_id: str
    track_id: int
    face_index: int
    captured_at: datetime
    quality: float
    in_view_since: datetime | None = None
    companions: tuple[int, ...] = ()
    overlapped: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Face(FaceSight):
    """One that was embedded, as others are not whose quality is too low, or which are spare.

    Attributes:
        key: Names the key that protects the embedding, which can be compared with none under
            another; "" where there is one alone.
        embedder: By which, in the same way.
    """

    embedding: Embedding
    key: str = ""
    embedder: str = ""


class Candidate(NamedTuple):
    """An enrolled identity and its cosine similarity to a probe face."""

    identity_id: str
    similarity: float


Verdict = Literal[
    "voted", "quality", "spare", "nobody", "threshold", "margin", "rejected", "decided"
]
"""What one face said of its track: it voted, or why it did not. Its quality was too low; it was
spared, as the track had enough faces; nobody is enrolled; the nearest identity is not near enough,
or has a rival too close behind, or ahead who may not be named; the nearest of all was rejected by
somebody for this track; the track had its name already."""

FEWEST_FACES = 2
"""A single face never names a track, whatever the settings say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPolicy:
    """When a face is close enough to be called somebody.

    A false merge gives one visitor another's history, a miss only splits one
    visitor in two. So the rules prefer to say nothing.

    Attributes:
        threshold: Least similarity that counts; belongs to an embedder.
        margin: Lead the best candidate needs over the next identity.
        votes: Good faces that have to agree before a track is named.
        review: Least similarity that is worth a person's look; the threshold by default.
        origin: Where the threshold came from, in a word or two.
        average: Least average similarity of the faces that agree, of as many as there can be; None:
            they are named as soon as they agree.
    """

    threshold: float
    margin: float = 0.05
    votes: int = 3
    review: float | None = None
    origin: str = ""
    average: float | None = None

    @property
    def floor(self) -> float:
        """Similarity below which nobody has a say: to be named, be looked at, or be a rival."""
        review = self.threshold if self.review is None else self.review
        return min(self.threshold, review) - self.margin

    def verdict(self, ranked: Sequence[Candidate], barred: float | None = None) -> Verdict:
        """Return whether candidates, sorted by falling similarity, have a clear winner.

        `barred` is how near somebody comes whom the face may not be named: they are no candidate,
        and a rival as everybody is, so that nobody wins in their place.
        """
        if not ranked:
            return "nobody"
        best, rival = ranked[0].similarity, runner_up(ranked)
        if best < self.threshold:
            return "threshold"
        if rival and best - rival.similarity < self.margin:
            return "margin"
        if barred is not None and best - barred < self.margin:
            return "margin"
        return "voted"

    def near(self, ranked: Sequence[Candidate], barred: float | None = None) -> list[Candidate]:
        """Return those worth a look: the best, if it is, and who is within the margin of it.

        Where somebody barred comes nearer, those within the margin of them.
        """
        least = self.threshold if self.review is None else self.review
        if not ranked or ranked[0].similarity < least:
            return []
        best = ranked[0].similarity if barred is None else max(barred, ranked[0].similarity)
        least = max(least, best - self.margin)
        return [candidate for candidate in ranked if candidate.similarity >= least]


def runner_up(ranked: Sequence[Candidate]) -> Candidate | None:
    """Return the best candidate that is somebody else than the first."""
    return next((c for c in ranked if c.identity_id != ranked[0].identity_id), None)


def alike(faces: Sequence[Face], least: float) -> list[Face]:
    """Return the faces that are like the most typical one, in their order.

    A track may carry a face of somebody else, who stood in front. Its own are the many.
    """
    embeddings = np.stack([face.embedding for face in faces])
    similarities = np.vecdot(embeddings[:, None], embeddings[None])
    typical = int(np.argmax(np.median(similarities, axis=1)))
    return [
        face
        for face, similarity in zip(faces, similarities[typical], strict=True)
        if similarity >= least
    ]
