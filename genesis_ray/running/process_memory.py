"""How this process handles the memory of its pictures."""

import ctypes
from contextlib import suppress

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_LARGEST = 32 << 20
"""Bytes; glibc takes no more."""

_KEPT_FREE = 128 << 20
"""Bytes at the end of the heap: some stacks of frames."""


def keep_freed_memory() -> None:
    """Use the memory of pictures that are gone for the next ones.

    glibc gives large blocks back to the system at once, and the system clears every page of the
    next one: of all that a frame costs between camera and detector that was the seventh part.
    Where another library allocates, it stays as it is.
    """
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_FREE)
