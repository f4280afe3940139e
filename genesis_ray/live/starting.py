"""Starting the actors of a live system, each where it has to be, and why one cannot be."""

from functools import partial
from typing import Protocol

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from genesis_ray.errors import GenesisError
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.serving.reasons import own_reason_in
from genesis_ray.settings import GroupSettings

NODE_LABEL = "genesis-node"
"""Given to a node by `ray start --labels`, so that a camera's `node` can name it."""


class StartGroup(Protocol):
    """Starts a camera group's actor."""

    def __call__(
        self, actor: type, name: str, *arguments: object, node: str | None = None
    ) -> ActorHandle:
        """Start it on any node with room, or on the one whose label is `node`."""


def start_keeper(actor: type, name: str, *arguments: object) -> ActorHandle:
    """Start an actor that keeps files, on the node of the caller: there the files are."""
    here = ray.get_runtime_context().get_node_id()
    strategy = NodeAffinitySchedulingStrategy(here, soft=False)
    # Without a reservation: on a full node it would wait for ever.
    return _start(actor, name, arguments, num_cpus=0, scheduling_strategy=strategy)


def start_groups(settings: GroupSettings) -> StartGroup:
    """Return what starts camera groups, over as many nodes as there are."""
    return partial(_start_group, settings)


def explained(error: BaseException) -> BaseException:
    """Return an error of ours that is at the bottom of one of Ray's, without its traceback."""
    reason = own_reason_in(str(error)) if isinstance(error, RayError) else None
    return GenesisError(reason) if reason else error


def _start_group(
    settings: GroupSettings, actor: type, name: str, *arguments: object, node: str | None = None
) -> ActorHandle:
    where = {"label_selector": {NODE_LABEL: node}} if node else {"scheduling_strategy": "SPREAD"}
    return _start(actor, name, arguments, num_cpus=settings.num_cpus, **where)


def _start(actor: type, name: str, arguments: tuple[object, ...], **options: object) -> ActorHandle:
    """Start an actor that is started again whenever it dies."""
    remote = ray.remote(actor).options(name=name, namespace=NAMESPACE, max_restarts=-1, **options)
    return remote.remote(*arguments)
