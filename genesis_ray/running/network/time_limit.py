"""One limit of time for all that an attempt to reach somebody takes."""

import socket
import threading
import time
from contextlib import suppress
from typing import Self


class TimeLimit:
    """Ends what is under way on sockets once a time is over.

    A socket's own timeout is for one read, and begins anew with each byte: who sends one now and
    then could hold a thread for ever. `with` the limit the sockets that it is told of are shut down
    when it is over, whoever reads from them, or writes, and however they are wrapped meanwhile.
    """

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._twins: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._shut_down)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """Begin to keep watch."""
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Keep watch no more; the sockets stay as they are."""
        self._timer.cancel()
        with self._lock:
            for twin in self._twins:
                twin.close()
            self._twins.clear()

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._ends_at

    def left_s(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: None are.
        """
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s

    def hold(self, connection: socket.socket) -> None:
        """Shut a connection down when the time is over."""
        with self._lock:
            self._twins.append(connection.dup())  # TLS takes the socket itself away
        if self.is_over:
            self._shut_down()

    def _shut_down(self) -> None:
        with self._lock:
            for twin in self._twins:
                with suppress(OSError):  # it is closed on the other side already
                    twin.shutdown(socket.SHUT_RDWR)
