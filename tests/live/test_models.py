import asyncio
from types import SimpleNamespace

import pytest
from ray.exceptions import ActorUnavailableError, ObjectLostError, RayError, RayTaskError

from genesis_ray.errors import GenesisError
from genesis_ray.live import models
from genesis_ray.live.models import AbandonedError, Model, Patience


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
    """Replicas of a model: the first ones die while they are asked, the next one may take long."""

    def __init__(self, deaths: int, seconds: float = 0.0, error: RayError | None = None) -> None:
        self._deaths = deaths
        self._seconds = seconds
        self._error = error or ActorUnavailableError("the replica died", None)

    def remote(self, payload: int) -> "asyncio.Task[int]":
        return asyncio.create_task(self._doubled(payload))

    async def _doubled(self, payload: int) -> int:
        if self._deaths:
            self._deaths -= 1
            raise self._error
        await asyncio.sleep(self._seconds)
        return 2 * payload


async def answer_of(model: Model[int]) -> int | str:
    try:
        return await model.ask(21).answer()
    except RayTaskError:
        return "raised"


@pytest.fixture
def told() -> list[str]:
    """What was told of the silence of models, and of its end."""
    return []


@pytest.fixture
def ask(monkeypatch, told):
    """Ask replicas several times at once; silence is what lasts so long."""
    monkeypatch.setattr(models, "_ASK_AGAIN_S", 0.01)

    def ask(
        replicas: Replicas, *, silent_s: float, is_endless: bool = True, times: int = 1
    ) -> list[int | str]:
        monkeypatch.setattr(models, "_SILENT_AFTER_S", silent_s)
        own = SimpleNamespace(detect=replicas)
        monkeypatch.setattr(models.serve, "get_deployment_handle", lambda *_: own)

        async def all_asked() -> list[int | str]:
            model: Model[int] = Model(
                "app",
                "detector",
                "detect",
                patience=Patience(is_endless=is_endless),
                on_silence=lambda name, why: told.append(f"{name}: {why}"),
                on_return=lambda name, after_s: told.append(f"{name} back, {after_s > 0}"),
            )
            return await asyncio.gather(*(answer_of(model) for _ in range(times)))

        return asyncio.run(all_asked())

    return ask


SILENT = "detector: no replica has answered for 0.05 s; see Ray's logs for why none starts"


@pytest.mark.parametrize(("deaths", "said"), [(0, []), (2, ["detector back, True"])])
def test_a_replica_that_dies_is_asked_for_again_and_its_return_is_told(ask, told, deaths, said):
    assert ask(Replicas(deaths), silent_s=30) == [42]
    assert told == said


def test_so_is_one_whose_node_dies_before_its_answer_is_fetched(ask, told):
    lost = ObjectLostError("00" * 28, None, "")
    assert ask(Replicas(1, error=lost), silent_s=30) == [42]
    assert told == ["detector back, True"]


@pytest.mark.parametrize("replicas", [Replicas(60), Replicas(0, seconds=0.3)])
def test_who_watches_live_waits_for_ever_and_tells_once_that_none_answers(ask, told, replicas):
    assert ask(replicas, silent_s=0.05, times=3) == [42] * 3
    assert told[:2] == [SILENT, "detector back, True"]
    assert told.count(SILENT) == 1


@pytest.mark.parametrize("replicas", [Replicas(1000), Replicas(0, seconds=60)])
def test_who_looks_at_recordings_ends_where_no_replica_answers(ask, told, replicas):
    with pytest.raises(GenesisError, match=r"no replica of the detector has answered for 0\.05 s"):
        ask(replicas, silent_s=0.05, is_endless=False)


class OneByOne(Replicas):
    """One that takes its time for each request, of which the others wait."""

    def __init__(self, seconds: float, *, fails: bool) -> None:
        super().__init__(0, seconds)
        self._turn = asyncio.Lock()
        self._fails = fails

    async def _doubled(self, payload: int) -> int:
        async with self._turn:
            answer = await super()._doubled(payload)
        if self._fails:
            raise RayTaskError("detect", "", ValueError("a damaged frame"))
        return answer


def test_but_not_where_one_answers_though_it_is_long_before_all_have_their_turn(ask):
    assert ask(OneByOne(0.3, fails=False), silent_s=1.5, is_endless=False, times=6) == [42] * 6


def test_to_answer_with_an_error_is_to_answer(ask):
    assert ask(OneByOne(0.3, fails=True), silent_s=1.5, is_endless=False, times=6) == ["raised"] * 6


def test_an_end_is_not_held_up_by_replicas_that_do_not_come_back(monkeypatch, ask):
    limit = Patience.limit

    def ending(patience: Patience) -> object:
        patience.end(within_s=0.1)
        return limit(patience)

    monkeypatch.setattr(Patience, "limit", ending)
    with pytest.raises(AbandonedError):
        ask(Replicas(10**9), silent_s=0.05)
