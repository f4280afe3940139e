"""Writers that hold a store as long as they run, and give way while somebody else needs it.

Who needs it holds a lock beside the store, by which it asks. The writer brings everything to the
disk, leaves a mark that it has taken nothing since, lets go, and waits until nobody asks. The mark
outlives its process: one that is started again in the meantime waits as well, and has nothing to
go through again. Whoever asks takes the store only where the mark is: a lock that is free may be
that of a process which has died and is about to come back.
"""

import fcntl
import time
from collections.abc import Callable
from pathlib import Path

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, write_file, writing_to
from genesis_ray.store.lock import WriteLock, is_locked

_LOOK_EVERY_S = 0.02

OTHERS_LOOK_S = 1.0
"""How long a lock may seem taken because others look whether it is."""


class Way:
    """Where a writer is asked to give way, and where it says that it has."""

    def __init__(self, asked: Path, mark: Path) -> None:
        """Take the file of the lock by which it is asked, and that of its mark."""
        self._asked = asked
        self._mark = mark

    def is_asked(self) -> bool:
        """Tell whether somebody needs the store now."""
        return WriteLock.holder(self._asked) is not None

    def is_given(self) -> bool:
        """Tell whether the writer has let go, with nothing taken since all is on the disk."""
        return self._mark.exists()

    def give(self) -> None:
        """Leave the mark: all is on the disk, and the store let go of.

        Raises:
            StoreError: The disk is full or refuses.
        """
        with writing_to(self._mark.parent):
            make_folder(self._mark.parent)
        write_file(self._mark, b"")

    def wait(self) -> None:
        """Wait until nobody asks, where the mark is; then the store may be taken again."""
        while self.is_given():
            while self.is_asked():
                time.sleep(_LOOK_EVERY_S)
            self._mark.unlink(missing_ok=True)
            if self.is_asked():  # who asked just now may have seen the mark
                self.give()

    def ask(self) -> WriteLock:
        """Ask the writer to give way, until the lock is released.

        Raises:
            StoreError: Somebody else asks.
        """
        return lock_within(self._asked, within_s=OTHERS_LOOK_S)


def lock_within(path: Path, *, within_s: float) -> WriteLock:
    """Take a lock, waiting for whoever holds it.

    Raises:
        StoreError: They have held it all that time.
    """
    with writing_to(path.parent):
        make_folder(path.parent)
    until = time.monotonic() + within_s
    while True:
        try:
            return WriteLock(path)
        except StoreError:
            if time.monotonic() > until:
                raise
            time.sleep(_LOOK_EVERY_S)


def wait_until(is_so: Callable[[], bool], *, within_s: float) -> bool:
    """Wait until something is so; tell whether it is."""
    until = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_EVERY_S)
    return True


class Presence:
    """A sign that a process is there, which the kernel takes away with it; any number may share it.

    Unlike the lock of a store it is there while a writer is started again.
    """

    def __init__(self, path: Path) -> None:
        """Give it.

        Raises:
            StoreError: The disk is full or refuses.
        """
        with writing_to(path.parent):
            self._file = path.open("ab", buffering=0)
            fcntl.flock(self._file, fcntl.LOCK_SH)

    @staticmethod
    def at(path: Path) -> bool:
        """Tell whether a process gives it."""
        return is_locked(path, against=fcntl.LOCK_EX)

    def close(self) -> None:
        """Give it no more."""
        self._file.close()
