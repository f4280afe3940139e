"""Asking model replicas that may die and come back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from ray import serve
from ray.exceptions import ObjectLostError, RayActorError, RayTaskError
from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError

from genesis_ray.domain.events import SystemState
from genesis_ray.errors import GenesisError

_GONE = (RayActorError, ReplicaUnavailableError, DeploymentUnavailableError, ObjectLostError)
"""What a request fails with whose replica died, or its node with the answer still on it: asked
again, another one answers."""

_ASK_AGAIN_S = 0.2
_SILENT_AFTER_S = 120.0
"""Without an answer, after which it is told that there is none: longer than a replica takes to
start on a node that is there."""

Note = Callable[[str, SystemState, str], None]
"""Has an event written that a part of the system came into a state, and why."""

Answer = TypeVar("Answer")
"""What a model answers."""


class AbandonedError(Exception):
    """All ends, and no answer has come in the time that was left for it."""


class Patience:
    """How long answers are waited for: for ever, until all is to end.

    Attributes:
        is_endless: Whether that is so of models no replica of which comes back, too. Cameras go on
            meanwhile, and their frames are dropped; who looks at recordings is told instead.
    """

    def __init__(self, *, is_endless: bool = True) -> None:
        self.is_endless = is_endless
        self._until: float | None = None
        self._limits: set[asyncio.Timeout] = set()

    @property
    def is_ending(self) -> bool:
        """Whether all is to end, so that what is not answered soon is left out."""
        return self._until is not None

    def end(self, *, within_s: float) -> None:
        """Wait no longer than so many seconds from now, whatever is waited for."""
        self._until = asyncio.get_running_loop().time() + within_s
        for limit in self._limits:
            limit.reschedule(self._until)

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Wait in this context.

        Raises:
            AbandonedError: It took too long.
        """
        limit = asyncio.timeout_at(self._until)
        try:
            async with limit:
                self._limits.add(limit)
                try:
                    yield
                finally:
                    self._limits.discard(limit)
        except TimeoutError as error:
            if not limit.expired():  # it is whose that was waited for
                raise
            raise AbandonedError from error


class Request(Generic[Answer]):
    """A request that is under way, and made again where its replica dies."""

    def __init__(self, model: "Model[Answer]", payload: Any) -> None:
        self._model = model
        self._payload = payload
        self._response = model.send(payload)

    async def answer(self) -> Answer:
        """Return the answer.

        Raises:
            RayTaskError: The model raised; asked again, it is likely to do the same.
            GenesisError: No replica has answered for two minutes, and patience has an end.
            AbandonedError: It was not there when all was to end.
        """
        async with self._model.patience.limit():
            return await self._answer()

    async def _answer(self) -> Answer:
        model, begun = self._model, time.monotonic()
        was_away = False
        silence = asyncio.get_running_loop().call_later(_SILENT_AFTER_S, model.fall_silent)
        try:
            async with model.hearing():
                while True:
                    try:
                        answer: Answer = await self._response
                    except _GONE:
                        was_away = True
                        await asyncio.sleep(_ASK_AGAIN_S)
                        self._response = model.send(self._payload)
                    else:
                        model.note_answer(time.monotonic() - begun, was_away=was_away)
                        return answer
        finally:
            silence.cancel()


class Model(Generic[Answer]):
    """A method of a deployment."""

    def __init__(
        self,
        app: str,
        name: str,
        method: str,
        *,
        patience: Patience,
        on_silence: Callable[[str, str], None],
        on_return: Callable[[str, float], None],
    ) -> None:
        """Get the handle.

        `on_silence` is told the name and what is known where no replica answers for long,
        `on_return` the name and the seconds once one that was away, or silent, does again.
        """
        self.name = name
        self.patience = patience
        self._on_silence = on_silence
        self._on_return = on_return
        self._is_silent = False
        self._hearing: set[asyncio.Timeout] = set()
        self._method = getattr(serve.get_deployment_handle(name, app), method)

    def ask(self, payload: Any) -> Request[Answer]:
        """Send a request; its answer can be awaited later."""
        return Request(self, payload)

    def send(self, payload: Any) -> Any:
        """Send a request once."""
        return self._method.remote(payload)

    @asynccontextmanager
    async def hearing(self) -> AsyncIterator[None]:
        """Wait in this context for an answer, or an error, which is one too.

        Where no replica is there Serve keeps a request for ever, and says nothing.

        Raises:
            GenesisError: No request has been answered for two minutes, and patience has an end.
        """
        limit = asyncio.timeout(None if self.patience.is_endless else _SILENT_AFTER_S)
        try:
            async with limit:
                self._hearing.add(limit)
                try:
                    yield
                except RayTaskError:
                    self._hear()
                    raise
                finally:
                    self._hearing.discard(limit)
        except TimeoutError as error:
            if not limit.expired():  # it is the model's own
                raise
            raise GenesisError(_silent(f"replica of the {self.name}")) from error

    def _hear(self) -> None:
        """Give the other requests that are waited for their time anew: a replica is there."""
        until = asyncio.get_running_loop().time() + _SILENT_AFTER_S
        for limit in self._hearing:
            if limit.when() is not None and not limit.expired():
                limit.reschedule(until)

    def fall_silent(self) -> None:
        """Tell that no replica answers, unless that was told since one did."""
        if not self._is_silent:
            self._is_silent = True
            self._on_silence(self.name, _silent("replica"))

    def note_answer(self, after_s: float, *, was_away: bool) -> None:
        """Tell that one answers again, after so many seconds, where it did not."""
        self._hear()
        if was_away or self._is_silent:
            self._is_silent = False
            self._on_return(self.name, after_s)


def _silent(who: str) -> str:
    return f"no {who} has answered for {_SILENT_AFTER_S:g} s; see Ray's logs for why none starts"
