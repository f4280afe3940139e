from contextlib import ExitStack

from genesis_ray.live.waited import Waited


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def wait(waited: Waited, clock: Clock, seconds: float) -> None:
    with waited.waiting():
        clock.now += seconds


def test_the_share_is_that_of_the_last_second():
    clock = Clock()
    waited = Waited(clock)
    assert waited.share == 0
    for _ in range(40):
        wait(waited, clock, 0.03)
        clock.now += 0.01
    assert abs(waited.share - 0.75) < 0.02
    clock.now += 0.5
    assert abs(waited.share - 0.375) < 0.02
    clock.now += 1
    assert waited.share == 0


def test_a_wait_that_goes_on_counts_as_far_as_it_has_come():
    clock = Clock()
    waited = Waited(clock)
    with ExitStack() as waiting:
        waiting.enter_context(waited.waiting())
        clock.now += 0.4
        assert abs(waited.share - 0.4) < 1e-6
        clock.now += 5
        assert abs(waited.share - 1) < 1e-6
    clock.now += 0.3
    assert abs(waited.share - 0.7) < 1e-6
