"""Starting a live system for one run, and watching it to its end."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import ray
from ray.exceptions import RayError

from genesis_ray.errors import GenesisError, StoreError
from genesis_ray.live.configuration import Configuration
from genesis_ray.live.spec import LiveSpec
from genesis_ray.live.system_states import CONFIGURATION, GOES_ON_WITHIN, SystemStates
from genesis_ray.running.alerting.alert_delivery import delivering
from genesis_ray.running.ending import SIGNALS
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.serving import cluster
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import new_key

if TYPE_CHECKING:
    from genesis_ray.live.supervisor import Supervisor

_DETECTOR_APP = "genesis-detector"
_EMBEDDER_APP = "genesis-embedder"

_POLL_S = 0.25
"""Between two looks at how far the cameras are: smooth for the eye, nothing for the actors."""


def run_live(
    settings: Settings,
    run: RunFolder,
    *,
    shapes: Collection[tuple[int, int]],
    realtime: bool,
    on_progress: Callable[[CameraProgress], None],
) -> RunResult:
    """Watch all cameras on Ray, recordings to their end; return the figures.

    SIGINT or SIGTERM ends them before; then what is under way is finished and logged.

    `shapes` are those of the detector's inputs, made ready while the rest starts.
    A run that was cut off is gone on with, where its last system watched with the same settings.
    Uses the cluster that RAY_ADDRESS names, else starts one on this machine for the run.
    """
    begun_at = time.time()
    template_key = tenant_keys(settings).ref
    within = GOES_ON_WITHIN if settings.has_live_cameras else None
    states = SystemStates(run, template_key, settings, life=new_key(), within=within)
    is_live = all(camera.is_live for camera in settings.cameras)
    if run.events.is_dir() and not (states.goes_on or is_live):
        raise StoreError(
            f"the run in {run.path} was cut off, and cannot be gone on with: {states.why_not}. Ask "
            f"what it logged with `genesis query --run {run.path}`; watch all again in a new "
            f"folder, or in this one with --force"
        )
    configuration = Configuration(settings, run.state / CONFIGURATION, states.key)
    spec = LiveSpec(
        settings=settings,
        run=run.path.resolve(),
        realtime=realtime or settings.has_live_cameras,
        dates_recordings=settings.has_live_cameras,
        detector_app=_DETECTOR_APP,
        embedder_app=_EMBEDDER_APP,
        template_key=template_key,
        key=states.key,
    )
    cluster.start(
        meanwhile=partial(import_module, "genesis_ray.live.supervisor"),
        store=cluster.store_bytes(settings),
    )
    # Loaded by then: Serve and what goes with it take as long as Ray's own start.
    from ray import serve

    from genesis_ray.live.supervisor import Supervisor
    from genesis_ray.serving import detector, embedder
    from genesis_ray.serving.deploy import deploy
    from genesis_ray.serving.needed_inputs import NeededInputs

    try:
        # In this process: it lives as long as the run.
        supervisor = Supervisor(spec, is_resumed=states.goes_on)
        serve.start(proxy_location="Disabled")
        deploy(
            {
                _DETECTOR_APP: detector.bind(settings.detector, NeededInputs(frozenset(shapes))),
                _EMBEDDER_APP: embedder.bind(settings.faces, template_key),
            }
        )
        with delivering(settings, run):
            result = asyncio.run(_follow(supervisor, begun_at, on_progress))
        configuration.clear()
        states.clear()
        return result
    finally:
        if os.environ.get("RAY_ADDRESS"):  # a cluster of our own ends with this process
            with suppress(RayError):
                serve.delete(_DETECTOR_APP)
                serve.delete(_EMBEDDER_APP)
        ray.shutdown()


async def _follow(
    supervisor: "Supervisor",
    begun_at: float,
    on_progress: Callable[[CameraProgress], None],
) -> RunResult:
    """Let everything run to its end and tell how far the cameras are."""
    from genesis_ray.live.supervisor import STOP_WITHIN_S

    ending: list[asyncio.Task[None]] = []
    running = asyncio.create_task(supervisor.run(begun_at))

    def end() -> None:
        ending.append(asyncio.create_task(supervisor.shut_down(within_s=STOP_WITHIN_S)))

    if threading.current_thread() is threading.main_thread():  # no other is told of signals
        _on_first_signal(end)
    while not running.done():
        await asyncio.wait([running], timeout=_POLL_S)
        if not running.done():
            for camera in await supervisor.cameras():
                on_progress(camera)
    await asyncio.gather(*ending)
    if supervisor.is_cut_off and running.exception():
        raise GenesisError(
            f"what was under way was not done within {STOP_WITHIN_S:g} s and was cut off; what was "
            f"logged until then is in the run"
        ) from running.exception()
    for camera in running.result().cameras:
        on_progress(camera)
    return running.result()


def _on_first_signal(call: Callable[[], None]) -> None:
    """Do something at the first of `SIGNALS`; the second has its usual effect."""
    loop = asyncio.get_running_loop()

    def called() -> None:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        call()

    for number in SIGNALS:
        loop.add_signal_handler(number, called)
