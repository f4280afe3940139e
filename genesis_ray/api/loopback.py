"""Only this machine may ask, as long as nobody has to say who they are."""

import ipaddress
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from genesis_ray.api.local_names import is_local
from genesis_ray.api.problems import problem

_REASON = (
    "this API has no authentication yet and answers only to the machine it runs on, under the "
    "name localhost; from elsewhere, go through a tunnel: ssh -L 8000:localhost:8000 HOST"
)


class LoopbackOnly:
    """Refuses callers from other machines, whatever address the server listens on.

    It also wants a local name in the Host header: a web page that points a name of its own at
    127.0.0.1 could otherwise read the API through the browser of somebody on this machine.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "http" and not (_comes_from_here(scope) and _is_meant_for_here(scope)):
            await problem(HTTPStatus.FORBIDDEN, _REASON)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _comes_from_here(scope: Scope) -> bool:
    host, _port = scope.get("client") or ("", 0)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _is_meant_for_here(scope: Scope) -> bool:
    return is_local(Headers(scope=scope).get("host", ""))
