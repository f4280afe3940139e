"""A node of Ray without processes that nothing here asks: seconds of a processor at each start.

The log monitor reads logs to the driver, which does not want them. The autoscaler's monitor has no
nodes to add to a cluster of this machine alone, unless it is told of some. Of the dashboard, which
is turned off, Ray would still start a process, for statistics of use that are turned off too, and
wait until it answers; and on each node its agent, for Ray's own figures and jobs: 81 MB, and a
second until the node is up. Where Ray's command starts a head, it adds a server for clients that
are no part of the cluster. Neither `ray.init` nor that command has arguments for all of this.

`python -m genesis_ray.serving.lean_node start ...` is Ray's command that starts such nodes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from ray._private import parameter, services
from ray._raylet import (  # type: ignore[attr-defined]  # its stub leaves them out
    DASHBOARD_AGENT_LISTEN_PORT_NAME,
    METRICS_AGENT_PORT_NAME,
    METRICS_EXPORT_PORT_NAME,
    persist_port,
)

_LEFT_OUT = {"include_log_monitor": False, "ray_client_server_port": None}
_AGENT = "--dashboard_agent_command="
_PORTS_OF_AGENT = (
    DASHBOARD_AGENT_LISTEN_PORT_NAME,
    METRICS_AGENT_PORT_NAME,
    METRICS_EXPORT_PORT_NAME,
)


def _lean(
    params: Callable[..., parameter.RayParams], *args: Any, **options: Any
) -> parameter.RayParams:
    is_sized = options.get("autoscaling_config") is not None  # by the autoscaler
    return params(*args, **options | _LEFT_OUT | {"no_monitor": not is_sized})


def _no_dashboard(*_: object, **__: object) -> tuple[None, None]:
    """Answer as Ray's own function does where the process did not come up."""
    return None, None


def _without_agent(
    start: Callable[..., Any], command: Sequence[str], *args: Any, **options: Any
) -> Any:
    """Start a process of Ray; if it is a raylet, one whose agent does nothing.

    A raylet wants an agent, and ends with it: this one reads a pipe until the raylet has ended. Its
    ports are told to be not in use, as Ray's own agent does where Ray is installed without extras.
    """
    if any(part.startswith(_AGENT) for part in command):
        told = dict(part.split("=", 1) for part in command if "=" in part)
        for name in _PORTS_OF_AGENT:
            persist_port(told["--session_dir"], told["--node_id"], name, -1)
        command = [f"{_AGENT}cat" if part.startswith(_AGENT) else part for part in command]
    return start(command, *args, **options)


@contextmanager
def lean_node() -> Iterator[None]:
    """Have nodes that are started meanwhile go without."""
    with (
        patch.object(parameter, "RayParams", partial(_lean, parameter.RayParams)),
        patch.object(services, "start_api_server", _no_dashboard),
        patch.object(
            services, "start_ray_process", partial(_without_agent, services.start_ray_process)
        ),
    ):
        yield


if __name__ == "__main__":
    from ray.scripts.scripts import main

    with lean_node():
        main()
