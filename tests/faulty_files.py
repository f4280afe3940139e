"""A file system of fsspec's in memory, faulty://, which fails where a test says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

Fault = Callable[[str, str], None]


class FaultyFiles(MemoryFileSystem):
    """Has what MemoryFileSystem has, in a store of its own.

    `fault` is told of each operation and path before it is done, and after some: what it raises is
    what it fails with, and as long as it takes nothing happens.
    """

    protocol = "faulty"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    fault: ClassVar[Fault | None] = None

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.replace("faulty://", "memory://"))

    def pipe_file(self, path: str, value: bytes, **kwargs: Any) -> None:
        self._fail("store", path)
        super().pipe_file(path, value, **kwargs)
        self._fail("stored", path)

    def cat_file(self, path: str, **kwargs: Any) -> bytes:
        self._fail("read", path)
        return super().cat_file(path, **kwargs)

    def rm_file(self, path: str) -> None:
        self._fail("remove", path)
        self._rm(path)
        self._fail("removed", path)

    def find(self, path: str, **kwargs: Any) -> list[str]:
        self._fail("list", path)
        return super().find(path, **kwargs)

    def _fail(self, what: str, path: str) -> None:
        if type(self).fault:
            type(self).fault(what, path)


fsspec.register_implementation("faulty", FaultyFiles, clobber=True)


@contextmanager
def failing(fault: Fault) -> Iterator[None]:
    """Have it fail like that."""
    FaultyFiles.fault = staticmethod(fault)
    try:
        yield
    finally:
        FaultyFiles.fault = None


@contextmanager
def unreachable(*operations: str) -> Iterator[None]:
    """Have it not be reached, for these operations or all."""

    def refuse(what: str, path: str) -> None:
        if not operations or what in operations:
            raise ConnectionError("connection refused")

    with failing(refuse):
        yield


def objects() -> dict[str, bytes]:
    """Return the content of all objects but marks, by their paths."""
    found = {path: file.getvalue() for path, file in FaultyFiles.store.items()}
    return {path: content for path, content in found.items() if not path.endswith("genesis-photos")}


def empty() -> None:
    """Have nothing in it."""
    FaultyFiles.store.clear()
    FaultyFiles.pseudo_dirs[:] = [""]
