"""What the API needs of the system behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.event_page import PageRequest
from genesis_ray.domain.people import Person
from genesis_ray.running.live_state import LiveState
from genesis_ray.settings_cameras import CameraSettings


class Feed(Protocol):
    """The live system, as it last was."""

    def state(self) -> LiveState:
        """Return the latest state without waiting."""

    def frames_per_second(self) -> Mapping[str, float]:
        """Return the rate at which frames of each camera are looked at now."""


EventReader = Tables
"""The tenant's event tables by name, as they are when they are asked for."""


class EventPageReader(Protocol):
    """The tenant's event tables a page at a time, as they are shown."""

    def __call__(self, table: str, wanted: PageRequest) -> pa.Table:
        """Return the page, and read no more of the log than that takes."""


class PeopleReader(Protocol):
    """The tenant's people."""

    def __call__(self) -> Sequence[Person]:
        """Return everyone, by (enrolled_at, identity_id)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """One tenant's system.

    Attributes:
        configured: The cameras that it was started with.
        queue_zone_ids: The zones in which people queue.
    """

    configured: tuple[CameraSettings, ...]
    feed: Feed
    events: EventReader
    event_page: EventPageReader
    people: PeopleReader
    queue_zone_ids: Sequence[str] = ()

    @property
    def cameras(self) -> tuple[CameraSettings, ...]:
        """The cameras that are watched now."""
        watched = self.feed.state().cameras
        return self.configured if watched is None else watched
