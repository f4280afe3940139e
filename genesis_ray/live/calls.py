"""Calling actors that may die and come back, or have no room on their disk."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import ray
from ray.exceptions import ActorUnavailableError, RayTaskError

from genesis_ray.errors import GenesisError
from genesis_ray.live.room import Pauses, full_disk_in

_LOOK_AGAIN_S = 0.2
"""Between two calls of an actor that is being started again, which takes some seconds."""

_KEEPER_PATIENCE_S = 600.0
"""Without an answer of journal or resolver, after which they are not expected to come back: far
longer than it takes them to find out of what they die, several times over."""

T = TypeVar("T")
"""What a call answers."""


class AwayError(GenesisError):
    """An actor that was started again, or has no node, has not come back in time."""


Call = Callable[[], Awaitable[T]]
"""Calls an actor's method; calling it again must do no harm, since the first may have worked."""


def keeper_patience_s(*, realtime: bool) -> float:
    """Return for how long journal or resolver are waited for.

    For ever where cameras are watched: reports wait meanwhile, then frames are dropped, and all
    goes on when the node is back. Who looks at recordings is told that they do not come back.
    """
    return math.inf if realtime else _KEEPER_PATIENCE_S


async def until_answered(
    call: Call[T],
    *,
    on_away: Callable[[], None] | None = None,
    on_return: Callable[[float], None] | None = None,
    on_full: Callable[[str], None] | None = None,
    waits_for_room: bool = True,
    patience_s: float = math.inf,
) -> T:
    """Return what an actor answers, waiting where it is being started again or has no room.

    `on_away` is called where it has to be waited for; `on_return` is told then for how many seconds
    it gave no answer. `on_full` is told whenever its disk is full, and what to do.

    Raises:
        RayError: It has died for good, or the method raised; for want of room only where that is
            not waited for, or after `patience_s` seconds.
        AwayError: It has not come back for `patience_s` seconds.
    """
    begun = time.monotonic()
    was_away = False
    pauses = Pauses()
    while True:
        try:
            answer: T = await call()
        except ActorUnavailableError as error:
            _check_patience(begun, patience_s, error)
            if on_away and not was_away:
                on_away()
            was_away = True
            await asyncio.sleep(_LOOK_AGAIN_S)
        except RayTaskError as error:
            full = full_disk_in(error)
            if full is None or not waits_for_room or time.monotonic() - begun > patience_s:
                raise
            if on_full:
                on_full(full.while_waiting)
            await asyncio.sleep(pauses.next_s())
        else:
            if was_away and on_return:
                on_return(time.monotonic() - begun)
            return answer


def wait_for(call: Call[T], *, patience_s: float) -> T:
    """Do the same as `until_answered` where nothing else can go on meanwhile."""
    begun = time.monotonic()
    pauses = Pauses()
    while True:
        try:
            answer: T = ray.get(call())
        except ActorUnavailableError as error:
            _check_patience(begun, patience_s, error)
            time.sleep(_LOOK_AGAIN_S)
        except RayTaskError as error:
            if full_disk_in(error) is None or time.monotonic() - begun > patience_s:
                raise
            time.sleep(pauses.next_s())
        else:
            return answer


def _check_patience(begun: float, patience_s: float, error: ActorUnavailableError) -> None:
    if time.monotonic() - begun > patience_s:
        raise AwayError(
            f"an actor has not come back for {patience_s:.0f} s; see Ray's logs for why it does "
            f"not start: {str(error).partition(chr(10))[0]}"
        ) from error


class Courier(Generic[T]):
    """Calls one actor again and again, in order, without waiting for each answer.

    The next call is made when the one before is known to have worked. The actor is waited for
    where it is being started again or has no room, for `patience_s` seconds.
    """

    def __init__(self, *, patience_s: float) -> None:
        self._patience_s = patience_s
        self._under_way: tuple[Call[T], Awaitable[T]] | None = None

    def send(self, call: Call[T]) -> None:
        """Make a call, after the one before has been answered.

        Raises:
            RayError: That one failed for good.
            GenesisError: The actor has not come back.
        """
        self.settle()
        self._under_way = call, call()

    def settle(self) -> None:
        """Wait until everything sent has been answered.

        Raises:
            RayError: It failed for good.
            GenesisError: The actor has not come back.
        """
        if self._under_way is None:
            return
        call, answer = self._under_way
        try:
            ray.get(answer)
        except (ActorUnavailableError, RayTaskError) as error:
            if isinstance(error, RayTaskError) and full_disk_in(error) is None:
                raise
            wait_for(call, patience_s=self._patience_s)
        self._under_way = None
