"""One answer for all who ask the same at the same time, as the viewers of a dashboard do.

Nothing is kept: what somebody gets was looked up after they had asked.
"""

from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class Together:
    """Answers the same question once at a time, in rounds.

    Who asks while it is being answered waits for the next round, with all who do.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._gathering: dict[Hashable, Future[Any]] = {}
        self._answering: dict[Hashable, Future[Any]] = {}

    def ask(self, question: Hashable, answer: Callable[[], T]) -> T:
        """Return what `answer` gives, called by one of those who ask; raise what it raises.

        Args:
            question: The same for those who may share an answer.
            answer: Looks it up; nobody changes what it gives.
        """
        with self._lock:
            own = self._gathering.get(question)
            is_first = own is None
            if own is None:
                own = self._gathering[question] = Future()
            before = self._answering.get(question)
        if not is_first:
            shared: T = own.result()
            return shared
        if before:
            wait([before])
        with self._lock:
            del self._gathering[question]
            self._answering[question] = own
        try:
            found = answer()
        except BaseException as error:
            own.set_exception(error)
            raise
        else:
            own.set_result(found)
            return found
        finally:
            with self._lock:
                if self._answering.get(question) is own:
                    del self._answering[question]
