"""Delivering alerts beside a live system that watches as a service."""

import asyncio
import logging
from collections.abc import Callable

from genesis_ray.errors import GenesisError
from genesis_ray.running.alerting.alert_delivery import open_delivery
from genesis_ray.running.alerting.delivery import Delivery
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

_log = logging.getLogger(__name__)

_TRY_AGAIN_S = 15.0
"""Where another process delivers: one that is ending is gone by then."""

FINISH_WITHIN_S = 2.0
"""At the end, so that the whole system ends within the time that Serve gives it."""


async def deliver_alerts(
    settings: Settings,
    run: RunFolder,
    *,
    on_open: Callable[[Delivery], None] = lambda _: None,
) -> None:
    """Deliver the alerts of a run until cancelled, then what still can be at once.

    Watching is not hindered by what goes wrong here; it is logged, and tried again. `on_open` is
    told who delivers, once somebody does.
    """
    if not settings.delivery.channels:
        return
    while True:
        try:  # in this thread, though it takes a moment: cancelled meanwhile, none is left open
            delivery = open_delivery(settings, run, tells_past=False)
        except GenesisError as error:
            _log.error("alerts are not delivered yet: %s", error)
            await asyncio.sleep(_TRY_AGAIN_S)
        else:
            break
    on_open(delivery)
    delivery.start()
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.to_thread(delivery.finish, within_s=FINISH_WITHIN_S)
        await asyncio.to_thread(delivery.close)
