import signal
import subprocess
import sys
import threading

import pytest

from genesis_ray.running.ending import SIGNALS, ended_by_signals

# In a process of its own: in this one libraries may have handlers of theirs.
TWICE = """
import os, signal, sys
from genesis_ray.running.ending import ended_by_signals

number, told = int(sys.argv[1]), []
signal.signal(number, lambda *_: told.append("as usual"))
with ended_by_signals() as ending:
    print(ending.is_set(), told)
    os.kill(os.getpid(), number)
    print(ending.is_set(), told)
    os.kill(os.getpid(), number)
    print(ending.is_set(), told)
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_ends_and_the_second_does_as_usual(number):
    done = subprocess.run(
        [sys.executable, "-c", TWICE, str(int(number))], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["False []", "True []", "True ['as usual']"]


def test_afterwards_signals_do_as_before():
    before = [signal.getsignal(number) for number in SIGNALS]
    with ended_by_signals():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_another_thread_leaves_signals_alone():
    before, within = [signal.getsignal(number) for number in SIGNALS], []

    def run() -> None:
        with ended_by_signals() as ending:
            within.extend([ending.is_set(), *(signal.getsignal(number) for number in SIGNALS)])

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert within == [False, *before]
