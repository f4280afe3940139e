import platform
import subprocess
import sys

import pytest

STACKS = """
import resource, sys
import numpy as np
from genesis_ray.process_memory import keep_freed_memory

if "kept" in sys.argv:
    keep_freed_memory()
faults = []
for _ in range(5):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    stacks = [np.ones((16, 480, 640, 3), np.uint8) for _ in range(4)]
    del stacks
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(faults[-1])
"""

ARENAS = """
import ctypes, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from genesis_ray.process_memory import keep_one_arena

if "one" in sys.argv:
    keep_one_arena()
together = Barrier(4)
def allocate(_):
    together.wait()
    return bytearray(50_000)
with ThreadPoolExecutor(4) as pool:
    list(pool.map(allocate, range(4)))
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, out)
libc.fclose(out)
"""


def output(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def pages_cleared(*arguments: str) -> int:
    """Pages that the system had to clear for four stacks of pictures, once there have been some."""
    return int(output(STACKS, *arguments))


def arenas(*arguments: str) -> int:
    """Arenas that there are after four threads have allocated at once."""
    return output(ARENAS, *arguments).count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library allocates")
def test_memory_of_pictures_that_are_gone_is_used_for_the_next():
    assert pages_cleared("kept") < 100 < pages_cleared()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library allocates")
def test_threads_share_what_is_free_where_one_arena_is_kept():
    assert arenas("one") == 1 < arenas()
