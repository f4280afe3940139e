"""Having journal and resolver give way where a command asks for it, see `running.giving_way`."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from ray.actor import ActorHandle
from ray.exceptions import RayError

from genesis_ray.live.calls import until_answered
from genesis_ray.live.keepers import Keepers
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec
from genesis_ray.running.people.giving_way import KeepersWay
from genesis_ray.store.giving_way import Presence
from genesis_ray.store.runs.run_folder import RunFolder

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
"""Who asks waits so long at most; a look is that at a lock."""


@asynccontextmanager
async def giving_way(spec: LiveSpec, keepers: Keepers) -> AsyncIterator[None]:
    """Show that a system writes to the run, and call its keepers when they are asked for."""
    run = RunFolder(spec.run)
    actors = {RESOLVER_ACTOR: keepers.resolver, JOURNAL_ACTOR: keepers.journal}
    with closing(Presence(run.watching)):
        looking = [
            asyncio.create_task(_call(actor, KeepersWay(spec.settings, run, name)))
            for name, actor in actors.items()
        ]
        try:
            yield
        finally:
            for task in looking:
                task.cancel()
            await asyncio.wait(looking)


async def _call(keeper: ActorHandle, its: KeepersWay) -> None:
    while True:
        if its.way.is_asked():
            try:
                await until_answered(keeper.give_way.remote)
            except RayError:
                # Its next call fails as this did, which ends the system with the reason.
                _log.exception("a keeper did not go on after it was asked to give way")
                return
        await asyncio.sleep(_LOOK_EVERY_S)
