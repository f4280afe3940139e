"""A folder as it was at one moment, for who copies it while others go on with it.

All files are held open. What is removed since, or replaced by another of its name, can still be
read, nothing is written anywhere, and nothing is left where the process is killed. It takes that
nobody changes a file in place, as LanceDB and `store.disk` do not.
"""

import errno
import os
import resource
import tarfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import TEMPORARY
from genesis_ray.store.folder_tree import walk
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lock import WriteLock

_LOCK = ".lock"
_TO_LOOK = 64
"""Files open while a folder is looked through: its tables' locks, and folders."""


class FrozenFolder(Closeable):
    """A tenant's folder, as it was when this was made."""

    def __init__(self, folder: Path) -> None:
        """Open all files, but locks and what is half written; tables may be written to after it.

        Raises:
            StoreError: Another process writes to a table, or a file cannot be opened, as where
                there are more than a process may have open.
        """
        self._files: list[tuple[str, int]] = []
        _make_room_for(_TO_LOOK)
        try:
            with ExitStack() as held:
                for table in folder.glob("*.lance"):
                    held.callback(WriteLock(table.with_suffix(_LOCK)).release)
                self._folders, names = _names_in(folder)
                _make_room_for(len(names))
                for name in names:
                    with suppress(FileNotFoundError):  # a note that anybody may settle
                        self._files.append((name, os.open(folder / name, os.O_RDONLY)))
                self._taken_at = time.time()
        except OSError as error:
            self.close()
            if error.errno == errno.EMFILE:
                raise StoreError(
                    f"{folder} has more files than a process may have open here; raise that "
                    f"(`ulimit -Hn`), and try again"
                ) from error
            raise StoreError(f"cannot read {error.filename}: {error.strerror}") from error

    def write_to(self, tar: tarfile.TarFile) -> None:
        """Add all of it to an archive, whose first member is dated as of that moment."""
        for name in (".", *self._folders):
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.mtime = tarfile.DIRTYPE, 0o755, self._taken_at
            tar.addfile(member)
        for name, descriptor in self._files:
            with open(descriptor, "rb", closefd=False) as content:
                told = os.fstat(descriptor)
                member = tarfile.TarInfo(name)
                member.size, member.mode = told.st_size, told.st_mode & 0o777
                member.mtime = told.st_mtime
                tar.addfile(member, content)

    def close(self) -> None:
        """Let go of the files."""
        while self._files:
            os.close(self._files.pop()[1])


def _names_in(folder: Path) -> tuple[list[str], list[str]]:
    """Return the folders in a folder, each before what is in it, and the files.

    Not with `Path`, which takes several times as long, and somebody waits. What lies behind a link
    is part of it. A folder that cannot be looked into raises an OSError: without it a copy would
    not be whole.
    """

    def fail(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # it went meanwhile
            raise error

    folders: list[str] = []
    files: list[str] = []
    for place, inner, names in walk(folder, onerror=fail):
        beneath = "" if place == str(folder) else f"{os.path.relpath(place, folder)}/"
        folders += [f"{beneath}{name}" for name in inner]
        files += [f"{beneath}{name}" for name in names if not name.endswith((_LOCK, TEMPORARY))]
    return folders, files


def _make_room_for(files: int) -> None:
    """Let the process have so many more files open, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        wanted = soft + files
        wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
