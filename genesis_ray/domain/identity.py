"""The rules that turn face similarities into an identity."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Embedding = npt.NDArray[np.float32]
"""A face as float32 [dimension] of unit length, comparable within one embedder only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One embedded face of a track.

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
    embedding: Embedding
    quality: float
    in_view_since: datetime | None = None
    companions: tuple[int, ...] = ()
    overlapped: tuple[int, ...] = ()

    def __setstate__(self, state: Sequence[object]) -> None:
        """Be a face that was pickled, perhaps by a version that did not know the last fields."""
        for place, each in enumerate(fields(self)):
            value = state[place] if place < len(state) else each.default
            object.__setattr__(self, each.name, value)


class Candidate(NamedTuple):
    """An enrolled identity and its cosine similarity to a probe face."""

    identity_id: str
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPolicy:
    """When a face is close enough to be called somebody.

    A false merge gives one visitor another's history, a miss only splits one
    visitor in two. So the rules prefer to say nothing.

    Attributes:
        threshold: Least similarity that counts; belongs to an embedder.
        margin: Lead the best candidate needs over the next identity.
        votes: Agreeing faces a track needs before it is named.
    """

    threshold: float
    margin: float = 0.05
    votes: int = 3

    def best(self, ranked: Sequence[Candidate]) -> Candidate | None:
        """Return the clear winner of candidates sorted by falling similarity."""
        if not ranked or ranked[0].similarity < self.threshold:
            return None
        rival = runner_up(ranked)
        if rival and ranked[0].similarity - rival.similarity < self.margin:
            return None
        return ranked[0]


def runner_up(ranked: Sequence[Candidate]) -> Candidate | None:
    """Return the best candidate that is somebody else than the first."""
    return next((c for c in ranked if c.identity_id != ranked[0].identity_id), None)


class TrackVote:
    """The recent verdicts on one track's faces."""

    def __init__(self, policy: MatchPolicy) -> None:
        self._policy = policy
        self._recent: deque[Candidate] = deque(maxlen=2 * policy.votes - 1)

    def cast(self, candidate: Candidate) -> Candidate | None:
        """Add a verdict; return the elected identity's best one once enough agree."""
        self._recent.append(candidate)
        identity_id, count = Counter(c.identity_id for c in self._recent).most_common(1)[0]
        if count < self._policy.votes:
            return None
        agreeing = (c for c in self._recent if c.identity_id == identity_id)
        return max(agreeing, key=lambda c: c.similarity)
