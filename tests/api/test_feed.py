import asyncio

import pytest

from genesis_ray.api.feed import PolledFeed
from genesis_ray.figures import Figures
from genesis_ray.running.live_state import LiveState
from genesis_ray.running.result import CameraProgress


def state(frames: int) -> LiveState:
    return LiveState(
        is_open=True,
        figures=Figures(cameras=(CameraProgress(camera_id="door", frames=frames),)),
    )


async def answer(value: LiveState) -> LiveState:
    return value


def test_before_the_first_answer_something_is_missing():
    assert PolledFeed(lambda: answer(LiveState())).state().missing


def test_state_is_the_latest_answer():
    feed = PolledFeed(lambda: answer(state(7)))
    asyncio.run(feed.refresh())
    assert feed.state() == state(7)


def test_rate_is_frames_by_the_time_between_polls():
    times, counts = iter([0.0, 1.0, 2.0]), iter([0, 10, 30])
    feed = PolledFeed(lambda: answer(state(next(counts))), clock=lambda: next(times))
    for _ in range(3):
        asyncio.run(feed.refresh())
    assert feed.frames_per_second() == {"door": 15.0}


def test_rate_falls_to_zero_when_frames_stop_coming():
    feed = PolledFeed(lambda: answer(state(100)))
    for _ in range(10):
        asyncio.run(feed.refresh())
    assert feed.frames_per_second() == {"door": 0.0}


def test_rate_does_not_become_negative_when_the_live_system_starts_anew():
    counts = iter([100, 0])
    feed = PolledFeed(lambda: answer(state(next(counts))))
    for _ in range(2):
        asyncio.run(feed.refresh())
    assert feed.frames_per_second() == {"door": 0.0}


def test_live_system_that_fails_is_missing_and_its_last_figures_stay():
    answers = iter([answer(state(7))])

    async def ask() -> LiveState:
        for each in answers:
            return await each
        raise RuntimeError("the actor died\nTraceback ...")

    feed = PolledFeed(ask)
    for _ in range(2):
        asyncio.run(feed.refresh())
    assert feed.state().missing == ("the live system does not answer: the actor died",)
    assert feed.state().figures == state(7).figures


def test_live_system_that_says_nothing_is_not_waited_for():
    async def never() -> LiveState:
        await asyncio.sleep(60)
        return LiveState()

    feed = PolledFeed(never, patience_s=0.01)
    asyncio.run(feed.refresh())
    assert feed.state().missing == ("the live system does not answer: nothing within 0.01 s",)


def test_loss_is_logged_once(caplog: pytest.LogCaptureFixture):
    async def fail() -> LiveState:
        raise RuntimeError("gone")

    feed = PolledFeed(fail)
    for _ in range(3):
        asyncio.run(feed.refresh())
    assert len(caplog.records) == 1


def test_polling_goes_on_until_it_is_cancelled():
    counts = iter(range(1000))

    async def watch() -> LiveState:
        feed = PolledFeed(lambda: answer(state(next(counts))), period_s=0.001)
        polling = asyncio.create_task(feed.poll())
        await asyncio.sleep(0.1)
        polling.cancel()
        return feed.state()

    assert asyncio.run(watch()).figures.cameras[0].frames > 2
