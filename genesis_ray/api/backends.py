"""What the API needs of the system behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.figures.event_page import PageRequest
from genesis_ray.running.changes import Changes
from genesis_ray.running.live_state import LiveState
from genesis_ray.running.templates.gallery_in_use import with_gallery_in_use
from genesis_ray.sections.alerts import queue_zones_of
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.models import FaceSettings
from genesis_ray.settings import Settings

if TYPE_CHECKING:
    from genesis_ray.running.enrolling.photo_faces import PhotoFaces
    from genesis_ray.running.enrolling.photo_search import SearchInUse


class Feed(Protocol):
    """The live system, as it last was."""

    def state(self) -> LiveState:
        """Return the latest state without waiting."""

    def frames_per_second(self) -> Mapping[str, float]:
        """Return the rate at which frames of each camera are looked at now."""


class CameraChanges(Protocol):
    """Changes the cameras of the live system while the others go on.

    Both return what changes, and change nothing in a dry run.
    """

    async def put(self, camera: CameraSettings, *, dry_run: bool) -> Changes:
        """Add a camera, or change the one of its name.

        Raises:
            ConfigurationError: It does not fit to the rest, or the system is not watching.
            GenesisError: Its source cannot be opened. Nothing has been changed then.
        """

    async def remove(self, camera_id: str, *, dry_run: bool) -> Changes:
        """Take a camera off.

        Raises:
            NotFoundError: There is none of that name.
            ConfigurationError: It is the last one, or the system is not watching.
        """


EventReader = Tables
"""The tenant's event tables by name, as they are when they are asked for."""


class EventPageReader(Protocol):
    """The tenant's event tables a page at a time, as they are shown."""

    def __call__(self, table: str, wanted: PageRequest) -> pa.Table:
        """Return the page, and read no more of the log than that takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """One tenant's system.

    Attributes:
        started_with: The settings that it was started with.
        look: Returns who looks at photos that are sent, by an embedder.
        search: Finds whom the faces of such photos are like.
    """

    started_with: Settings
    feed: Feed
    camera_changes: CameraChanges
    events: EventReader
    event_page: EventPageReader
    look: Callable[[FaceSettings], "PhotoFaces"]
    search: "SearchInUse"

    @property
    def cameras(self) -> tuple[CameraSettings, ...]:
        """The cameras that are watched now."""
        watched = self.feed.state().cameras
        return self.started_with.cameras if watched is None else watched

    @property
    def settings(self) -> Settings:
        """The settings, with the cameras that are watched now, and who names people now."""
        watching = self.started_with.model_copy(update={"cameras": self.cameras})
        return with_gallery_in_use(watching)

    @property
    def queue_zone_ids(self) -> Sequence[str]:
        """The zones in which people queue."""
        return queue_zones_of(self.started_with.alerts)
