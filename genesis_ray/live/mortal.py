"""Actors that an error kills, so that others set aside what brought it about."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ray.exceptions import RayError

from genesis_ray.errors import GenesisError

_log = logging.getLogger(__name__)


@contextmanager
def dying_of_errors(actor: str, *, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Let an error in what is applied end this process, as a crash of a library does.

    What was half applied is gone with it: the next process of a keeper goes on from what was kept,
    item by item, and after a few deaths leaves out the one that it is. A group of cameras is parted
    after a few, and the camera that it is given up. What is raised on purpose, for a full disk for
    instance, or by another process, is no input's fault and is raised on, as `but` these are.
    """
    try:
        yield
    # Whatever a rule or a library raises on an input that nobody has thought of.
    except Exception as error:
        if _is_only(error, (GenesisError, RayError, *but)):
            raise
        _log.exception("%s fails on what it was told, and starts again without it", actor)
        logging.shutdown()
        os._exit(1)


def _is_only(error: BaseException, kinds: tuple[type[Exception], ...]) -> bool:
    """Tell whether an error, or all of a group, are of some kinds."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_only(each, kinds) for each in error.exceptions)
    return isinstance(error, kinds)
