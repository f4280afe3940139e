import asyncio

import pytest

from genesis_ray.live.outbox import Limits, Outbox

LIMITS = Limits(slow_at=2, stop_at=4)


@pytest.fixture
def outbox() -> Outbox[str]:
    return Outbox(LIMITS)


def run(scene) -> object:
    return asyncio.run(asyncio.wait_for(scene, 10))


def test_what_is_put_stays_until_it_has_arrived(outbox):
    async def scene():
        await outbox.put("a")
        await outbox.put("b")
        assert await outbox.peek() == ["a", "b"]
        assert await outbox.peek() == ["a", "b"]
        await outbox.drop(1)
        return await outbox.peek()

    assert run(scene()) == ["b"]


def test_who_looks_into_an_empty_one_waits_for_the_first(outbox):
    async def scene():
        looking = asyncio.create_task(outbox.peek())
        await asyncio.sleep(0)
        assert not looking.done()
        await outbox.put("a")
        return await looking

    assert run(scene()) == ["a"]


def test_the_fuller_it_is_the_more_it_asks_for(outbox):
    async def scene():
        told = []
        for _ in range(4):
            told.append(outbox.pressure)
            await outbox.put("a")
        return [*told, outbox.pressure]

    assert run(scene()) == ["none", "none", "slow", "slow", "stop"]


def test_a_full_one_takes_nothing_until_there_is_room(outbox):
    async def scene():
        for _ in range(4):
            await outbox.put("a")
        putting = asyncio.create_task(outbox.put("b"))
        await asyncio.sleep(0.01)
        assert not putting.done()
        await outbox.drop(1)
        await putting
        return await outbox.peek()

    assert run(scene()) == ["a", "a", "a", "b"]


def test_closed_it_gives_what_is_left_and_then_nothing(outbox):
    async def scene():
        await outbox.put("a")
        await outbox.close()
        left = await outbox.peek()
        await outbox.drop(1)
        return left, await outbox.peek()

    assert run(scene()) == (["a"], [])


def test_who_waits_until_all_has_arrived_does_not_wait_for_what_comes_later(outbox):
    async def scene():
        await outbox.arrived()  # nothing has to
        await outbox.put("a")
        await outbox.put("b")
        waiting = asyncio.create_task(outbox.arrived())
        await asyncio.sleep(0)
        await outbox.drop(1)
        await outbox.put("c")
        await asyncio.sleep(0.01)
        assert not waiting.done()
        await outbox.drop(1)
        await waiting
        return await outbox.peek()

    assert run(scene()) == ["c"]
