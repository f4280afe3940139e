"""Talking to a live system from another process."""

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray import serve
from ray.exceptions import RayTaskError

from genesis_ray.domain.load.bottleneck import Bottleneck, bottleneck
from genesis_ray.errors import GenesisError
from genesis_ray.figures import Figures
from genesis_ray.running.changes import Changes
from genesis_ray.running.live_state import LiveState
from genesis_ray.serving import cluster, detector
from genesis_ray.serving.own_cluster import own_address, use_token
from genesis_ray.settings import Settings

LIVE = "live"
"""The deployment that watches."""

DEFAULT_APP = "default"

ANSWERS_WITHIN_S = 120.0
"""Sources are opened meanwhile, and what cameras have under way is finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterNode:
    """A node of the cluster.

    Attributes:
        node_id: Ray's.
        resources: CPU, GPU, memory (bytes) that it has in all.
    """

    node_id: str
    address: str
    is_alive: bool
    resources: Mapping[str, float]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStatus:
    """How a live system is, and what it runs on.

    Attributes:
        replicas: Running, by deployment.
        fps: Frames a second looked at, by camera, over the last moment.
        detector_busy: Share of that moment in which the detector's replicas ran the model, of each
            on average; above 1 where each runs several stacks at once.
        bottleneck: What was in the way in it; None where no frame was dropped for want of time.
    """

    state: LiveState
    nodes: Sequence[ClusterNode]
    replicas: Mapping[str, int]
    fps: Mapping[str, float]
    detector_busy: float = 0.0
    bottleneck: Bottleneck | None = None


class RemoteSystem:
    """The live system that `genesis up`, `serve run` or `serve deploy` started on a cluster."""

    def __init__(self, *, app: str = DEFAULT_APP, address: str | None = None) -> None:
        """Connect to the cluster at `address`, else at RAY_ADDRESS, else to one on this machine.

        Raises:
            GenesisError: There is none, or no such application on it.
        """
        connect(address)
        self._app = app
        found = serve.status().applications.get(app)
        if found is None or LIVE not in found.deployments:
            raise GenesisError(
                f"no application {app!r} with a live system runs on this cluster; start it with "
                f"`genesis up CONFIG`, or name it with --app"
            )
        self._live = serve.get_deployment_handle(LIVE, app)

    def apply(self, settings: Settings, *, dry_run: bool) -> Changes:
        """Change the cameras to those of the settings; see `service.Live.apply`."""
        changes: Changes = self._ask("apply", settings, dry_run=dry_run)
        return changes

    def go_back(self, *, dry_run: bool) -> Changes:
        """Change the cameras back to those before the last change."""
        changes: Changes = self._ask("go_back", dry_run=dry_run)
        return changes

    def state(self) -> LiveState:
        """Return how the system is."""
        state: LiveState = self._ask("state")
        return state

    def status(self, *, over_s: float = 2.0) -> SystemStatus:
        """Return how system and cluster are; rates are measured for so many seconds."""
        began, first = time.monotonic(), self.state()
        time.sleep(over_s)
        state = self.state()
        took_s = time.monotonic() - began
        before = _frames(first)
        deployments = serve.status().applications[self._app].deployments
        replicas = {
            name: deployment.replica_states.get("RUNNING", 0)
            for name, deployment in deployments.items()
        }
        busy = busy_share(first.figures, state.figures, took_s, replicas.get(detector.NAME, 0))
        return SystemStatus(
            state=state,
            nodes=[_node(node) for node in ray.nodes()],
            replicas=replicas,
            detector_busy=busy,
            bottleneck=bottleneck(dropped(first.figures, state.figures), detector_busy=busy),
            fps={
                camera_id: max(0, frames - before.get(camera_id, 0)) / took_s
                for camera_id, frames in _frames(state).items()
            },
        )

    def end(self) -> None:
        """Let the system finish what is under way and end; Serve too, if nothing else uses it."""
        self._ask("end")  # while the models are still there
        serve.delete(self._app)
        if not serve.status().applications:
            serve.shutdown()

    def close(self) -> None:
        """Disconnect."""
        ray.shutdown()

    def _ask(self, method: str, *arguments: object, **options: object) -> Any:
        request = getattr(self._live, method).remote(*arguments, **options)
        try:
            return request.result(timeout_s=ANSWERS_WITHIN_S)
        except RayTaskError as error:
            if isinstance(error.cause, GenesisError):
                raise error.cause from None
            raise
        except TimeoutError as error:
            raise no_answer() from error


def no_answer() -> GenesisError:
    """Return the error of a system that does not answer."""
    return GenesisError(
        f"the system has not answered for {ANSWERS_WITHIN_S:g} s, as where models or the log are "
        f"away; it goes on with what it was asked, see `genesis status`"
    )


def connect(address: str | None = None) -> None:
    """Connect to the cluster at `address`, else at RAY_ADDRESS, else to one on this machine.

    That is the one of `genesis up`, else any. Who is connected stays so.

    Raises:
        GenesisError: There is none.
    """
    if ray.is_initialized():
        return
    if address:
        os.environ["RAY_ADDRESS"] = address
    elif "RAY_ADDRESS" not in os.environ:
        if connect_to_own():
            return
        os.environ["RAY_ADDRESS"] = "auto"
    cluster.start()


def connect_to_own() -> bool:
    """Connect to the cluster that `genesis up` started on this machine; tell whether there is one.

    Raises:
        GenesisError: It does not let this process in.
    """
    address = own_address()
    if address is None:
        return False
    os.environ["RAY_ADDRESS"] = address
    use_token()
    cluster.start()
    return True


def busy_share(before: Figures, after: Figures, took_s: float, replicas: int) -> float:
    """Return the share of a while in which the detector's replicas ran the model, on average."""
    busy_s = after.stage_s.get("detect", 0.0) - before.stage_s.get("detect", 0.0)
    return max(0.0, busy_s) / took_s / max(1, replicas)


def dropped(before: Figures, after: Figures) -> dict[str, int]:
    """Return how many frames all cameras dropped between two moments, by the reason.

    A camera that is watched anew counts from 0.
    """
    known = {camera.camera_id: camera.dropped for camera in before.cameras}
    counts: Counter[str] = Counter()
    for camera in after.cameras:
        for reason, count in camera.dropped.items():
            earlier = known.get(camera.camera_id, {}).get(reason, 0)
            counts[reason] += count - earlier if count >= earlier else count
    return dict(counts)


def _frames(state: LiveState) -> dict[str, int]:
    return {camera.camera_id: camera.frames for camera in state.figures.cameras}


def _node(node: Mapping[str, Any]) -> ClusterNode:
    return ClusterNode(
        node_id=node["NodeID"],
        address=node["NodeManagerAddress"],
        is_alive=node["Alive"],
        resources={
            name: node["Resources"][name]
            for name in ("CPU", "GPU", "memory")
            if name in node["Resources"]
        },
        labels={k: v for k, v in node["Labels"].items() if not k.startswith("ray.io/")},
    )
