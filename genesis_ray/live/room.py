"""A keeper whose disk is full: what it has taken waits for room, and it takes nothing more."""

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from ray.exceptions import RayTaskError

from genesis_ray.domain.events import SystemState
from genesis_ray.errors import FullDiskError

_log = logging.getLogger(__name__)

T = TypeVar("T")
"""What is done."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
"""Between two tries: after so long at the most all goes on when there is room."""


class Room:
    """What a keeper writes, in the order in which it came to it.

    What finds no room waits in memory, with all that comes after. That is bounded, since `take`
    raises until it is written: so a keeper keeps what the one call led to that it was about when
    the disk became full. Who called calls again.
    """

    def __init__(self, keeper: str, tell: Callable[[SystemState, str], None]) -> None:
        """Begin; `tell` is to have it written that there is no room, and that there is again."""
        self._keeper = keeper
        self._tell = tell
        self._waiting: deque[Callable[[], None]] = deque()
        self._full_since: float | None = None

    def take(self, keep: Callable[[], None]) -> None:
        """Write what waits, then `keep` what is about to be taken.

        Raises:
            FullDiskError: There is no room for it; nothing may be taken.
        """
        self._write_waiting()
        try:
            keep()
        except FullDiskError as error:
            self._is_full(error)
            raise
        self._is_not_full()

    def write(self, act: Callable[[], None]) -> None:
        """Write something, now or when there is room again; cut off half way it can be repeated."""
        if not self._waiting:
            try:
                act()
            except FullDiskError as error:
                self._waiting.append(act)
                self._is_full(error)
        else:
            self._waiting.append(act)

    def catch_up(self) -> None:
        """Write what waits.

        Raises:
            FullDiskError: There is no room for it.
        """
        self._write_waiting()
        self._is_not_full()
        self._write_waiting()

    def _write_waiting(self) -> None:
        while self._waiting:
            try:
                self._waiting[0]()
            except FullDiskError as error:
                self._is_full(error)
                raise
            self._waiting.popleft()

    def _is_full(self, error: FullDiskError) -> None:
        if self._full_since is None:
            self._full_since = time.monotonic()
            _log.warning("the %s waits for room: %s", self._keeper, error.while_waiting)
            self._tell("degraded", error.while_waiting)

    def _is_not_full(self) -> None:
        if self._full_since is not None:
            waited = f"there is room again after {time.monotonic() - self._full_since:.1f} s"
            self._full_since = None
            _log.warning("the %s goes on: %s", self._keeper, waited)
            self._tell("recovered", waited)


class Pauses:
    """The pauses between tries that find no room, each longer than the one before."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def next_s(self) -> float:
        """Return how many seconds to wait now."""
        pause_s, self._next_s = self._next_s, min(2 * self._next_s, LONGEST_PAUSE_S)
        return pause_s


def wait_for_room(
    keeper: str, act: Callable[[], T], *, pause: Callable[[float], None] = time.sleep
) -> T:
    """Do something that cannot be put off, again and again until there is room for it."""
    pauses = Pauses()
    while True:
        try:
            return act()
        except FullDiskError as error:
            _log.warning("the %s waits for room: %s", keeper, error.while_waiting)
        pause(pauses.next_s())


def full_disk_in(error: RayTaskError) -> FullDiskError | None:
    """Return the error that a keeper raised for want of room; None where it is another."""
    return error.cause if isinstance(error.cause, FullDiskError) else None
