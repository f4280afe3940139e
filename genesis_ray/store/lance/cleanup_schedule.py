"""When a table's files are merged, and those of earlier versions removed."""

import math
import time

_COMMITS_A_CLEANUP = 64
"""Every commit leaves files and a version behind: a cleanup merges and removes them."""

_MOST_COMMITS = 1024
_PART_CHANGED = 16
_MOST_CHANGED = 4096
"""As a cleanup may write the whole table anew, many commits of little in a large one wait until so
many rows, or one in so many, were added or removed."""

_CLEANUPS_APART_S = 30.0


class CleanupSchedule:
    """What was committed since the last cleanup."""

    def __init__(self, commits: int) -> None:
        """Begin with as many commits as earlier writers left behind."""
        self._commits = commits
        self._changed = 0
        self._done_at = -math.inf

    def note(self, changed: int) -> None:
        """Note a commit, which added or removed so many rows."""
        self._commits += 1
        self._changed += changed

    def done(self) -> None:
        """Note that all was cleaned up."""
        self._commits = self._changed = 0
        self._done_at = time.monotonic()

    @property
    def is_of_use(self) -> bool:
        """Whether anything was committed since."""
        return self._commits > 0

    @property
    def is_recent(self) -> bool:
        """Whether the last cleanup was so short a time ago that others wait."""
        return time.monotonic() - self._done_at < _CLEANUPS_APART_S

    def is_due(self, rows: int) -> bool:
        """Tell whether enough has come together in a table of so many rows."""
        much = self._changed >= min(_MOST_CHANGED, rows // _PART_CHANGED)
        return self._commits >= (_COMMITS_A_CLEANUP if much else _MOST_COMMITS)
