"""What a run would have named with another threshold, told from the scores it stored.

The rules that name tracks are gone through again, by the very code that named them; the gallery
is stood in for by the candidates that were stored with each face.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, NoReturn

import numpy as np

from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.recognition.identity import Candidate, Embedding, Face, FaceSight
from genesis_ray.domain.recognition.thresholds import Threshold, ThresholdBook
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy, is_usual

Row = Mapping[str, Any]
"""A row of an event table."""

Change = Literal["newly named", "lost", "named otherwise"]

_NO_FACE = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What is tried; None: as it was.

    Attributes:
        camera_id: Where the threshold is tried; None: everywhere.
    """

    threshold: float
    camera_id: str | None = None
    margin: float | None = None
    votes: int | None = None

    def applied(self, policy: ResolverPolicy, book: ThresholdBook) -> ResolverPolicy:
        """Return a policy with this instead."""
        tried = Threshold(self.threshold, "what-if")
        if self.camera_id is None:
            book = ThresholdBook(usual=tried)
        else:
            book = replace(book, cameras={**book.cameras, self.camera_id: tried})
        match = replace(
            policy.match,
            margin=policy.match.margin if self.margin is None else self.margin,
            votes=policy.match.votes if self.votes is None else self.votes,
        )
        return replace(policy, match=match, thresholds=book)


@dataclass(frozen=True, slots=True)
class ChangedTrack:
    """A track that would have another name; None: none."""

    camera_id: str
    track_id: int
    at: datetime
    now: str | None
    then: str | None

    @property
    def change(self) -> Change:
        """What would happen to it."""
        if self.now is None:
            return "newly named"
        return "lost" if self.then is None else "named otherwise"


@dataclass(slots=True)
class Tally:
    """How many tracks of a camera there are, and are named."""

    with_faces: int = 0
    now: int = 0
    then: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The difference that another threshold would have made.

    Attributes:
        cameras: By camera, in order of their names.
        changed: The tracks that differ, by time.
        left_out: Named tracks of which the scores alone do not tell why, as of visitors that
            were made of a track; they are in no figure.
    """

    cameras: Mapping[str, Tally]
    changed: Sequence[ChangedTrack] = field(default=())
    left_out: int = 0


def book_of_run(recognitions: Iterable[Row], book: ThresholdBook) -> ThresholdBook:
    """Return the thresholds that a run had: those that it logged, else what `book` has."""
    logged = {
        row["camera_id"]: float(row["threshold"])
        for row in recognitions
        if is_usual(row.get("threshold_origin") or "")
    }
    cameras = {
        camera_id: Threshold(value, "run")
        for camera_id, value in logged.items()
        if np.float32(book.at(camera_id).value) != np.float32(value)  # as the log has it
    }
    return replace(book, cameras={**book.cameras, **cameras})


def names_by_scores(scores: Iterable[Row], policy: ResolverPolicy) -> list[FaceRecognized]:
    """Return what a policy names, of the faces whose scores are given in order of capture."""
    stored = _StoredCandidates()
    resolver = IdentityResolver(replace(policy, visitor_faces=None), stored, _NoVisitors())
    named = []
    for row in scores:
        stored.show(row)
        named += [
            event
            for event in resolver.resolve(_face_of(row))
            if isinstance(event, FaceRecognized) and event.decision == "named"
        ]
    return named


def what_if(
    scores: Sequence[Row],
    recognitions: Sequence[Row],
    policy: ResolverPolicy,
    book: ThresholdBook,
    tried: Hypothesis,
) -> WhatIf:
    """Return what would have been named otherwise.

    Args:
        scores: A run's `face_scores`, in order of capture.
        recognitions: Its `face_recognitions`, as they were written.
        policy: As the run had it.
        book: The thresholds that hold where the run logged none.
        tried: What is asked about.
    """
    ran = book_of_run(recognitions, book)
    logged = {_track(row): row["identity_id"] for row in recognitions if row["decision"] == "named"}
    again = _by_track(names_by_scores(scores, replace(policy, thresholds=ran)))
    then = _by_track(names_by_scores(scores, tried.applied(policy, ran)))
    unexplained = {track for track in logged | again if logged.get(track) != again.get(track)}
    cameras: dict[str, Tally] = {}
    changed = []
    for track, first in sorted(_first_seen(scores).items()):
        if track in unexplained:
            continue
        tally = cameras.setdefault(track[0], Tally())
        tally.with_faces += 1
        tally.now += track in logged
        tally.then += track in then
        if logged.get(track) != then.get(track):
            changed.append(ChangedTrack(*track, first, logged.get(track), then.get(track)))
    changed.sort(key=lambda each: (each.at, each.camera_id, each.track_id))
    return WhatIf(cameras=cameras, changed=changed, left_out=len(unexplained))


def _face_of(row: Row) -> FaceSight:
    about: dict[str, Any] = {
        "camera_id": row["camera_id"],
        "track_id": row["track_id"],
        "face_index": row["face_index"],
        "captured_at": row["occurred_at"],
        "quality": row["quality"],
    }
    is_compared = row["candidate_ids"] or row["verdict"] not in ("spare", "decided")
    return Face(**about, embedding=_NO_FACE) if is_compared else FaceSight(**about)


def _track(row: Row) -> tuple[str, int]:
    return row["camera_id"], row["track_id"]


def _by_track(named: Iterable[FaceRecognized]) -> dict[tuple[str, int], str]:
    return {(event.camera_id, event.track_id): event.identity_id for event in named}


def _first_seen(scores: Iterable[Row]) -> dict[tuple[str, int], datetime]:
    first: dict[tuple[str, int], datetime] = {}
    for row in scores:
        first.setdefault(_track(row), row["occurred_at"])
    return first


class _StoredCandidates:
    """Answers as the gallery did when a face was scored."""

    def __init__(self) -> None:
        self._candidates: list[Candidate] = []

    def show(self, row: Row) -> None:
        """Be asked about the face of a row from now on."""
        pairs = zip(row["candidate_ids"], row["similarities"], strict=True)
        self._candidates = [Candidate(*pair) for pair in pairs]

    def nearest(self, embedding: Embedding, *, limit: int) -> list[Candidate]:  # noqa: ARG002
        """Return the candidates, best first."""
        return self._candidates[:limit]

    def expect(self, *_: object, **__: object) -> None:
        """Do nothing: of scores no faces are told before."""

    def enroll(self, *_: object, **__: object) -> NoReturn:
        """Refuse: nobody is made a visitor of here."""
        raise AssertionError("of scores no visitors are made, yet one was to be enrolled")


class _NoVisitors:
    """No register."""

    def is_taken(self, *_: object, **__: object) -> NoReturn:
        """Refuse, as the gallery does."""
        raise AssertionError("of scores no visitors are made, yet one was to be looked up")

    def add_visitor(self, *_: object, **__: object) -> NoReturn:
        """Refuse, as the gallery does."""
        raise AssertionError("of scores no visitors are made, yet one was to be noted")
