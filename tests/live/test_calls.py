import asyncio

import pytest
from ray.exceptions import ActorUnavailableError

from genesis_ray.errors import GenesisError
from genesis_ray.live.calls import until_answered


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
    assert asyncio.run(until_answered(actor.call, on_return=away.append)) == "here"
    (away_s,) = away
    assert 0.4 <= away_s < 5


def test_who_does_not_come_back_is_waited_for_so_long_and_no_longer():
    actor = Restarting(1000)
    with pytest.raises(GenesisError, match="has not come back for 1 s; see Ray's logs"):
        asyncio.run(until_answered(actor.call, patience_s=1.0))
    assert actor.left > 990
