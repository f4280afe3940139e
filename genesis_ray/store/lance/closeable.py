"""Stores that are closed at the end of a `with` statement."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Closeable(ABC):
    """A store that has to be closed, so that what it was told is stored and others may write."""

    @abstractmethod
    def close(self) -> None:
        """Store what waits, and let go of it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
