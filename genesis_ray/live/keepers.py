"""Resolver and journal, as who supervises them tells them something."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from ray.actor import ActorHandle

from genesis_ray.domain.events import SystemStateChanged
from genesis_ray.live.calls import until_answered
from genesis_ray.running.places import layout_of
from genesis_ray.settings import Settings


@dataclass(frozen=True, slots=True)
class Keepers:
    """The two actors of a live system that keep something.

    They are waited for where they are being started again.
    """

    journal: ActorHandle
    resolver: ActorHandle

    async def expect(self, settings: Settings, anew: Collection[str] = ()) -> None:
        """Tell whose cameras are watched from now on; those of `anew` are other ones."""
        ids = sorted(camera.camera_id for camera in settings.cameras)
        layout = layout_of(settings.cameras)
        await until_answered(partial(self.journal.watch.remote, ids, anew, layout))
        await until_answered(partial(self.resolver.watch.remote, ids, anew))

    async def note(self, note: SystemStateChanged) -> None:
        """Have an event about the system written."""
        await until_answered(partial(self.journal.take.remote, [], [note]))
