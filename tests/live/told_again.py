"""A journal whose process is followed by another when it dies: `told_again.py < (SPEC, CALLS)`.

Each call is made again until a process has lived through it. Prints how many have died.
"""

import os
import pickle
import sys

from genesis_ray.live.journal import JournalActor

if __name__ == "__main__":
    spec, calls = pickle.load(sys.stdin.buffer)
    deaths = 0
    for call in calls:
        while not (child := os.fork()) or os.waitpid(child, 0)[1]:
            if not child:
                JournalActor(spec).take(call)
                os._exit(0)
            deaths += 1
    print(deaths)
