"""Databases that wait for the next question: making one takes longer than a small question.

Empty ones are made ahead, in the background. What one may open cannot be changed any more once it
is locked down: after an answer it rests, and answers again where just the same is to be reached.
"""

import os
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import duckdb

Config = Mapping[str, str | bool | int]
"""What a DuckDB is opened with."""

MOST_RESTING = 8
"""Each takes 5 MB; that many kinds of questions of one range a dashboard puts in turns."""


class Spares:
    """Makes databases in memory; from the second on the next one ahead, which takes 5 MB."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._maker = ThreadPoolExecutor(1, "database")
        self._taken = 0
        self._ahead: tuple[Config, Future[duckdb.DuckDBPyConnection]] | None = None
        self._resting: OrderedDict[Hashable, duckdb.DuckDBPyConnection] = OrderedDict()

    def take(self, config: Config) -> duckdb.DuckDBPyConnection:
        """Return a database that nobody has; whoever takes it closes it, see `close`, or `rest`."""
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

    def wake(self, reach: Hashable) -> duckdb.DuckDBPyConnection | None:
        """Return a resting database that can reach just this; nobody else gets it any more."""
        with self._lock:
            return self._resting.pop(reach, None)

    def rest(self, reach: Hashable, database: duckdb.DuckDBPyConnection) -> None:
        """Keep a database without tables for who asks next; one that rests for long is closed."""
        with self._lock:
            replaced = self._resting.pop(reach, None)
            self._resting[reach] = database
            _, oldest = (
                self._resting.popitem(last=False)
                if len(self._resting) > MOST_RESTING
                else (None, None)
            )
        for each in (replaced, oldest):
            if each:
                self.close(each)

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
