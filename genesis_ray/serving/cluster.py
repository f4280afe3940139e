"""The Ray cluster: one that is there, or one of our own on this machine."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psutil
import ray
from ray._private.utils import read_ray_address
from ray.exceptions import AuthenticationError

from genesis_ray.errors import GenesisError
from genesis_ray.serving import lean_serve
from genesis_ray.serving.lean_node import lean_node
from genesis_ray.settings import Settings

NAMESPACE = "genesis"

LEAST_STORE_BYTES = 256 * 1024 * 1024
"""Ray's default is a third of the memory."""

_LARGEST_PART = 0.3
"""Of the memory, which is what Ray would take."""

ENVIRONMENT = {
    # Nothing of a customer's cameras is told to anybody.
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray's control store would remember calls for a dashboard that there is not: 4.4 MB a minute
    # with eight cameras at two frames/s each.
    "RAY_task_events_report_interval_ms": "0",
    # Ten times a second Serve's controller goes through the deployments, for a fortieth of two
    # cores. A replica that died is missed this much later.
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
    "RAY_preload_python_modules": lean_serve.__name__,
}
"""What a cluster that we start is told; unless the user has said else."""

_ANSWERS_WITHIN_S = 5.0

_ATTEMPTS = 3
"""Ray gives up where its agents take over 15 s to start, as on a machine that is busy
(ray#65983); by the next attempt their code is in the disk cache."""


def store_bytes(settings: Settings) -> int:
    """Return how much shared memory the stacks under way take, twice over."""
    groups = -(-len(settings.cameras) // settings.groups.cameras)
    detector = settings.detector
    frames = groups * detector.stacks_in_flight * detector.stack_frames
    wanted = 2 * frames * 3 * detector.input_size**2
    most = int(_LARGEST_PART * psutil.virtual_memory().total)
    return max(LEAST_STORE_BYTES, min(wanted, most))


def start(
    meanwhile: Callable[[], object] = lambda: None, *, store: int = LEAST_STORE_BYTES
) -> None:
    """Connect to the cluster that RAY_ADDRESS names, or start one on this machine.

    Ray's own processes take seconds to start; `meanwhile` runs in a thread beside them. One that
    is started has `store` bytes of shared memory. SIGTERM is a KeyboardInterrupt from then on.

    Raises:
        GenesisError: It could not be started.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(meanwhile)
        if address := os.environ.get("RAY_ADDRESS"):
            _connect(address)
        else:
            _start_patiently(store)
        beside.result()
    if threading.current_thread() is threading.main_thread():
        # As at Ctrl-C. Ray's own way aborts the process three seconds later, whatever it ends then.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    # After their import, which sets their level. What Ray Data logs of an error, it raises too.
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)


def _connect(address: str) -> None:
    _look_for(address)
    try:
        ray.init(namespace=NAMESPACE, log_to_driver=False, logging_level="ERROR")
    except ConnectionError as error:
        if isinstance(error.__cause__, AuthenticationError):
            raise GenesisError(
                f"the Ray cluster at {address} wants a token: set RAY_AUTH_MODE=token, and "
                f"RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH to what it was started with"
            ) from error
        raise _no_cluster(address) from error


def _look_for(address: str) -> None:
    """Refuse an address at which nobody listens: Ray tries it again and again, for minutes.

    On this machine Ray takes the cluster that it noted last, which may have died with the machine.
    """
    noted = read_ray_address() if address == "auto" else address
    host, _, port = (noted or "").rpartition("://")[2].rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWERS_WITHIN_S).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address) from error


def _no_cluster(address: str) -> GenesisError:
    return GenesisError(
        "no Ray cluster runs on this machine; `genesis up CONFIG` starts one, and RAY_ADDRESS "
        "or --address names one that runs elsewhere"
        if address == "auto"
        else f"no Ray cluster answers at {address}; start it, or unset RAY_ADDRESS to run on "
        f"this machine alone"
    )


def _start_patiently(store: int) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _start_own(store)
        except Exception as error:  # Ray raises nothing more precise when a node will not start
            ray.shutdown()
            if attempt == _ATTEMPTS:
                raise GenesisError(
                    f"Ray did not start on this machine ({error}); see its logs (session_latest "
                    f"in Ray's temporary folder), or leave Ray out with --local"
                ) from error
        else:
            return


def _start_own(store: int) -> None:
    with lean_node():
        ray.init(
            "local",  # else Ray would take whatever cluster it finds on this machine
            namespace=NAMESPACE,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            object_store_memory=store,
        )
