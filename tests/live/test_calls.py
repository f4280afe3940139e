import asyncio

import pytest
from ray.exceptions import ActorUnavailableError, RayTaskError

from genesis_ray.errors import FullDiskError, GenesisError, StoreError
from genesis_ray.live import calls, room
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


class Full:
    """An actor that has room once it has been called some times."""

    def __init__(self, calls: int, error: StoreError) -> None:
        self.left = calls
        self.error = error

    async def call(self) -> str:
        self.left -= 1
        if self.left:
            raise RayTaskError("take", "", self.error)
        return "taken"


@pytest.fixture
def full(monkeypatch) -> Full:
    monkeypatch.setattr(room, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(room, "LONGEST_PAUSE_S", 0.02)
    monkeypatch.setattr(calls, "_KEEPER_PATIENCE_S", 0.05)
    return Full(10, FullDiskError("/data/run"))


@pytest.mark.parametrize("realtime", [True, False])
def test_who_has_no_room_is_called_again_as_one_who_is_away(full, realtime):
    reasons: list[str] = []
    patience_s = keeper_patience_s(realtime=realtime)
    answer = until_answered(full.call, on_full=reasons.append, patience_s=patience_s)
    if realtime:
        assert asyncio.run(answer) == "taken"
        assert len(reasons) == 9
        assert "/data/run is full; free some space" in reasons[0]
    else:
        with pytest.raises(RayTaskError):
            asyncio.run(answer)


def test_so_it_is_where_one_call_is_made_after_the_other(full, monkeypatch):
    monkeypatch.setattr(calls.ray, "get", asyncio.run)
    courier = Courier(patience_s=keeper_patience_s(realtime=True))
    courier.send(full.call)
    courier.settle()
    assert full.left == 0


def test_any_other_error_of_a_store_is_raised(full):
    full.error = StoreError("no such device")
    with pytest.raises(RayTaskError):
        asyncio.run(until_answered(full.call))
    assert full.left == 9
