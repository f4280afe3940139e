"""How this process handles its memory."""

import ctypes
from contextlib import suppress

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

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
    _tell_malloc({_M_MMAP_THRESHOLD: _LARGEST, _M_TRIM_THRESHOLD: _KEPT_FREE})


def keep_one_arena() -> None:
    """Let threads that come from now on share what another has freed.

    glibc gives threads arenas of their own, and what one thread's has free is of no use to another:
    while a table is changed for hours by whichever thread is free, each grows to what the largest
    change ever took.
    """
    _tell_malloc({_M_ARENA_MAX: 1})


def _tell_malloc(options: dict[int, int]) -> None:
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        for option, value in options.items():
            libc.mallopt(option, value)
