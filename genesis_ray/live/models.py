"""Asking model replicas that may die and come back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from ray import serve
from ray.exceptions import RayActorError
from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError

from genesis_ray.errors import GenesisError

_GONE = (RayActorError, ReplicaUnavailableError, DeploymentUnavailableError)
"""What a request fails with whose replica died: asked again, another one answers."""

_ASK_AGAIN_S = 0.2
_PATIENCE_S = 120.0
"""Without an answer, after which no replica is expected to come back."""

Answer = TypeVar("Answer")
"""What a model answers."""


class AbandonedError(Exception):
    """All ends, and no answer has come in the time that was left for it."""


class Patience:
    """How long answers are waited for: for ever, until all is to end."""

    def __init__(self) -> None:
        self._until: float | None = None
        self._limits: set[asyncio.Timeout] = set()

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
            GenesisError: No replica has answered for two minutes.
            AbandonedError: It was not there when all was to end.
        """
        async with self._model.patience.limit():
            return await self._answer()

    async def _answer(self) -> Answer:
        begun = time.monotonic()
        is_back = False
        while True:
            try:
                answer: Answer = await self._response
            except _GONE as error:
                if time.monotonic() - begun > _PATIENCE_S:
                    raise GenesisError(
                        f"no replica of the {self._model.name} has answered for "
                        f"{_PATIENCE_S:.0f} s; see Ray's logs for why none starts"
                    ) from error
                is_back = True
                await asyncio.sleep(_ASK_AGAIN_S)
                self._response = self._model.send(self._payload)
            else:
                if is_back:
                    self._model.on_return(self._model.name, time.monotonic() - begun)
                return answer


class Model(Generic[Answer]):
    """A method of a deployment."""

    def __init__(
        self,
        app: str,
        name: str,
        method: str,
        *,
        patience: Patience,
        on_return: Callable[[str, float], None],
    ) -> None:
        """Get the handle; `on_return` is told the name and the seconds after a silence."""
        self.name = name
        self.patience = patience
        self.on_return = on_return
        self._method = getattr(serve.get_deployment_handle(name, app), method)

    def ask(self, payload: Any) -> Request[Answer]:
        """Send a request; its answer can be awaited later."""
        return Request(self, payload)

    def send(self, payload: Any) -> Any:
        """Send a request once."""
        return self._method.remote(payload)
