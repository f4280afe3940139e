"""Empty databases, made ahead and closed afterwards: both take longer than a small question.

None answers twice: what one may open cannot be changed any more once it is locked down. A process
that asks again gets one that was made in the background after the question before.
"""

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import duckdb

Config = Mapping[str, str | bool | int]
"""What a DuckDB is opened with."""


class Spares:
    """Makes databases in memory; from the second on the next one ahead, which takes 5 MB."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._maker = ThreadPoolExecutor(1, "database")
        self._taken = 0
        self._ahead: tuple[Config, Future[duckdb.DuckDBPyConnection]] | None = None

    def take(self, config: Config) -> duckdb.DuckDBPyConnection:
        """Return a database that nobody has; whoever takes it closes it, see `close`."""
        with self._lock:
            self._taken += 1
            ahead, self._ahead = self._ahead, None
        if ahead:
            made_with, made = ahead
            if made_with == config:
                return made.result()
            made.add_done_callback(_close)
        return _open(config)

    def make_ahead(self, config: Config) -> None:
        """Have one made for who asks next; not in a process that may have asked its only time."""
        with self._lock:
            if self._taken > 1 and self._ahead is None:
                self._ahead = config, self._maker.submit(_open, config)

    def close(self, database: duckdb.DuckDBPyConnection) -> None:
        """Close a database in the background, after what was to be made ahead."""
        try:
            self._maker.submit(database.close)
        except RuntimeError:  # the interpreter is about to exit, and starts nothing any more
            database.close()


def _open(config: Config) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config=dict(config))


def _close(made: Future[duckdb.DuckDBPyConnection]) -> None:
    if not made.exception():
        made.result().close()


_spares = [Spares()]
"""The last one is this process's. Those of the processes it was forked from stay untouched: the
threads of their databases are not here."""

os.register_at_fork(after_in_child=lambda: _spares.append(Spares()))


def spares() -> Spares:
    """Return those of this process."""
    return _spares[-1]
