"""At which step processes die that begin where another one died.

Each step is noted before it is begun, in a file that outlives the process. So the next one
knows what the ones before it died at, and how many did.
"""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from genesis_ray.errors import FullDiskError
from genesis_ray.store.disk import writing_to

TRIAL = "trial"
"""The file's name, beside a keeper's state."""

OPENING = "opening"
"""The first step of every process."""


class Trial:
    """The steps of all processes since one was known to be sound: a line each."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Read what processes of the same system left; `key` is the system's."""
        self._path = path
        self._system = sha256(key).hexdigest()
        first, *steps = (path.read_text() if path.exists() else "").splitlines() or [""]
        self._deaths = Counter(_last_of_each(steps) if first == self._system else ())
        if not self._deaths:  # what another system died of is nothing to this one
            path.unlink(missing_ok=True)
        self._file = -1

    def begin(self, step: str) -> int:
        """Note that a step is begun; return how many processes have died at it.

        On a full disk it is not noted: should this one die, it did so at the step before.

        Raises:
            StoreError: The disk refuses.
        """
        with suppress(FullDiskError), writing_to(self._path.parent):
            if self._file < 0:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            size = os.fstat(self._file).st_size
            head = "" if size else f"{self._system}\n"
            rest = f"{head}{step}\n".encode()
            try:
                while rest:
                    rest = rest[os.write(self._file, rest) :]
            except OSError:
                os.ftruncate(self._file, size)
                raise
        return self._deaths[step]

    def end(self) -> None:
        """Forget all steps: this process is sound."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self._path.unlink(missing_ok=True)
            self._deaths.clear()


def _last_of_each(steps: Sequence[str]) -> list[str]:
    """Return the step at which each process died."""
    ends = [n for n, step in enumerate(steps) if step == OPENING][1:]
    return [steps[n - 1] for n in [*ends, len(steps)]] if steps else []
