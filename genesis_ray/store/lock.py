"""The right to write to a folder, held by one process at a time."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from genesis_ray.errors import FullDiskError, StoreError
from genesis_ray.store.disk import writing_to

_OTHERS_LOOK_S = 0.2
"""How long a lock may seem taken because others look whether it is, which takes it for a moment."""

_TRY_EVERY_S = 0.005


class WriteLock:
    """Keeps other writers out until released; the kernel releases it when its process dies.

    The lock file stays behind, holding the process id of its last owner.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            StoreError: Another process holds it; the message names that process.
        """
        with writing_to(path.parent):
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)
            try:
                self._take(path)
            except BaseException:
                self._file.close()
                raise

    @staticmethod
    def holder(path: Path) -> str | None:
        """Return the id of the process that holds a lock, or None."""
        return (path.read_text() or "(unknown)") if is_locked(path, against=fcntl.LOCK_SH) else None

    def release(self) -> None:
        """Let others write."""
        self._file.close()

    def _take(self, path: Path) -> None:
        until = time.monotonic() + _OTHERS_LOOK_S
        while not self._is_taken():
            if time.monotonic() > until:
                owner = path.read_text() or "(unknown)"
                raise StoreError(
                    f"{path.parent} is being written to by process {owner}; only one may: "
                    f"wait until it ends, or stop it"
                )
            time.sleep(_TRY_EVERY_S)
        own = str(os.getpid()).encode()
        with suppress(FullDiskError), writing_to(path.parent):  # it is one also without
            self._file.write(own)
            self._file.truncate(len(own))

    def _is_taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def is_locked(path: Path, *, against: int) -> bool:
    """Tell whether somebody holds a lock of a file against which `flock`'s kind could not stand."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, against | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
