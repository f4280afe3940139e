"""Resolver and journal, as who supervises them tells them something."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from ray.actor import ActorHandle
from ray.exceptions import RayTaskError

from genesis_ray.domain.events import SystemStateChanged
from genesis_ray.errors import GenesisError
from genesis_ray.live.calls import until_answered
from genesis_ray.live.room import full_disk_in
from genesis_ray.running.zones.places import layout_of
from genesis_ray.settings import Settings

_ANSWER_WITHIN_S = 20.0
"""Of both where one is started again; before that whoever changes cameras is told."""


@dataclass(frozen=True, slots=True)
class Keepers:
    """The two actors of a live system that keep something.

    They are waited for where they are being started again.
    """

    journal: ActorHandle
    resolver: ActorHandle

    async def see_that_they_take(self) -> None:
        """See that both take what they are told.

        Raises:
            GenesisError: One does not: it is away, or its disk is full.
        """
        asked = (
            until_answered(partial(self.journal.take.remote, [], []), waits_for_room=False),
            until_answered(partial(self.resolver.take.remote, []), waits_for_room=False),
        )
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await asyncio.gather(*asked)
        except TimeoutError as error:
            raise GenesisError(
                f"journal or resolver have not answered for {_ANSWER_WITHIN_S:.0f} s, so no camera "
                f"is changed; mend what `genesis status` says, and try again"
            ) from error
        except RayTaskError as error:
            if full := full_disk_in(error):
                raise GenesisError(
                    f"no camera is changed: {full.while_waiting}. Then try again"
                ) from error
            raise

    async def expect(self, settings: Settings, anew: Collection[str] = ()) -> None:
        """Tell whose cameras are watched from now on; those of `anew` are other ones."""
        ids = sorted(camera.camera_id for camera in settings.cameras)
        layout = layout_of(settings.cameras)
        await until_answered(partial(self.journal.watch.remote, ids, anew, layout))
        await until_answered(partial(self.resolver.watch.remote, ids, anew))

    async def note(self, note: SystemStateChanged) -> None:
        """Have an event about the system written."""
        await until_answered(partial(self.journal.take.remote, [], [note]))
