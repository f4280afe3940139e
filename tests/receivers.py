"""Receivers of alerts on this machine, which fail now and then, and notices to send them."""

import json
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from uuid import UUID

from genesis_ray.domain.alerting.notices import Notice
from genesis_ray.domain.streams.source_policy import Address

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECRET = "correct horse battery staple"

TLS_BEGINS = b"\x16\x03\x03\x40\x00"
"""The head of a record of 16 kB of a handshake: who reads it waits for the rest (RFC 8446, 5.1)."""


def notice(number: int = 1, **changes: object) -> Notice:
    values = {
        "event_id": UUID(int=number).bytes,
        "tenant_id": "default",
        "site_id": "shop",
        "camera_id": "till",
        "occurred_at": NOON + timedelta(seconds=number),
        "alert_id": f"alert-{number}",
        "rule_id": "queue",
        "severity": "warning",
        "status": "raised",
        "message": f"{number} people wait",
    }
    return Notice(**values | changes)


@dataclass
class ListedNotices:
    """A source of the notices that a test gives it."""

    notices: list[Notice] = field(default_factory=list)
    told: int = 0
    is_incomplete: bool = False
    looks: int = 0

    def fresh(self, **_: bool) -> list[Notice]:
        fresh = self.notices[self.told :]
        self.told = len(self.notices)
        return fresh

    def find(self, event_ids: Collection[bytes]) -> Mapping[bytes, Notice]:
        self.looks += 1
        return {each.event_id: each for each in self.notices if each.event_id in event_ids}


@dataclass(frozen=True)
class Request:
    headers: Mapping[str, str]
    body: bytes
    status: int

    @property
    def number(self) -> int:
        return UUID(self.headers["Genesis-Event-Id"]).int

    @property
    def content(self) -> dict[str, object]:
        return json.loads(self.body)


class WebhookReceiver:
    """Answers with one status after another, then with 200; a status may bring headers."""

    def __init__(self, server: ThreadingHTTPServer, answers: Iterable[object]) -> None:
        self.port = server.server_address[1]
        self.requests: list[Request] = []
        self.answers = iter(answers)

    @property
    def taken(self) -> list[int]:
        """The numbers of the notices that it took, each as often as it did."""
        return [request.number for request in self.requests if request.status == 200]

    def answer(self) -> tuple[int, dict[str, str]]:
        answer = next(self.answers, 200)
        return (answer, {}) if isinstance(answer, int) else answer


@contextmanager
def webhook_receiver(answers: Iterable[object] = (), tls=None) -> Iterator[WebhookReceiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = receiver.answer()
            receiver.requests.append(Request(dict(self.headers), body, status))
            if status == 0:  # it hangs up without a word
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client that does not trust us hangs up

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver = WebhookReceiver(server, answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def dripping(*, every_s: float, greeting: bytes = b"") -> Iterator[int]:
    """Yield the port of a server that sends a byte now and then and never comes to an end."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.request.sendall(greeting)
                while not is_over.wait(every_s):
                    self.request.sendall(b"2")

    is_over = threading.Event()
    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            is_over.set()
            server.shutdown()
            thread.join()


class HangingLookup:
    """A lookup that has no answer until it is let go."""

    def __init__(self, *addresses: Address) -> None:
        self.addresses = list(addresses)
        self.let_go = threading.Event()
        self.calls = 0

    def __call__(self, _host: str, _port: int) -> list[Address]:
        self.calls += 1
        self.let_go.wait(30)
        return self.addresses


class MailReceiver:
    """A mail server's handler: refuses with one reply after another, then takes all."""

    def __init__(self, replies: Sequence[str] = ()) -> None:
        self.replies = iter(replies)
        self.messages: list[bytes] = []
        self.recipients: list[str] = []
        self.refused: set[str] = set()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        reply = next(self.replies, "250 OK")
        if reply.startswith("250"):
            self.messages.append(envelope.content)
            self.recipients = envelope.rcpt_tos
        return reply
