"""How the faces of one track elect its identity."""

from collections import Counter, deque

from genesis_ray.domain.identity import Candidate, MatchPolicy


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
