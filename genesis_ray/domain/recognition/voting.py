"""How the faces of one track decide together whose it is."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import NamedTuple

from genesis_ray.domain.events import Basis, Decision
from genesis_ray.domain.recognition.evidence import Window, evidence_of, is_enough
from genesis_ray.domain.recognition.identity import Candidate, MatchPolicy, Verdict

WhoNow = Callable[[str], str | None]
"""Whom an identity is now; None where the track that it is asked of may not be them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """What one usable face says of its track.

    Attributes:
        ranked: The nearest identities, best first.
        verdict: Whether it votes for the first of them.
        near: Those of them that it makes worth a look.
        barred: How near the nearest comes whom the track may not be; None where nobody does.
    """

    face_index: int
    quality: float
    ranked: tuple[Candidate, ...]
    verdict: Verdict
    near: tuple[Candidate, ...]
    barred: float | None = None

    @classmethod
    def of(
        cls,
        policy: MatchPolicy,
        ranked: Sequence[Candidate],
        verdict: Verdict,
        *,
        face_index: int,
        quality: float,
        barred: float | None = None,
    ) -> "Ballot":
        """Return the ballot of a face of which `policy` gave `verdict`."""
        near = tuple(policy.near(ranked, barred))
        return cls(
            face_index=face_index,
            quality=quality,
            ranked=tuple(ranked),
            verdict=verdict,
            near=near,
            barred=barred,
        )

    @property
    def choice(self) -> str | None:
        """The identity that it votes for, if any."""
        return self.ranked[0].identity_id if self.verdict == "voted" else None

    def reconsidered(self, now: WhoNow) -> "Ballot":
        """Return what the face says now that some identities are others, or may not be this."""
        ranked = _distinct(self.ranked, now)
        is_barred = self.choice is not None and now(self.choice) is None
        barred = [each.similarity for each in self.ranked if now(each.identity_id) is None]
        return replace(
            self,
            ranked=ranked,
            near=_distinct(self.near, now),
            verdict="rejected" if is_barred else self.verdict,
            barred=_greatest([self.barred, *barred]),
        )

    def without(self, identity_ids: Collection[str]) -> "Ballot":
        """Return what the face says where nothing may be known of some, not even how near."""
        rest = self.reconsidered(lambda each: None if each in identity_ids else each)
        return replace(rest, barred=self.barred)


class Support(NamedTuple):
    """A face that bore a finding, and its similarity to what was found."""

    face_index: int
    quality: float
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the faces of a track say together.

    Attributes:
        winner: The identity, and how similar the face is that is most like it; for review
            whom to look at; of somebody unknown None.
        rival: The next identity, or the nearest to somebody unknown, as near as it came.
        support: The faces that say so, in their order.
        is_new: The identity was made of this very track.
        barred: How near the nearest came whom the track may not be, to a face that says so.
    """

    decision: Decision
    winner: Candidate | None
    rival: Candidate | None
    support: tuple[Support, ...]
    basis: Basis = "votes"
    is_new: bool = False
    barred: float | None = None

    @property
    def evidence(self) -> float:
        """What the faces weigh together, in good faces."""
        return evidence_of(self.support)


class TrackVote:
    """The latest usable faces of one track, and what they say together.

    Evidence is counted in good faces: one of half the weight is half a vote. The faces that show
    nobody have their place in it too. So of the latest 2n - 1 good faces n must agree, and the
    false votes of somebody who is seen for an hour never add up to a name.
    """

    def __init__(self, votes: int) -> None:
        """Begin with no face; `votes` good ones, 2 or more, have to agree."""
        self._votes = votes
        self._recent: Window[Ballot] = Window(votes)

    def cast(
        self, ballot: Ballot, *, least: float = -1.0, average: float | None = None
    ) -> Finding | None:
        """Add a face; return whom the track shows once enough evidence agrees.

        Of earlier votes those count that reach `least`, the threshold now: it rises while somebody
        has companions, whose faces may have been among them. With an `average` 2n - 1 good faces
        are waited for, and those that agree have to reach it together.
        """
        self._recent.add(ballot)
        if ballot.choice is None:
            return None
        agreeing = [
            each
            for each in self._recent
            if each.choice == ballot.choice and each.ranked[0].similarity >= least
        ]
        if not is_enough(agreeing, self._votes):
            return None
        if average is not None and not self._reach(average, agreeing):
            return None
        return _found("named", ballot.choice, agreeing)

    def reconsider(self, now: WhoNow) -> None:
        """Count the faces as what they say now that some identities are others."""
        self._replace([each.reconsidered(now) for each in self._recent])

    def forget(self, identity_ids: Collection[str]) -> None:
        """Count the faces as what they say where some identities never were."""
        self._replace([each.without(identity_ids) for each in self._recent])

    def is_near(self, identity_ids: Collection[str]) -> bool:
        """Tell whether a face votes for one of these, or makes one worth a look."""
        return any(each.identity_id in identity_ids for one in self._recent for each in one.near)

    def clear(self) -> None:
        """Forget all faces."""
        self._recent.clear()

    def outcome(self) -> Finding | None:
        """Return what is to be said of a track that was not named; None where no face counts.

        It is for review where an identity got a vote, or more than half of the evidence makes it
        worth a look; of several the one with most of it, then the one that came nearest.
        """
        if not len(self._recent):
            return None
        pointing: dict[str, list[Ballot]] = {}
        for each in self._recent:
            for candidate in each.near:
                pointing.setdefault(candidate.identity_id, []).append(each)
        likely = [
            _found("review", identity_id, own)
            for identity_id, own in pointing.items()
            if evidence_of(own) > evidence_of(self._recent) / 2
            or any(each.choice == identity_id for each in own)
        ]
        if not likely:
            return _nobody(self._recent)
        return max(likely, key=_likelihood)

    def _reach(self, average: float, agreeing: Sequence[Ballot]) -> bool:
        similarities = [each.ranked[0].similarity for each in agreeing]
        return is_enough(self._recent, 2 * self._votes - 1) and fmean(similarities) >= average

    def _replace(self, ballots: Sequence[Ballot]) -> None:
        self._recent.clear()
        for each in ballots:
            self._recent.add(each)


_NOBODY = Candidate("", 0.0)


def _distinct(ranked: Iterable[Candidate], now: WhoNow) -> tuple[Candidate, ...]:
    """Return candidates as who they are now, each once, without those whom it may not be."""
    best: dict[str, Candidate] = {}
    for identity_id, similarity in ranked:
        if present := now(identity_id):
            best.setdefault(present, Candidate(present, similarity))
    return tuple(best.values())


def _likelihood(finding: Finding) -> tuple[float, float, str]:
    identity_id, similarity = finding.winner or _NOBODY
    return finding.evidence, similarity, identity_id


def _found(decision: Decision, identity_id: str, ballots: Sequence[Ballot]) -> Finding:
    """Return a finding for an identity that each of the faces has among its nearest."""
    own = [
        Support(each.face_index, each.quality, candidate.similarity)
        for each in ballots
        for candidate in each.ranked
        if candidate.identity_id == identity_id
    ]
    others = (
        candidate
        for each in ballots
        for candidate in each.ranked
        if candidate.identity_id != identity_id
    )
    return Finding(
        decision=decision,
        winner=Candidate(identity_id, max(face.similarity for face in own)),
        rival=_nearest(others),
        support=tuple(own),
        barred=_greatest(each.barred for each in ballots),
    )


def _nobody(ballots: Iterable[Ballot]) -> Finding:
    faces = tuple(ballots)
    return Finding(
        decision="unknown",
        winner=None,
        rival=_nearest(candidate for each in faces for candidate in each.ranked),
        support=tuple(
            Support(each.face_index, each.quality, (_nearest(each.ranked) or _NOBODY).similarity)
            for each in faces
        ),
    )


def _greatest(similarities: Iterable[float | None]) -> float | None:
    return max((each for each in similarities if each is not None), default=None)


def _nearest(candidates: Iterable[Candidate]) -> Candidate | None:
    return max(candidates, key=lambda each: (each.similarity, each.identity_id), default=None)
