"""Learning which cameras are apart, where nobody said so: told before it is used.

What it learned is in the registry that it is given, a part of the resolver's memory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean

from genesis_ray.domain.events import Event, FaceRecognized, SystemStateChanged
from genesis_ray.domain.recognition.learned_pairs import PEOPLE
from genesis_ray.domain.recognition.presence import ActiveRegistry
from genesis_ray.domain.recognition.topology import Sight, Topology

COMPONENT = "topology"
"""Which part of the system the events are of that tell what was learned."""

SURE = 1e-5
"""The chance, for one comparison of two people's faces, that leaves no doubt here: 19 in 20 right
names are as sure, and one in six wrong ones (docs/gate.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLearning:
    """Learns of pairs of cameras on which the topology is silent, by people surely named.

    Attributes:
        sure: How like themselves people have to be, by the mean of the faces that named them.
        people: After how many people two cameras are taken to be apart; None: never.
    """

    tenant_id: str
    site_id: str
    topology: Topology
    sure: float
    people: int | None = PEOPLE

    def is_sure(self, named: FaceRecognized) -> bool:
        """Tell whether it is beyond doubt who a track is."""
        if named.is_new:
            return True
        return named.basis == "votes" and mean(named.similarities) >= self.sure

    def are_apart(
        self, registry: ActiveRegistry, seen: Sight, here: Sight, *, is_sure: bool
    ) -> bool:
        """Tell whether experience speaks against one person at both: not if both are surely them.

        Surely known people who are at two cameras at once say that the views overlap.
        """
        if is_sure and registry.is_sure(seen):
            return False
        one, other = seen.camera_id, here.camera_id
        return registry.pairs.are_apart(one, other) and self.topology.is_silent_on(one, other)

    def learn(
        self,
        registry: ActiveRegistry,
        identity_id: str,
        here: Sight,
        others: Sequence[Sight],
        *,
        at: datetime,
    ) -> list[Event]:
        """Take where somebody is surely, and was before, the last sight first; tell what is new."""
        if self.people is None:
            return []
        before: Sight | None = None
        told: list[str] = []
        for other in others:
            pair = other.camera_id, here.camera_id
            if not (registry.is_sure(other) and self.topology.is_silent_on(*pair)):
                continue
            gap = self.topology.gap(other, here)
            if gap >= -self.topology.tolerance:
                if before is not None:
                    continue
                before = other  # they went from there to here, and by other cameras before
            is_news = registry.pairs.learn(
                identity_id,
                other,
                here,
                gap=gap,
                tolerance=self.topology.tolerance,
                people=self.people,
            )
            if is_news:
                told.append(self._told(registry, *sorted(pair)))
        return [self._changed(told, at)] if told else []

    def _told(self, registry: ActiveRegistry, one: str, other: str) -> str:
        if registry.pairs.are_apart(one, other):
            people = "1 person was" if self.people == 1 else f"{self.people} people were"
            return (
                f"{one} and {other} are taken to be apart: {people} seen by one after the other, "
                f"and none by both at once"
            )
        return (
            f"{one} and {other} may overlap, and are taken to be apart no more: somebody was at "
            f"both at once"
        )

    def _changed(self, told: Iterable[str], at: datetime) -> SystemStateChanged:
        return SystemStateChanged(
            tenant_id=self.tenant_id,
            site_id=self.site_id,
            camera_id="",
            occurred_at=at,
            component=COMPONENT,
            state="changed",
            reason="; ".join(told),
        )
