"""The id by which a request is found again, in the caller's log and in ours."""

import re
from contextvars import ContextVar
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered."""

_SOUND = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


class RequestId:
    """Takes the caller's x-request-id, or makes one up where it is missing or odd.

    With `echo` the answer carries it as well; Ray Serve, in front of us, does that by itself.
    """

    def __init__(self, app: ASGIApp, *, echo: bool) -> None:
        self._app = app
        self._echo = echo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer under an id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        chosen = given if _SOUND.fullmatch(given) else uuid4().hex

        async def send_with_id(message: Message) -> None:
            if self._echo and message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = chosen
            await send(message)

        # Not reset: the handler of unexpected errors, further out, names the request as well.
        request_id.set(chosen)
        await self._app(scope, receive, send_with_id)
