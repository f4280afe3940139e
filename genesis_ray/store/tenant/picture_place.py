"""A place elsewhere for sealed pictures: a folder of any file system that fsspec reaches.

What lets one in comes of the environment, as each file system wants it; nothing here knows it.
"""

import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from genesis_ray.domain.streams.addresses import redacted
from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, write_file

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

WITHIN_S = 30.0
"""For each call: file systems try again themselves, some of them for minutes."""

MARK = "genesis-photos"
"""The object that says that this is the place, and no folder on which nothing is mounted."""

_SECRET = re.compile(
    r"secret|(key|key_id|token|password|passphrase|connection_string)$", re.IGNORECASE
)
"""What variables of the environment are called whose values are in no message."""

_SHORTEST_SECRET = 8
_LONGEST_REASON = 200

T = TypeVar("T")


class PicturePlace:
    """One folder elsewhere, in which each object is there as a whole or not at all.

    One that did not answer in time is not asked again by the same instance.
    """

    def __init__(self, address: str, *, within_s: float = WITHIN_S) -> None:
        """Take its address, as s3://bucket/photos/default; nothing is reached for yet."""
        self.address = address
        self._within_s = within_s
        self._is_silent = False

    def put(self, name: str, content: bytes) -> None:
        """Store an object, durably as far as the file system is.

        Raises:
            StoreError: It is not reached, or refuses.
        """

        def store() -> None:
            self._write(self._path(name), content)

        self._done("stored", store)

    def get(self, name: str) -> bytes | None:
        """Return the content of an object; None where there is none.

        Raises:
            StoreError: It is not reached, or refuses.
        """

        def read() -> bytes | None:
            try:
                found: bytes = self._fs.cat_file(self._path(name))
            except FileNotFoundError:
                return None
            return found

        return self._done("read", read)

    def remove(self, name: str) -> None:
        """Remove an object; it may be gone already.

        Raises:
            StoreError: It is not reached, or refuses.
        """

        def remove() -> None:
            with suppress(FileNotFoundError):
                self._fs.rm_file(self._path(name))

        self._done("removed", remove)

    def names(self) -> list[str]:
        """Return the names of all objects but the mark.

        Raises:
            StoreError: It is not reached, or refuses.
        """

        def listed() -> list[str]:
            self._fs.invalidate_cache()
            found = self._fs.find(self._root)
            return sorted(str(path).rpartition("/")[2] for path in found)

        return [name for name in self._done("listed", listed) if name != MARK]

    def is_marked(self) -> bool:
        """Tell whether this is a place in which pictures were stored before.

        Raises:
            StoreError: It is not reached, or refuses.
        """
        return self.get(MARK) is not None

    def check(self) -> None:
        """See that it is: else nothing can be said of what is not there.

        Raises:
            StoreError: It is not, is not reached, or refuses.
        """
        if not self.is_marked():
            raise StoreError(
                f"{self.address} is not where photos were kept: it has no {MARK}. See that it is "
                f"mounted, or the right bucket and account; where all of it is gone for good, put "
                f"an empty file there that is called so"
            )

    def mark(self) -> None:
        """Note that it is.

        Raises:
            StoreError: It is not reached, or refuses.
        """
        self.put(MARK, b"Sealed pictures of faces; genesis_ray keeps them.\n")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _write(self, path: str, content: bytes) -> None:
        if self._is_local:
            make_folder(Path(path).parent)
            write_file(Path(path), content, mode=0o600)
        else:
            self._fs.pipe_file(path, content)

    @cached_property
    def _opened(self) -> "tuple[AbstractFileSystem, str]":
        from fsspec.core import url_to_fs  # no process but those that store pictures pays for it

        fs, path = url_to_fs(self.address)
        return fs, str(path).rstrip("/")

    @property
    def _fs(self) -> "AbstractFileSystem":
        return self._opened[0]

    @property
    def _root(self) -> str:
        return self._opened[1]

    @property
    def _is_local(self) -> bool:
        from fsspec.implementations.local import LocalFileSystem

        return isinstance(self._fs, LocalFileSystem)

    def _done(self, what: str, task: Callable[[], T]) -> T:
        """Return what a task does, which has its time for that.

        Raises:
            StoreError: It fails, or is not done in that time.
        """
        try:
            return self._within(task)
        except ImportError as error:
            raise StoreError(
                f"{self.address} wants a package that is not installed here ({_told(error)}); "
                f"install it, as s3fs for s3://, gcsfs for gs://, adlfs for abfs://"
            ) from None
        except Exception as error:  # each file system has errors of its own
            # Without the cause: its own text may show what lets one in.
            raise StoreError(
                f"no picture can be {what} in {self.address} ({_told(error)}); see that it is "
                f"reached, and that the environment has what lets one in"
            ) from None

    def _within(self, task: Callable[[], T]) -> T:
        if self._is_silent:
            raise TimeoutError(f"no answer within {self._within_s:g} s")
        result: Future[T] = Future()

        def work() -> None:
            try:
                result.set_result(task())
            except BaseException as error:  # it is raised again where it is waited for
                result.set_exception(error)

        threading.Thread(target=work, name="pictures", daemon=True).start()
        try:
            return result.result(self._within_s)
        except TimeoutError:
            if result.done():  # the file system's own
                raise
            self._is_silent = True
            raise TimeoutError(f"no answer within {self._within_s:g} s") from None


def parted(address: str) -> tuple[str, str]:
    """Return the place and the name of an object."""
    place, _, name = address.rpartition("/")
    return place, name


def _told(error: Exception) -> str:
    """Return the first line of what an error says, without anything that lets one in."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = (said.strip().splitlines() or [""])[0] or type(error).__name__
    for name, value in os.environ.items():
        if _SECRET.search(name) and len(value) >= _SHORTEST_SECRET:
            line = line.replace(value, "***")
    return redacted(line)[:_LONGEST_REASON]
