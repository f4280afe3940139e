"""What tells how people look, as the settings have it; nothing it tells can be used elsewhere.

Looks by a network say who somebody is to whoever has the network, as a face's embedding does. So
they are turned by the tenant's key where they are made, as faces are (docs/templates.md); the
distances between them stay what they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from genesis_ray.domain.recognition.carrying import CarryPolicy, Way
from genesis_ray.domain.recognition.topology import Passage
from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.appearance import View
from genesis_ray.domain.tracking.relinking import RelinkPolicy
from genesis_ray.sections.appearance import AppearanceSettings
from genesis_ray.settings import Settings
from genesis_ray.vision.looks import view_of

if TYPE_CHECKING:
    from genesis_ray.store.keys.template_keys import KeyRing


@dataclass(frozen=True, slots=True)
class Viewing:
    """How frames are viewed, and when two tracks are one person by that; None: by default."""

    view_of: Callable[[Image], View] = view_of
    relinking: RelinkPolicy | None = None


COLOURS = Viewing()
"""By the colours of clothes."""


def load_viewing(settings: AppearanceSettings, keys: "Callable[[], KeyRing]") -> Viewing:
    """Load what tells looks; only what is to be protected asks for the tenant's keys.

    It asks again now and then, and protects by the newest.

    Raises:
        ModelError: The network's file is missing or wrong.
        StoreError: The keys are not on this machine.
    """
    if settings.model == "colours":
        return COLOURS
    from genesis_ray.running.templates.protected_looks import ProtectedLooks
    from genesis_ray.vision.osnet import RELINKING, Osnet

    return Viewing(ProtectedLooks(Osnet(), keys).view_of, RELINKING)


def carry_policy(settings: Settings) -> CarryPolicy | None:
    """Return when identities are carried; None: never."""
    appearance = settings.appearance
    if not appearance.carry:
        return None
    ways = [way for each in settings.topology.passages for way in each.directed]
    topology = settings.topology.topology

    def as_dated(way: Passage, takes: timedelta) -> timedelta:
        """Return how much later people are dated who took so long."""
        return takes + topology.clock_offset(way.destination) - topology.clock_offset(way.origin)

    return CarryPolicy(
        ways={
            (way.origin, way.destination): Way(
                as_dated(way, way.least), as_dated(way, way.greatest)
            )
            for way in ways
            if way.greatest is not None
        },
        unlike=appearance.unlike,
        margin=appearance.margin,
        tolerance=timedelta(seconds=settings.topology.clock_tolerance_s),
    )
