"""How many processors there are for this process."""

import os


def usable_cores() -> int:
    """Return how many cores this process may use; all there are where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
