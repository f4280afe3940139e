import asyncio

import pytest
from ray.exceptions import ActorUnavailableError

from genesis_ray.live import models
from genesis_ray.live.models import AbandonedError, Patience, Request


async def answer_after(seconds: float, patience: Patience) -> str:
    async with patience.limit():
        await asyncio.sleep(seconds)
        return "answered"


def test_as_long_as_nothing_ends_answers_are_waited_for():
    assert asyncio.run(answer_after(0.05, Patience())) == "answered"


def test_at_the_end_what_is_waited_for_and_what_is_asked_then_is_given_up():
    async def run() -> None:
        patience = Patience()
        waiting = asyncio.create_task(answer_after(60, patience))
        await asyncio.sleep(0)
        patience.end(within_s=0.02)
        for each in (waiting, answer_after(60, patience)):
            with pytest.raises(AbandonedError):
                await each

    asyncio.run(asyncio.wait_for(run(), 10))


def test_what_answers_in_the_time_that_is_left_counts():
    async def run() -> str:
        patience = Patience()
        patience.end(within_s=10)
        return await answer_after(0.02, patience)

    assert asyncio.run(run()) == "answered"


def test_a_time_out_of_the_answers_own_is_not_taken_for_the_end():
    async def run() -> None:
        async with Patience().limit():
            raise TimeoutError("the model's own")

    with pytest.raises(TimeoutError, match="the model's own"):
        asyncio.run(run())


class Replicas:
    """A model whose first replicas die while they are asked."""

    name = "detector"

    def __init__(self, deaths: int) -> None:
        self.patience = Patience()
        self.returned: list[str] = []
        self._deaths = deaths

    def on_return(self, name: str, after_s: float) -> None:
        assert after_s > 0
        self.returned.append(name)

    async def send(self, payload: int) -> int:
        if self._deaths:
            self._deaths -= 1
            raise ActorUnavailableError("the replica died", None)
        return 2 * payload


@pytest.mark.parametrize(("deaths", "told"), [(0, []), (2, ["detector"])])
def test_a_replica_that_dies_is_asked_for_again_and_its_return_is_told(monkeypatch, deaths, told):
    monkeypatch.setattr(models, "_ASK_AGAIN_S", 0.01)
    replicas = Replicas(deaths)

    async def ask() -> int:
        return await Request(replicas, 21).answer()

    assert asyncio.run(ask()) == 42
    assert replicas.returned == told
