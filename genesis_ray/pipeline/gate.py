"""The spatiotemporal gate: nobody is named where they cannot be.

It stands behind the votes and takes names away, never gives one: whom a track's faces elect is
named, unless they were seen elsewhere too late to be here. So it cannot make a second best one
win, and who is refused still counts as the rival of all others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from genesis_ray.domain.events import Event, FaceRecognized, FalseMergeFound, GateRejected
from genesis_ray.domain.recognition.identity import FaceSight
from genesis_ray.domain.recognition.presence import ActiveRegistry
from genesis_ray.domain.recognition.topology import NO_TOPOLOGY, Refusal, Sight, Topology, Verdict
from genesis_ray.pipeline.pair_learning import PairLearning

FALSE_MERGE = "false-merge"
"""The gate of a name that is held back because its bearer is in view as another track."""

REMEMBER = timedelta(hours=4)
"""How long a sight says anything where nothing else is set: the length of a long visit."""


_DOUBLE_FOR = timedelta(seconds=10)
"""After a face of one of two boxes on one person, the other is taken for somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpatiotemporalGate:
    """Judges names by where their bearers were seen before.

    What it remembers is in the registry that it is given, a part of the resolver's memory.

    Attributes:
        remember: How long a sight says anything; after that somebody may have been anywhere.
        learning: Learns what the topology does not say; None: nothing does.
    """

    tenant_id: str
    site_id: str
    topology: Topology = NO_TOPOLOGY
    remember: timedelta = REMEMBER
    learning: PairLearning | None = None

    def follow(self, registry: ActiveRegistry, face: FaceSight) -> list[Event]:
        """Note that a face's track is in view; return the false merges that this brings to light.

        Two tracks may be found to be in view together when both have the name already, since a
        track that shows no face for a while is not known to be in view: then it can only be told.
        """
        registry.tidy(face.captured_at, remember=self.remember)
        here = sight_of(face)
        identity_id = registry.follow(here)
        if not identity_id:
            return []
        told = self._learned(registry, identity_id, here, at=face.captured_at)
        return told + [
            self._false_merge(face, meeting.identity_id, meeting.later, meeting.other)
            for meeting in registry.meetings(here, remember=self.remember)
            if self._judged(registry, meeting.other, meeting.later).refusal == "elsewhere-now"
            and not (_is_double(face, meeting.other) or _is_double(face, meeting.later))
            and registry.is_news(
                meeting.identity_id, _track(meeting.later), _track(meeting.other), at=here.until
            )
        ]

    def judge(
        self, registry: ActiveRegistry, face: FaceSight, named: FaceRecognized
    ) -> list[Event]:
        """Return what becomes of the name that a track is about to get after this face.

        It is given, with the rule that let it through. Or its bearer is in view elsewhere at the
        same time, and the track is quarantined: for review. Or the bearer cannot be here for
        another reason, which is told once, and the track stays nameless for now.
        """
        here = sight_of(face)
        is_sure = self.learning is not None and self.learning.is_sure(named)
        if named.is_new:
            registry.name(named.identity_id, here, is_sure=is_sure)
            return [named]
        seen = registry.sights(named.identity_id, here, remember=self.remember)
        verdicts = [self._verdict(registry, face, here, each, is_sure=is_sure) for each in seen]
        against = _gravest(zip(verdicts, seen, strict=True))
        if against is None:
            registry.name(named.identity_id, here, is_sure=is_sure)
            given = replace(named, gate=verdicts[0].gate if verdicts else "")
            return [*self._learned(registry, named.identity_id, here, at=face.captured_at), given]
        registry.hold(here)
        refusal, other = against
        told: list[Event] = []
        if registry.is_news(named.identity_id, _track(here), refusal, at=here.until):
            told.append(_rejected(named, refusal, here, other))
        if refusal == "elsewhere-now":
            told += [
                self._false_merge(face, named.identity_id, here, other, is_quarantined=True),
                replace(named, decision="review", gate=FALSE_MERGE),
            ]
        return told

    def may_be_one(self, one: Sight, other: Sight) -> bool:
        """Tell whether two tracks may be one person's, by where and when they were seen.

        Of one camera, whose clock is one, no two that were in view at any time together are.
        """
        before, after = sorted((one, other), key=lambda sight: (sight.until, sight.since))
        if before.camera_id == after.camera_id:
            return after.since > before.until
        if after.since - before.until > self.remember:
            return True
        return self.topology.judge(before, after).refusal is None

    def _learned(
        self, registry: ActiveRegistry, identity_id: str, here: Sight, *, at: datetime
    ) -> list[Event]:
        """Learn by where somebody is, if that is sure; return what was found out."""
        if self.learning is None or not registry.is_sure(here):
            return []
        others = registry.sights(identity_id, here, remember=self.remember)
        return self.learning.learn(registry, identity_id, here, others, at=at)

    def _judged(
        self, registry: ActiveRegistry, seen: Sight, here: Sight, *, is_sure: bool | None = None
    ) -> Verdict:
        """Judge by what is said, else by what was learned; `is_sure` if `here` has no name yet."""
        if is_sure is None:
            is_sure = registry.is_sure(here)
        are_apart = self.learning is not None and self.learning.are_apart(
            registry, seen, here, is_sure=is_sure
        )
        return self.topology.judge(seen, here, are_apart=are_apart)

    def _verdict(
        self, registry: ActiveRegistry, face: FaceSight, here: Sight, seen: Sight, *, is_sure: bool
    ) -> Verdict:
        verdict = self._judged(registry, seen, here, is_sure=is_sure)
        if verdict.refusal != "elsewhere-now" or not _is_double(face, seen):
            return verdict
        if here.until - seen.until > _DOUBLE_FOR:
            return Verdict("same-camera")  # the other box is gone, and the person is in this one
        return Verdict(refusal="double")

    def _false_merge(
        self,
        face: FaceSight,
        identity_id: str,
        later: Sight,
        other: Sight,
        *,
        is_quarantined: bool = False,
    ) -> FalseMergeFound:
        return FalseMergeFound(
            tenant_id=self.tenant_id,
            site_id=self.site_id,
            camera_id=later.camera_id,
            occurred_at=face.captured_at,
            track_id=later.track_id,
            identity_id=identity_id,
            other_camera_id=other.camera_id,
            other_track_id=other.track_id,
            is_quarantined=is_quarantined,
        )


def sight_of(face: FaceSight) -> Sight:
    """Return what a face says of its track: in view from its first sight until now."""
    since = face.in_view_since or face.captured_at
    return Sight(face.camera_id, face.track_id, since, face.captured_at)


def _is_double(face: FaceSight, other: Sight) -> bool:
    """Tell whether another track may be the same person, boxed twice."""
    return other.camera_id == face.camera_id and other.track_id in face.overlapped


def _gravest(judged: Iterable[tuple[Verdict, Sight]]) -> tuple[Refusal, Sight] | None:
    """Return what counts against a name and the sight it is about; None: nothing does.

    To be elsewhere at the same time is graver than to be too soon; else the latest sight counts.
    """
    against = [(verdict.refusal, sight) for verdict, sight in judged if verdict.refusal]
    at_once = [each for each in against if each[0] == "elsewhere-now"]
    return next(iter([*at_once, *against]), None)


def _track(sight: Sight) -> tuple[str, int]:
    return sight.camera_id, sight.track_id


def _rejected(named: FaceRecognized, reason: Refusal, here: Sight, other: Sight) -> GateRejected:
    return GateRejected(
        tenant_id=named.tenant_id,
        site_id=named.site_id,
        camera_id=named.camera_id,
        occurred_at=named.occurred_at,
        track_id=named.track_id,
        identity_id=named.identity_id,
        reason=reason,
        similarity=named.similarity,
        in_view_since=here.since,
        seen_camera_id=other.camera_id,
        seen_track_id=other.track_id,
        seen_until=other.until,
    )
