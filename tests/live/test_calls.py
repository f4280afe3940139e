import asyncio

import pytest
from ray.exceptions import ActorUnavailableError

from genesis_ray.errors import GenesisError
from genesis_ray.live import calls
from genesis_ray.live.calls import Courier, keeper_patience_s, until_answered


class Restarting:
    """An actor that answers once it has been called some times."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    async def call(self) -> str:
        self.left -= 1
        if self.left:
            raise ActorUnavailableError("it is being started again", None)
        return "here"


def test_who_is_being_started_again_is_waited_for():
    away: list[float] = []
    actor = Restarting(3)
    told = {"on_away": lambda: away.append(0), "on_return": away.append}
    assert asyncio.run(until_answered(actor.call, **told)) == "here"
    _, away_s = away
    assert 0.4 <= away_s < 5


def test_who_does_not_come_back_is_waited_for_so_long_and_no_longer():
    actor = Restarting(1000)
    with pytest.raises(GenesisError, match="has not come back for 1 s; see Ray's logs"):
        asyncio.run(until_answered(actor.call, patience_s=1.0))
    assert actor.left > 990


@pytest.fixture
def away(monkeypatch) -> Restarting:
    """An actor that has been away for longer than one that looks at recordings waits."""
    monkeypatch.setattr(calls, "_LOOK_AGAIN_S", 0.01)
    monkeypatch.setattr(calls, "_KEEPER_PATIENCE_S", 0.05)
    return Restarting(30)


@pytest.mark.parametrize("realtime", [True, False])
def test_who_watches_cameras_waits_for_ever_for_those_who_keep_the_log(away, realtime):
    patience_s = keeper_patience_s(realtime=realtime)
    answer = until_answered(away.call, patience_s=patience_s)
    if realtime:
        assert asyncio.run(answer) == "here"
    else:
        with pytest.raises(GenesisError, match="has not come back"):
            asyncio.run(answer)


@pytest.mark.parametrize("realtime", [True, False])
def test_so_does_who_calls_them_one_call_after_the_other(away, monkeypatch, realtime):
    monkeypatch.setattr(calls.ray, "get", asyncio.run)
    courier = Courier(patience_s=keeper_patience_s(realtime=realtime))
    courier.send(away.call)
    if realtime:
        courier.settle()
        assert away.left == 0
    else:
        with pytest.raises(GenesisError, match="has not come back"):
            courier.settle()
