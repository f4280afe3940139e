"""Requests to an engine that are used again and again, several of them under way at once."""

import queue
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar

Part = TypeVar("Part")
"""What one request is to answer, and where its answer goes."""

_Part = TypeVar("_Part", contravariant=True)


class Request(Protocol[_Part]):
    """An engine's room for one answer."""

    def start(self, part: _Part) -> None:
        """Begin; this does not wait."""

    def finish(self, part: _Part) -> None:
        """Wait for the answer and bring it to its place."""


class RequestPool(Generic[Part]):
    """Any number of threads may call `run`; together they use every request there is."""

    def __init__(self, requests: Sequence[Request[Part]]) -> None:
        self._idle: queue.SimpleQueue[Request[Part]] = queue.SimpleQueue()
        for request in requests:
            self._idle.put(request)

    def run(self, parts: Iterable[Part]) -> None:
        """Answer all parts, each begun while others are under way.

        What an engine raises is raised once nothing is under way, and costs no request.
        """
        running: deque[tuple[Request[Part], Part]] = deque()
        try:
            for part in parts:
                request = self._take(running)
                try:
                    request.start(part)
                except BaseException:
                    self._idle.put(request)
                    raise
                running.append((request, part))
        finally:
            self._settle(running)

    def _take(self, running: deque[tuple[Request[Part], Part]]) -> Request[Part]:
        """Take a request nobody uses, else finish this call's oldest, else wait for another's."""
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            if running:
                self._finish(*running.popleft())
            return self._idle.get()

    def _settle(self, running: deque[tuple[Request[Part], Part]]) -> None:
        try:
            while running:
                self._finish(*running.popleft())
        finally:
            if running:  # one has raised: the others are waited for all the same
                self._settle(running)

    def _finish(self, request: Request[Part], part: Part) -> None:
        try:
            request.finish(part)
        finally:
            self._idle.put(request)
