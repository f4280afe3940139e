"""This machine as the planner sees it: what a system on it may use."""

import os
import re
from contextlib import suppress
from pathlib import Path

from genesis_ray.domain.load.capacity import Node
from genesis_ray.processors import usable_cores

_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")


def this_node(*, proc: Path = _PROC, cgroup: Path = _CGROUP) -> Node:
    """Return the cores and the free memory of this machine, or of this process' container."""
    return Node(cores=_cores(cgroup), memory=_memory(proc, cgroup))


def _cores(cgroup: Path) -> float:
    cores = float(usable_cores())
    with suppress(OSError, ValueError):  # no limit reads "max"
        quota, period = (cgroup / "cpu.max").read_text().split()
        cores = min(cores, int(quota) / int(period))
    return cores


def _memory(proc: Path, cgroup: Path) -> float:
    free = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError):
        meminfo = (proc / "meminfo").read_text()
        if available := re.search(r"^MemAvailable:\s*(\d+) kB$", meminfo, re.MULTILINE):
            free = int(available[1]) * 1024.0
    with suppress(OSError, ValueError):
        limit, used = (
            int((cgroup / name).read_text()) for name in ("memory.max", "memory.current")
        )
        free = min(free, max(1.0, limit - used))
    return free
