"""A camera that is given up, because what watches it dies or fails again and again."""

from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import CameraStateChanged
from genesis_ray.live.calls import until_answered
from genesis_ray.live.keepers import Keepers
from genesis_ray.live.spec import LiveSpec, Shown, Told
from genesis_ray.running.set_aside import dead_letter


async def give_up_camera(camera_id: str, spec: LiveSpec, reason: str, keepers: Keepers) -> None:
    """Set a camera's recording aside, and tell resolver and journal to wait for it no longer."""
    state = CameraStateChanged(
        tenant_id=spec.settings.tenant_id,
        site_id=spec.settings.site_id,
        camera_id=camera_id,
        occurred_at=datetime.now(UTC),
        state="failed",
        reason=reason,
    )
    letter = dead_letter(
        spec.settings,
        unit="recording",
        stage="watch",
        camera_id=camera_id,
        at=state.occurred_at,
        frame_index=None,
        attempts=len(spec.settings.retry_delays_s) + 2,
        reason=reason,
    )
    await until_answered(partial(keepers.journal.give_up.remote, state, [letter]))
    await until_answered(partial(keepers.resolver.take.remote, [Shown(camera_id, (), DONE)]))


async def tell_ended(camera_ids: Collection[str], keepers: Keepers) -> None:
    """Tell resolver and journal to wait for cameras no longer that nobody watches."""
    told = [Told(camera_id, [], DONE) for camera_id in camera_ids]
    shown = [Shown(camera_id, (), DONE) for camera_id in camera_ids]
    await until_answered(partial(keepers.journal.take.remote, told))
    await until_answered(partial(keepers.resolver.take.remote, shown))
