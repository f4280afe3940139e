"""Reading a table again where its rows were renewed, and what was there removed, meanwhile."""

import time
from collections.abc import Callable
from typing import TypeVar

from genesis_ray.errors import StoreError

_READINGS = 5
_READ_AGAIN_S = 0.05

_Read = TypeVar("_Read")


def patiently(read: Callable[[], _Read]) -> _Read:
    """Return what `read` does, which opens a table anew each time it is called.

    Raises:
        StoreError: It does so every time.
    """
    for _ in range(_READINGS - 1):
        try:
            return read()
        except StoreError:
            time.sleep(_READ_AGAIN_S)
    return read()
