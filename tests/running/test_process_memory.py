import platform
import subprocess
import sys

import pytest

STACKS = """
import resource, sys
import numpy as np
from genesis_ray.running.process_memory import keep_freed_memory

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


def pages_cleared(*arguments: str) -> int:
    """Pages that the system had to clear for four stacks of pictures, once there have been some."""
    done = subprocess.run(
        [sys.executable, "-c", STACKS, *arguments], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library allocates")
def test_memory_of_pictures_that_are_gone_is_used_for_the_next():
    assert pages_cleared("kept") < 100 < pages_cleared()
