"""Serving the page, to this machine alone and to who has the token."""

import json
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, FiniteFloat, ValidationError

from genesis_ray.api.local_names import is_local
from genesis_ray.api.zone_editor.editing import Editing
from genesis_ray.errors import ConfigurationError, GenesisError
from genesis_ray.running.zones import drawing
from genesis_ray.running.zones.places_file import Kind

TOKEN_HEADER = "X-Genesis-Token"  # noqa: S105  its name
"""A page of another site cannot set it without asking first, and nobody answers that."""

HOST = "127.0.0.1"
_HERE = Path(__file__).parent
_PAGE = _HERE / "page.html"
_FILES = {
    "/page.js": (_HERE / "page.js", "text/javascript"),
    "/page.css": (_HERE / "page.css", "text/css"),
    "/drawing.js": (drawing.SCRIPT, "text/javascript"),
    "/drawing.css": (drawing.STYLE, "text/css"),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address has the token
    "X-Content-Type-Options": "nosniff",
}
_MOST_BYTES = 1 << 20
"""Of what is saved: thousands of places."""

_POLL_S = 0.1


class _Place(BaseModel):
    kind: Kind
    name: str
    corners: list[tuple[FiniteFloat, FiniteFloat]]


class _Drawing(BaseModel):
    """What the page sends when its button is pressed."""

    places: list[_Place]
    saved: list[_Place]


class EditorServer(ThreadingMixIn, TCPServer):
    """The page's server, until the page or its owner ends it.

    Attributes:
        editing: What it is about.
        token: Of this server; who knows it may see the picture and write.
    """

    allow_reuse_address = True
    daemon_threads = True  # a browser keeps connections on which it asks nothing

    def __init__(self, editing: Editing, *, port: int = 0) -> None:
        """Listen on this machine.

        Args:
            editing: What it is about.
            port: 0: any that is free.

        Raises:
            ConfigurationError: The port cannot be had.
        """
        self.editing = editing
        self.token = secrets.token_urlsafe()
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on port {port} of {HOST}: {error.strerror or error}; leave --port "
                f"out for one that is free"
            ) from error

    @property
    def address(self) -> str:
        """What to open in a browser of this machine."""
        return f"http://{HOST}:{self.server_address[1]}/?token={self.token}"

    def run(self) -> None:
        """Serve until the page's button or Ctrl-C."""
        with suppress(KeyboardInterrupt):
            self.serve_forever(_POLL_S)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of what failed, but not of a browser that hung up."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: EditorServer
    timeout = 30.0  # seconds in which a request has to come

    def do_GET(self) -> None:
        """Answer with the page, what it is made of, or what it shows."""
        if self._is_strange():
            return
        parts = urlsplit(self.path)
        if found := _FILES.get(parts.path):
            self._answer(HTTPStatus.OK, found[0].read_bytes(), found[1])
        elif parts.path == "/":
            if self._has_token(parse_qs(parts.query).get("token", [""])[0]):
                self._answer(HTTPStatus.OK, _PAGE.read_bytes(), "text/html")
        elif parts.path == "/state":
            if self._has_token(self.headers.get(TOKEN_HEADER, "")):
                self._do(self.server.editing.state)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        """Save, or end."""
        if self._is_strange() or not self._has_token(self.headers.get(TOKEN_HEADER, "")):
            return
        if self.path == "/save":
            self._do(self._save)
        elif self.path == "/done":
            self._do(lambda: {"written": self.server.editing.end()})
            self.server.shutdown()
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing to do here")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        """Write nothing: addresses have the token."""

    def _save(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length", 0))
        if not 0 < length <= _MOST_BYTES:
            raise ConfigurationError(f"expected 1 to {_MOST_BYTES} bytes, got {length}")
        try:
            sent = _Drawing.model_validate_json(self.rfile.read(length))
        except ValidationError as error:
            (first, *_) = error.errors()
            where = ".".join(map(str, first["loc"]))
            raise ConfigurationError(
                f"what was sent is no drawing: {where}: {first['msg']}"
            ) from None
        places, shown = (
            [drawing.drawn(each.model_dump()) for each in part]
            for part in (sent.places, sent.saved)
        )
        return self.server.editing.save(places, shown=shown)

    def _do(self, action: Callable[[], dict[str, Any]]) -> None:
        try:
            answer = action()
        except GenesisError as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        except Exception as error:  # a bug; the page tells it, and goes on
            self._refuse(
                HTTPStatus.INTERNAL_SERVER_ERROR, f"unexpected {type(error).__name__}: {error}"
            )
        else:
            self._answer(HTTPStatus.OK, json.dumps(answer).encode(), "application/json")

    def _is_strange(self) -> bool:
        if is_local(self.headers.get("Host", "")):
            return False
        self._refuse(
            HTTPStatus.FORBIDDEN,
            "this page is only for the machine it runs on, under the name localhost; from "
            "elsewhere, go through a tunnel: ssh -L PORT:localhost:PORT HOST",
        )
        return True

    def _has_token(self, sent: str) -> bool:
        if secrets.compare_digest(sent.encode(), self.server.token.encode()):
            return True
        self._refuse(
            HTTPStatus.FORBIDDEN,
            "open the whole address that `genesis zones edit` printed, with its token",
        )
        return False

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self._answer(status, json.dumps({"detail": reason}).encode(), "application/json")

    def _answer(self, status: HTTPStatus, content: bytes, media_type: str) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{media_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
