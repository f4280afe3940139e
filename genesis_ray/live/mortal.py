"""Keepers that an error kills, so that their successors set aside what brought it about."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ray.exceptions import RayError

from genesis_ray.errors import GenesisError

_log = logging.getLogger(__name__)


@contextmanager
def dying_of_errors(keeper: str) -> Iterator[None]:
    """Let an error in what is applied end this process, as a crash of a library does.

    What was half applied is gone with it: the next process goes on from what was kept, item by
    item, and after a few deaths leaves out the one that it is. What is raised on purpose, for a
    full disk for instance, or by another process, is no item's fault and is raised on.
    """
    try:
        yield
    except (GenesisError, RayError):
        raise
    # Whatever a rule or a library raises on an input that nobody has thought of.
    except Exception:
        _log.exception("the %s fails on what it was told, and starts again without it", keeper)
        logging.shutdown()
        os._exit(1)
