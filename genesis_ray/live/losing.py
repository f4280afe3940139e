"""A camera that is given up, because the process that watches it dies again and again."""

from datetime import UTC, datetime
from functools import partial

from ray.actor import ActorHandle

from genesis_ray.domain.events import CameraStateChanged
from genesis_ray.domain.ordering import DONE
from genesis_ray.live.calls import until_answered
from genesis_ray.live.spec import LiveSpec, Shown
from genesis_ray.running.set_aside import dead_letter

DEADLY = "its process dies again and again"


async def give_up_camera(
    camera_id: str, spec: LiveSpec, *, journal: ActorHandle, resolver: ActorHandle
) -> None:
    """Set a camera's recording aside, and tell resolver and journal to wait for it no longer."""
    state = CameraStateChanged(
        tenant_id=spec.settings.tenant_id,
        site_id=spec.settings.site_id,
        camera_id=camera_id,
        occurred_at=datetime.now(UTC),
        state="failed",
        reason=DEADLY,
    )
    letter = dead_letter(
        spec.settings,
        unit="recording",
        stage="watch",
        camera_id=camera_id,
        at=state.occurred_at,
        frame_index=None,
        attempts=len(spec.settings.retry_delays_s) + 2,
        reason=DEADLY,
    )
    await until_answered(partial(journal.give_up.remote, state, [letter]))
    await until_answered(partial(resolver.take.remote, [Shown(camera_id, (), DONE)]))
