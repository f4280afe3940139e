"""Keeping which inputs the detector needs: the next start of the system is ready for them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ray.exceptions import RayError

from genesis_ray.running.detector_inputs import keep_inputs
from genesis_ray.serving.needed_inputs import NeededInputs
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

_LOOKS_EVERY_S = 30.0


async def keep_needed(
    needed: NeededInputs, run: RunFolder, settings: Callable[[], Settings]
) -> None:
    """Keep what the detector was asked for, by those settings, when it is something else; for ever.

    Cameras that are watched for less than half a minute are not known by it.
    """
    kept: tuple[object, object] | None = None
    while True:
        await asyncio.sleep(_LOOKS_EVERY_S)
        with suppress(RayError):  # its control store is away
            inputs, now = await asyncio.to_thread(needed.noted), settings()
            if inputs and (inputs, now.cameras) != kept:
                await asyncio.to_thread(keep_inputs, run, now, inputs)
                kept = inputs, now.cameras
