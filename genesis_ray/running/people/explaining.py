"""How a track of a run came to its name, or to none: all that is recorded of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.events import NAMES
from genesis_ray.domain.recognition.identity import FEWEST_FACES
from genesis_ray.domain.recognition.ledger import (
    Confirm,
    Entry,
    Merge,
    Reject,
    Rename,
    Split,
    Undo,
    WhoIsWho,
)
from genesis_ray.domain.tracking.track_sights import Recordings, TrackSight
from genesis_ray.errors import NotFoundError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.naming import TrackName
from genesis_ray.running.questions.history import decided_in
from genesis_ray.running.recordings import recordings_of
from genesis_ray.running.thresholds import calibration_file, threshold_book
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Somebody, by whom they are now, and how similar a face was to them."""

    identity_id: str
    name: str
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedFace:
    """One face of a track.

    Attributes:
        weight: What it counted for, in good faces; like `verdict` None where that was not noted.
        candidates: The nearest identities that the track might be, best first.
    """

    face_index: int
    at: datetime
    quality: float
    weight: float | None
    verdict: str | None
    candidates: tuple[Likeness, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedDecision:
    """What became of a track.

    Attributes:
        written: Whom it was found to be; None of somebody unknown.
        present: Who that is by what was decided since; None where somebody rejected it.
        face_indices: The faces that bear it; with origin, basis and evidence None where an
            earlier version did not note them.
    """

    at: datetime
    decision: str
    written: Likeness | None
    present: Likeness | None
    runner_up: Likeness | None
    runner_up_similarity: float | None
    threshold: float
    threshold_origin: str | None
    basis: str | None
    votes: int
    evidence: float | None
    face_indices: tuple[int, ...] | None
    gate: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A name that the gate refused a track, since its bearer was seen elsewhere.

    Attributes:
        reason: See docs/gate.md.
        seen_at: As which track the bearer was seen, until `seen_until`.
    """

    at: datetime
    bearer: Likeness
    reason: str
    seen_at: TrackName
    seen_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the tracks of a run were decided by, as its settings say."""

    threshold: float
    margin: float
    votes: int
    average: float | None
    review: float
    visitor_faces: int
    min_quality: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that is recorded of how a track came to its name.

    Attributes:
        refusals: Names that the gate refused it.
        ledger: What people decided that concerns the track, or whom it was found to be.
    """

    track: TrackName
    run: Path
    faces: tuple[ExplainedFace, ...]
    decisions: tuple[ExplainedDecision, ...]
    refusals: tuple[Refusal, ...]
    rules: Rules
    ledger: tuple[Entry, ...]

    @property
    def decision(self) -> ExplainedDecision | None:
        """What holds of the track: its name where it has one, by a face first; else the last."""
        for kind in NAMES:
            if named := [each for each in self.decisions if each.decision == kind]:
                return named[-1]
        return self.decisions[-1] if self.decisions else None


def explain(track: TrackName, run: RunFolder, settings: Settings) -> Explanation:
    """Return how a track came to its name, by `settings` of the run.

    Raises:
        NotFoundError: The run has no such track.
    """
    seen, scores, found, refused = (
        _of_track(read_table(run.events, table, settings.tenant_id), track)
        for table in ("track_observations", "face_scores", "face_recognitions", "gate_rejections")
    )
    if not (len(seen) or len(scores) or len(found)):
        raise NotFoundError(
            f"no track {track} in {run.path}; name the run that has it with --run DIR; "
            f"which tracks there are is in its table track_observations"
        )
    names = _Names(decided_in(run, who_is_who(settings)))
    decisions = tuple(names.decided(row, track) for row in found.to_pylist())
    involved = {each.written.identity_id for each in decisions if each.written}
    entries = Ledger(identity_folder(settings)).entries()
    return Explanation(
        track=track,
        run=run.path,
        faces=tuple(map(names.face, scores.to_pylist())),
        decisions=decisions,
        refusals=tuple(map(names.refused, refused.to_pylist())),
        rules=_rules(settings, track.camera_id),
        ledger=tuple(_concerning(entries, track, involved, recordings_of(run))),
    )


def _rules(settings: Settings, camera_id: str) -> Rules:
    identity, embedder = settings.identity, embedder_traits(settings.faces)
    book = threshold_book(identity, embedder, calibration_file(settings, embedder).read())
    threshold = book.at(camera_id).value
    return Rules(
        threshold=threshold,
        margin=identity.margin,
        votes=max(identity.votes, FEWEST_FACES),
        average=identity.average,
        review=max(0.0, threshold - identity.review),
        visitor_faces=identity.visitor_faces,
        min_quality=settings.faces.min_quality,
    )


class _Names:
    """Turns rows of event tables into what is shown, with people by whom they are now."""

    def __init__(self, who: WhoIsWho) -> None:
        self._who = who

    def face(self, row: dict[str, Any]) -> ExplainedFace:
        pairs = zip(row["candidate_ids"], row["similarities"], strict=True)
        return ExplainedFace(
            face_index=row["face_index"],
            at=row["occurred_at"].astimezone(UTC),
            quality=row["quality"],
            weight=row["weight"],
            verdict=row["verdict"],
            candidates=tuple(self._likeness(*pair) for pair in pairs),
        )

    def decided(self, row: dict[str, Any], track: TrackName) -> ExplainedDecision:
        at = row["occurred_at"].astimezone(UTC)
        identity_id, rival_id = row["identity_id"], row["runner_up_id"]
        present_id = identity_id and self._who.of_track(identity_id, *track, at)
        indices = row["face_indices"]
        return ExplainedDecision(
            at=at,
            decision=row["decision"],
            written=self._likeness(identity_id, row["similarity"]) if identity_id else None,
            present=self._likeness(present_id, row["similarity"]) if present_id else None,
            runner_up=self._likeness(rival_id, row["runner_up_similarity"]) if rival_id else None,
            runner_up_similarity=row["runner_up_similarity"],
            threshold=row["threshold"],
            threshold_origin=row["threshold_origin"],
            basis=row["basis"],
            votes=row["votes"],
            evidence=row["evidence"],
            face_indices=None if indices is None else tuple(indices),
            gate=row["gate"],
            is_new=row["is_new"],
        )

    def refused(self, row: dict[str, Any]) -> Refusal:
        return Refusal(
            at=row["occurred_at"].astimezone(UTC),
            bearer=self._likeness(row["identity_id"], row["similarity"]),
            reason=row["reason"],
            seen_at=TrackName(row["seen_camera_id"], row["seen_track_id"]),
            seen_until=row["seen_until"].astimezone(UTC),
        )

    def _likeness(self, identity_id: str, similarity: float) -> Likeness:
        present = self._who.now(identity_id)
        called = [one.name for one in self._who.people if one.identity_id == present]
        name = called[0] if called else present[:8]
        return Likeness(identity_id=present, name=name, similarity=similarity)


def _concerning(
    entries: Sequence[Entry], track: TrackName, involved: set[str], recordings: Recordings
) -> Iterator[Entry]:
    """Yield the entries about a track, or about identities, and those that undo them."""
    concerned: set[str] = set()
    for entry in entries:
        match entry:
            case Reject(track=sight) | Confirm(track=sight):
                concerns = _is(sight, track, recordings)
            case Split():
                concerns = any(
                    _is(sight, track, recordings) for sight in entry.tracks
                ) or not involved.isdisjoint((entry.identity_id, entry.new_id))
            case Merge():
                concerns = not involved.isdisjoint((entry.identity_id, entry.other_id))
            case Rename():
                concerns = entry.identity_id in involved
            case Undo():
                concerns = entry.undone_id in concerned
            case _:
                concerns = False
        if concerns:
            concerned.add(entry.entry_id)
            yield entry


def _is(sight: TrackSight, track: TrackName, recordings: Recordings) -> bool:
    return (sight.camera_id, sight.track_id) == track and sight.is_of(recordings)


def _of_track(rows: pa.Table, track: TrackName) -> pa.Table:
    own = (pc.field("camera_id") == track.camera_id) & (pc.field("track_id") == track.track_id)
    return rows.filter(own)
