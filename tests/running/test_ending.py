import os
import signal
import threading

import pytest

from genesis_ray.running.ending import SIGNALS, ended_by_signals


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_ends_and_the_second_does_as_usual(number):
    told = []
    before = signal.signal(number, lambda *_: told.append(number))
    try:
        with ended_by_signals() as ending:
            assert not ending.is_set()
            os.kill(os.getpid(), number)
            assert ending.wait(5)
            assert not told
            os.kill(os.getpid(), number)
            assert told == [number]
    finally:
        signal.signal(number, before)


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
