"""A resolver of faces that also carries identities between neighbouring cameras, by looks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from genesis_ray.domain.events import Event, FaceRecognized
from genesis_ray.domain.recognition.carrying import Appearance, Carried, Carrier, CarryPolicy
from genesis_ray.domain.recognition.identity import Face, FaceSight
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_ports import Decisions

GATE = "appearance"
"""The rule by which a carried identity passes, as its event has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryingRules:
    """How one tenant's identities are carried.

    Attributes:
        looks: What tells the looks.
        min_quality: Of a face that can tell by itself who somebody is.
    """

    tenant_id: str
    site_id: str
    looks: str
    min_quality: float
    policy: CarryPolicy


class CarryingResolver:
    """Hands faces on to a resolver, and gives the identities it finds to tracks without any.

    Attributes:
        memory: What both have to remember; see `IdentityResolver`.
    """

    def __init__(
        self, resolver: IdentityResolver, rules: CarryingRules, decisions: Decisions
    ) -> None:
        self._resolver = resolver
        self._rules = rules
        self._decisions = decisions
        self._carrier = Carrier(rules.policy)

    @property
    def memory(self) -> Any:
        """What has to be remembered, which an assignment takes up again."""
        return self._resolver.memory, self._carrier

    @memory.setter
    def memory(self, before: Any) -> None:
        self._resolver.memory, self._carrier = before

    def succeed(self, before: Self) -> None:
        """Go on where another one was, with what is decided now."""
        self._resolver.succeed(before._resolver)
        self._carrier = before._carrier
        self._carrier.reconsider(self._decisions.now)

    def supersede(self, before: Self) -> list[FaceRecognized]:
        """Go on where one by another embedder was; return what became of nameless tracks."""
        outcomes = self._resolver.supersede(before._resolver)
        self._carrier = before._carrier
        self._carrier.reconsider(self._decisions.now)
        return outcomes

    def forget(self, identity_ids: Collection[str]) -> None:
        """Take nobody for one of these by what was remembered."""
        self._resolver.forget(identity_ids)
        self._carrier.forget(identity_ids)

    def expect(self, faces: Sequence[Face]) -> None:
        """Take notice of the faces that come next, so that they are looked for together."""
        self._resolver.expect(faces)

    def lapse(self, now: datetime) -> list[tuple[datetime, FaceRecognized]]:
        """Return what became of tracks that were not named by their faces and are over by `now`."""
        return self._resolver.lapse(now)

    def resolve(self, shown: FaceSight | Appearance) -> list[Event]:
        """Take the next face or looks in capture order; return what they led to."""
        if isinstance(shown, Appearance):
            carried = self._carrier.see(shown, self._decisions.may_be)
            return [self._event(shown, carried)] if carried else []
        events = self._resolver.resolve(shown)
        if shown.quality >= self._rules.min_quality:
            self._carrier.show_face(shown.camera_id, shown.track_id, shown.captured_at)
        for event in events:
            if isinstance(event, FaceRecognized) and event.decision == "named":
                self._carrier.name(
                    event.identity_id, event.camera_id, event.track_id, event.occurred_at
                )
        return events

    def _event(self, seen: Appearance, carried: Carried) -> FaceRecognized:
        return FaceRecognized(
            tenant_id=self._rules.tenant_id,
            site_id=self._rules.site_id,
            camera_id=seen.camera_id,
            occurred_at=seen.captured_at,
            track_id=seen.track_id,
            identity_id=carried.identity_id,
            decision="carried",
            similarity=carried.similarity,
            runner_up_similarity=carried.rival_similarity,
            threshold=1 - self._rules.policy.unlike,
            votes=carried.sights,
            quality=0.0,
            gate=GATE,
            is_new=False,
            embedder=self._rules.looks,
        )
