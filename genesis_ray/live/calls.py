"""Calling actors that may die and come back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import ray
from ray.exceptions import ActorUnavailableError

_LOOK_AGAIN_S = 0.2
"""Between two calls of an actor that is being started again, which takes some seconds."""

T = TypeVar("T")
"""What a call answers."""

Call = Callable[[], Awaitable[T]]
"""Calls an actor's method; calling it again must do no harm, since the first may have worked."""


async def until_answered(call: Call[T], *, on_return: Callable[[float], None] | None = None) -> T:
    """Return what an actor answers, waiting where it is being started again.

    `on_return` is told for how many seconds it gave no answer, where it had to be waited for.

    Raises:
        RayError: It has died for good, or the method raised.
    """
    begun = time.monotonic()
    is_back = False
    while True:
        try:
            answer: T = await call()
        except ActorUnavailableError:
            is_back = True
            await asyncio.sleep(_LOOK_AGAIN_S)
        else:
            if is_back and on_return:
                on_return(time.monotonic() - begun)
            return answer


def wait_for(call: Call[T]) -> T:
    """Do the same as `until_answered` where nothing else can go on meanwhile."""
    while True:
        try:
            answer: T = ray.get(call())
        except ActorUnavailableError:
            time.sleep(_LOOK_AGAIN_S)
        else:
            return answer


class Courier(Generic[T]):
    """Calls one actor again and again, in order, without waiting for each answer.

    The next call is made when the one before is known to have worked.
    """

    def __init__(self) -> None:
        self._under_way: tuple[Call[T], Awaitable[T]] | None = None

    def send(self, call: Call[T]) -> None:
        """Make a call, after the one before has been answered.

        Raises:
            RayError: That one failed for good.
        """
        self.settle()
        self._under_way = call, call()

    def settle(self) -> None:
        """Wait until everything sent has been answered.

        Raises:
            RayError: It failed for good.
        """
        if self._under_way is None:
            return
        call, answer = self._under_way
        try:
            ray.get(answer)
        except ActorUnavailableError:
            wait_for(call)
        self._under_way = None
