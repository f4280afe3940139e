"""A node of Ray without three processes that nothing here asks: 2.5 s of a processor at each start.

The log monitor reads logs to the driver, which does not want them. The autoscaler's monitor has no
nodes to add to a cluster of this machine alone. Of the dashboard, which is turned off, Ray would
still start a process, for statistics of use that are turned off too, and wait until it answers.
`ray.init` has no arguments for this, as Ray's `Node` has.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from ray._private import parameter, services


def _no_dashboard(*_: object, **__: object) -> tuple[None, None]:
    """Answer as Ray's own function does where the process did not come up."""
    return None, None


@contextmanager
def lean_node() -> Iterator[None]:
    """Have nodes that are started meanwhile go without."""
    params = partial(parameter.RayParams, include_log_monitor=False, no_monitor=True)
    with (
        patch.object(parameter, "RayParams", params),
        patch.object(services, "start_api_server", _no_dashboard),
    ):
        yield
