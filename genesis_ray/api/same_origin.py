"""No web page may change anything, or look for faces, through the browser of who opened it."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from genesis_ray.api.problems import problem

_HARMLESS = ("GET", "HEAD", "OPTIONS")

_REASON = (
    "a page of another site asked for this in a browser, and only programs and the API's own pages "
    "may; from a program, leave out the headers Origin and Sec-Fetch-Site"
)


class SameOriginOnly:
    """Refuses requests that change or search where a browser says that another site's page asks.

    A browser lets any page send a form, with files too, to any address; the page cannot read the
    answer, but what it asked for is done. Every browser in use says whose page it was: in
    Sec-Fetch-Site, or in Origin where it has no other. Programs say neither.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "http" and scope["method"] not in _HARMLESS and _is_strange(scope):
            await problem(HTTPStatus.FORBIDDEN, _REASON)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_strange(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    if origin is None:
        return False
    _scheme, _, authority = origin.partition("://")
    return authority.lower() != headers.get("host", "").lower()
