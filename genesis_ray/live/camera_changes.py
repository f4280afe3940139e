"""Adding, changing and taking off single cameras of a live system, for the API."""

import asyncio
from typing import Any

from ray.exceptions import RayTaskError
from ray.serve.handle import DeploymentHandle

from genesis_ray.errors import GenesisError
from genesis_ray.live.remote import ANSWERS_WITHIN_S, no_answer
from genesis_ray.running.changes import Changes
from genesis_ray.sections.cameras import CameraSettings


class LiveCameras:
    """The cameras of the system behind a handle."""

    def __init__(self, live: DeploymentHandle) -> None:
        self._live = live

    async def put(self, camera: CameraSettings, *, dry_run: bool) -> Changes:
        """Add a camera, or set one in another way; see `service.Live.put_camera`."""
        return await self._answer(self._live.put_camera.remote(camera, dry_run=dry_run))

    async def remove(self, camera_id: str, *, dry_run: bool) -> Changes:
        """Take a camera off; see `service.Live.remove_camera`."""
        return await self._answer(self._live.remove_camera.remote(camera_id, dry_run=dry_run))

    async def _answer(self, request: Any) -> Changes:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                changes: Changes = await request
        except RayTaskError as error:
            if isinstance(error.cause, GenesisError):
                raise error.cause from None
            raise
        except TimeoutError as error:
            raise no_answer() from error
        return changes
