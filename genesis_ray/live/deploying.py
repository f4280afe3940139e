"""Starting the live system as a service, and following it until it watches."""

import os
import time
from collections.abc import Callable

from ray import serve
from ray.serve import Application, RunTarget
from ray.serve.schema import ApplicationStatus

from genesis_ray.errors import GenesisError
from genesis_ray.live.remote import DEFAULT_APP, RemoteSystem, connect, connect_to_own
from genesis_ray.serving.cluster import store_bytes
from genesis_ray.serving.deploy import why_not_up
from genesis_ray.serving.own_cluster import start_own_cluster
from genesis_ray.settings import Settings

_LOOK_AGAIN_S = 0.5


def connect_if_there(address: str | None) -> bool:
    """Connect to the cluster at `address`, else at RAY_ADDRESS, else to our own if there is one.

    Raises:
        GenesisError: There is none at the address given.
    """
    if address or "RAY_ADDRESS" in os.environ:
        connect(address)
        return True
    return connect_to_own()


def start_cluster(settings: Settings) -> None:
    """Start a cluster of our own, with room for the cameras of `settings`, and connect to it.

    Raises:
        GenesisError: It does not start.
    """
    start_own_cluster(store_bytes(settings))
    connect_to_own()


def deploy_system(
    application: Application, *, host: str, port: int, on_wait: Callable[[str], None]
) -> RemoteSystem:
    """Deploy what `app.build` returned, wait until it watches its cameras, and return it.

    `on_wait` is told what is waited for. What fails before that is taken off again.

    Raises:
        GenesisError: A system runs here already, or this one fails.
    """
    serve.start(proxy_location="HeadOnly", http_options={"host": host, "port": port})
    if DEFAULT_APP in serve.status().applications:
        raise GenesisError(
            "a live system runs on this cluster already; change its cameras with `genesis apply`, "
            "or end it with `genesis down` first"
        )
    target = RunTarget(application, DEFAULT_APP, "/")
    serve.run_many([target], wait_for_applications_running=False)
    try:
        _wait_until_up(on_wait)
        system = RemoteSystem()
        _wait_until_open(system, on_wait)
    except BaseException:
        serve.delete(DEFAULT_APP)
        raise
    return system


def _wait_until_up(on_wait: Callable[[str], None]) -> None:
    while (status := serve.status().applications[DEFAULT_APP]).status != ApplicationStatus.RUNNING:
        if status.status == ApplicationStatus.DEPLOY_FAILED:
            raise GenesisError(why_not_up([DEFAULT_APP]) or status.message)
        missing = [
            name
            for name, deployment in status.deployments.items()
            if not deployment.replica_states.get("RUNNING")
        ]
        on_wait(f"{', '.join(missing) or 'the system'} starting")
        time.sleep(_LOOK_AGAIN_S)


def _wait_until_open(system: RemoteSystem, on_wait: Callable[[str], None]) -> None:
    while not (state := system.state()).is_open:
        if state.failure:
            raise GenesisError(state.failure)
        on_wait("; ".join(state.missing))
        time.sleep(_LOOK_AGAIN_S)
