"""Parquet files that cannot be read: left out of answers, reported once, left where they are."""

import logging
from functools import lru_cache
from pathlib import Path

from genesis_ray.store.events import parquet_file

_log = logging.getLogger(__name__)

_State = tuple[int, int, int]
"""When a file was written, in nanoseconds, how many bytes it has, and its inode."""


_told: set[tuple[Path, _State]] = set()
"""What was reported in this process: one command may have several readers."""


class DamagedFiles:
    """The damaged files that one reader has met."""

    def __init__(self) -> None:
        self._met: dict[Path, _State] = {}

    def has(self, path: Path) -> bool:
        """Tell whether a file is damaged, as far as its two ends show or somebody has said.

        Raises:
            FileNotFoundError: It is gone.
        """
        state = _state(path)
        if self._met.get(path) == state:
            return True
        if _is_whole(path, state):
            return False
        self.add(path, "it is no whole Parquet file")
        return True

    def add(self, path: Path, why: object) -> None:
        """Leave a file out from now on, unless it changes."""
        state = _state(path)
        if self._met.get(path) != state:
            self._met[path] = state
            if (path, state) in _told:
                return
            _told.add((path, state))
            _log.warning(
                "%s is damaged and its rows are left out (%s); put it back from a backup, or move "
                "it out of the folder",
                path,
                why,
            )

    def present(self) -> list[Path]:
        """Return those that are still there as they were met."""
        return [path for path, state in [*self._met.items()] if _is_so(path, state)]


def _is_so(path: Path, state: _State) -> bool:
    try:
        return _state(path) == state
    except FileNotFoundError:
        return False


def _state(path: Path) -> _State:
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=1 << 16)
def _is_whole(path: Path, _of: _State) -> bool:
    """Look at a file's ends once in a process, as long as it is not replaced."""
    return parquet_file.is_whole(path)
