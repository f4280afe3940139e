"""What work costs this process: processor time, and the memory that it holds."""

import os
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Meter:
    """Adds up the processor time of blocks and what was done in them.

    It is that of all threads of the process, in seconds of one core: right where nothing else
    of the process is at work, and little disturbed by other processes.
    """

    def __init__(self) -> None:
        self._core_s: defaultdict[str, float] = defaultdict(float)
        self._done: defaultdict[str, int] = defaultdict(int)

    @classmethod
    def total(cls, meters: Iterable["Meter"]) -> "Meter":
        """Return the counts of several; their processor time would count each other's."""
        total = cls()
        for meter in meters:
            for part, number in meter._done.items():
                total.count(part, number)
        return total

    @contextmanager
    def time(self, part: str) -> Iterator[None]:
        """Add what the block takes to `part`."""
        begun = time.process_time()
        try:
            yield
        finally:
            self._core_s[part] += time.process_time() - begun

    def count(self, part: str, number: int = 1) -> None:
        """Note that something was done `number` times more."""
        self._done[part] += number

    def done(self, part: str) -> int:
        """Return how often it was done."""
        return self._done[part]

    def core_s(self, part: str, *, per: str) -> float:
        """Return core-seconds in `part` for each `per`; 0 where there was none."""
        return self._core_s[part] / self._done[per] if self._done[per] else 0.0


def memory_held() -> float | None:
    """Return the bytes this process holds, its share of what is shared (PSS); None if not known."""
    with suppress(OSError):
        text = Path("/proc/self/smaps_rollup").read_text()
        if pss := re.search(r"^Pss:\s*(\d+) kB$", text, re.MULTILINE):
            return int(pss[1]) * 1024.0
    return None


def machine_core_s() -> float | None:
    """Return the core-seconds that all processes have used since the start; None if not known.

    What a hypervisor gave to other machines counts too.
    """
    with suppress(OSError, ValueError):
        user, nice, system, _, _, irq, softirq, stolen, *_ = (
            int(ticks) for ticks in Path("/proc/stat").read_text().partition("\n")[0].split()[1:]
        )
        ticks = user + nice + system + irq + softirq + stolen
        return float(ticks) / os.sysconf("SC_CLK_TCK")
    return None
