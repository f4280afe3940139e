"""Looking a host's addresses up within a time."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from ipaddress import ip_address

from genesis_ray.domain.streams.source_policy import Address
from genesis_ray.running.network.time_limit import TimeLimit

Resolve = Callable[[str, int], list[Address]]
"""Looks up a host; raises OSError where it has no address."""


def addresses_of(host: str, port: int) -> list[Address]:
    """Return the addresses that a host has now, each once, in the order in which to try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [*dict.fromkeys(ip_address(place[0]) for *_, place in found)]


class Lookup:
    """Looks one host up, anew each time, and waits for no longer than a limit allows.

    The operating system's own lookup cannot be ended. One that hangs goes on in a thread of its
    own, and is what the next call waits for: there is never more than one.
    """

    def __init__(self, host: str, port: int, resolve: Resolve = addresses_of) -> None:
        self._host = host
        self._port = port
        self._resolve = resolve
        self._answer: Future[list[Address]] | None = None

    def addresses(self, limit: TimeLimit) -> list[Address]:
        """Return the addresses that the host has, in the order in which to try them.

        Raises:
            OSError: It has none. TimeoutError, which is one: the time is over.
            UnicodeError: A part of its name is too long for one.
        """
        if self._answer is None or self._answer.done():
            self._answer = Future()
            thread = threading.Thread(
                target=self._look_up, args=(self._answer,), name="lookup", daemon=True
            )
            thread.start()
        return self._answer.result(limit.left_s())

    def _look_up(self, answer: "Future[list[Address]]") -> None:
        try:
            answer.set_result(self._resolve(self._host, self._port))
        except Exception as error:  # handed on to who waits for it
            answer.set_exception(error)
