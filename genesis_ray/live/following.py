"""Following, in a camera group, which embedder the resolver goes by."""

import asyncio
from functools import partial

from ray.actor import ActorHandle
from ray.exceptions import RayTaskError

from genesis_ray.live.answers import FaceFinder
from genesis_ray.live.calls import until_answered
from genesis_ray.live.models import AbandonedError, Note
from genesis_ray.live.retrying import reason_of
from genesis_ray.live.spec import Embedders
from genesis_ray.live.succession import ASKS_EVERY_S
from genesis_ray.serving import embedder


async def follow_switches(group: str, faces: FaceFinder, resolver: ActorHandle, note: Note) -> None:
    """Have `faces` ask the embedder that the resolver says, and prepare the one to come; for ever.

    One that cannot be loaded is told of, and not tried again until somebody switches again.
    """
    ready = failed = ""
    while True:
        told: Embedders = await until_answered(partial(resolver.embedders.remote, group, ready))
        faces.embedder = told.present
        following = told.following
        if following is None:
            ready = failed = ""
        elif following not in (ready, failed):
            try:
                await faces.prepare(following)
                ready = following
                continue
            except (RayTaskError, AbandonedError) as error:
                failed = following
                still = f"faces are embedded by {told.present} still, until somebody switches again"
                note(embedder.NAME, "degraded", f"{still}: {reason_of(error)}")
        await asyncio.sleep(ASKS_EVERY_S)
