"""Replaying dead letters in a process of their own, which they may kill."""

import multiprocessing
import signal
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self

from genesis_ray.errors import FailedAgainError, GenesisError
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.upkeep.dead_letters import DeadLetter
from genesis_ray.running.upkeep.replay import OnProgress, Replay, Replayed
from genesis_ray.store.events.event_log import EventLog

_ENDS_WITHIN_S = 5.0
"""A process that has nothing left to do."""


class ReplayProcess:
    """Replays the dead letters of a run one by one.

    Its process is made when it is needed, and once more after each that died; the models it has
    loaded serve all letters until then.
    """

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None

    def shapes(self, letters: Iterable[DeadLetter]) -> set[tuple[int, int]]:
        """Return height and width of what the detector will be given, as far as can be told."""
        shapes: set[tuple[int, int]] = set()
        for letter in letters:
            with suppress(FailedAgainError):  # to replay it says so again
                shapes |= self._ask("shapes", letter)
        return shapes

    def replay(self, letter: DeadLetter, log: EventLog, *, on_progress: OnProgress) -> str:
        """Try a dead letter again and log what that brings; return the finding, in a line.

        Raises:
            FailedAgainError: It did, or killed its process; it waits on, and an attempt more has
                been logged, nothing else.
            GenesisError: There is nothing to replay it from; nothing has been logged.
        """
        try:
            replayed: Replayed = self._ask("replay", letter, on_progress)
        except FailedAgainError as error:
            log.append([letter.failed_again(str(error), at=datetime.now(UTC))])
            raise
        became = letter.became("replayed", replayed.finding, at=datetime.now(UTC))
        log.append([*replayed.events, became])
        return replayed.finding

    def close(self) -> None:
        """End the process."""
        if self._connection:
            self._connection.close()
        if self._process:
            self._process.join(_ENDS_WITHIN_S)
            self._process.kill()
            self._process.join()
        self._process = self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error and self._process:
            self._process.kill()  # it may be in the middle of a recording
        self.close()

    def _ask(self, what: str, letter: DeadLetter, on_progress: OnProgress | None = None) -> Any:
        """Have something done with a letter; the death of the process is told as an error."""
        connection = self._connected()
        try:
            connection.send((what, letter))
            while isinstance(answer := connection.recv(), CameraProgress):
                if on_progress:
                    on_progress(answer)
        except (EOFError, OSError) as error:
            raise FailedAgainError(f"its process died of it ({self._how_it_died()})") from error
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _connected(self) -> Connection:
        if self._connection is None:
            # Without what this process has open: threads, locks, and the log above all.
            context = multiprocessing.get_context("spawn")
            self._connection, its_own = context.Pipe()
            self._process = context.Process(
                target=_work, args=(its_own, self._replay), name="replay", daemon=True
            )
            self._process.start()
            its_own.close()
        return self._connection

    def _how_it_died(self) -> str:
        process = self._process
        self.close()
        code = process.exitcode if process else None
        return signal.Signals(-code).name if code and code < 0 else f"exit status {code}"


def _work(connection: Connection, replay: Replay) -> None:
    """Do what is asked for, until no more is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    with suppress(EOFError):
        while True:
            what, letter = connection.recv()
            try:
                if what == "shapes":
                    connection.send(replay.shapes([letter]))
                else:
                    connection.send(replay.replay(letter, connection.send))
            except GenesisError as error:
                connection.send(error)
