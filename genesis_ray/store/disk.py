"""Files that a crash or a full disk leaves whole: the old one or the new one, never a half."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from genesis_ray.errors import FullDiskError, StoreError

TEMPORARY = ".tmp"
"""What the name of a file ends with until it is whole."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write into a StoreError that names `folder`.

    Raises:
        FullDiskError: The disk is full, or the quota used up.
        StoreError: It refuses for another reason.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise FullDiskError(str(folder)) from error
        raise StoreError(f"cannot write to {folder}: {error.strerror or error}") from error


def write_file(path: Path, content: bytes | memoryview, *, mode: int | None = None) -> None:
    """Write `path` durably, replacing what stood there in one step.

    Args:
        path: The file.
        content: What is to be in it.
        mode: Who may read and write it, from its first byte on; None: whoever may by default.

    Raises:
        StoreError: The disk is full or refuses; nothing is left of the attempt.
    """
    with writing_to(path.parent), writing_file(path, mode=mode) as file:
        file.write(content)


@contextmanager
def writing_file(path: Path, *, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Give a file to write that takes the place of `path`, durably, in one step at its end.

    For what is not to be held in memory. What is raised within, or kills the process, leaves what
    stood there. Who writes says with `writing_to` what is written, since what is done beside it
    may read files.

    Raises:
        StoreError: The disk is full or refuses; nothing is left of the attempt.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    with writing_to(path.parent):
        file = temporary.open("wb")
    try:
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        yield file
        with writing_to(path.parent):
            file.flush()
            os.fsync(file.fileno())
            file.close()
            os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # it tries once more to write what could not be written
            file.close()
        temporary.unlink(missing_ok=True)
        raise
    with writing_to(path.parent):
        sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make `path` and the folders it lies in, durably."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable; a file's own fsync does not."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
