import time
from contextlib import suppress

import pytest

from genesis_ray.running.planning.meter import Meter, machine_core_s, memory_held


def work(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_processor_time_is_told_for_each_thing_done():
    meter = Meter()
    for _ in range(2):
        with meter.time("work"):
            work(0.02)
        meter.count("piece", 4)
    assert meter.done("piece") == 8
    assert meter.core_s("work", per="piece") == pytest.approx(0.005, rel=0.5)


def test_waiting_costs_nothing():
    meter = Meter()
    with meter.time("sleep"):
        time.sleep(0.05)
    meter.count("night")
    assert meter.core_s("sleep", per="night") < 0.02


def test_what_was_never_done_cost_nothing():
    assert Meter().core_s("work", per="piece") == 0


def test_time_counts_where_the_work_fails():
    meter = Meter()
    with suppress(RuntimeError), meter.time("work"):
        work(0.02)
        raise RuntimeError
    meter.count("piece")
    assert meter.core_s("work", per="piece") >= 0.02


def test_counts_of_several_meters_are_added():
    meters = [Meter(), Meter()]
    for number, meter in enumerate(meters, 1):
        meter.count("frame", number)
    assert Meter.total(meters).done("frame") == 3


def test_memory_held_grows_with_what_is_held():
    before = memory_held()
    if before is None:
        pytest.skip("this system does not tell")
    ballast = bytearray(b"x" * 50_000_000)
    assert (memory_held() or 0) - before > 0.9 * len(ballast)


def test_the_machine_works_at_least_as_much_as_this_process():
    before = machine_core_s()
    if before is None:
        pytest.skip("this system does not tell")
    work(0.2)
    assert (machine_core_s() or 0) - before > 0.1
