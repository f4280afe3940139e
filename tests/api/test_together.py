from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from genesis_ray.api.together import Together
from genesis_ray.errors import NotFoundError

WITHIN_S = 30


class Looking:
    """Looks something up that changes each time, and begins and ends when it is told to."""

    def __init__(self) -> None:
        self.began: list[Future[None]] = [Future() for _ in range(9)]
        self.may_end: list[Future[None]] = [Future() for _ in range(9)]
        self.times = 0

    def __call__(self) -> int:
        number = self.times
        self.times += 1
        self.began[number].set_result(None)
        self.may_end[number].result(WITHIN_S)
        return number


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def asks(pool, together, looking: Callable[[], int], question="who") -> "Future[int]":
    """Have somebody ask; return once they gather or look it up."""
    counted = Future()

    def ask() -> int:
        counted.set_result(None)
        return together.ask(question, looking)

    asked = pool.submit(ask)
    counted.result(WITHIN_S)
    return asked


def gathered(together, question="who") -> None:
    while question not in together._gathering:
        pass


def test_who_asks_alone_is_answered_at_once():
    together = Together()
    assert together.ask("who", lambda: 1) == 1
    assert together.ask("who", lambda: 2) == 2


def test_who_asks_meanwhile_gets_what_was_looked_up_after(pool):
    together, looking = Together(), Looking()
    first = asks(pool, together, looking)
    looking.began[0].result(WITHIN_S)
    second = asks(pool, together, looking)
    gathered(together)
    looking.may_end[0].set_result(None)
    assert first.result(WITHIN_S) == 0
    looking.began[1].result(WITHIN_S)
    looking.may_end[1].set_result(None)
    assert second.result(WITHIN_S) == 1


def test_all_who_ask_meanwhile_are_answered_together(pool):
    together, looking = Together(), Looking()
    first = asks(pool, together, looking)
    looking.began[0].result(WITHIN_S)
    others = [asks(pool, together, looking) for _ in range(4)]
    gathered(together)
    looking.may_end[0].set_result(None)
    for each in looking.may_end[1:]:
        each.set_result(None)
    answers = [each.result(WITHIN_S) for each in (first, *others)]
    assert answers[0] == 0
    assert 0 not in answers[1:]
    assert looking.times == len({*answers})


def test_other_questions_do_not_wait(pool):
    together, looking = Together(), Looking()
    first = asks(pool, together, looking)
    looking.began[0].result(WITHIN_S)
    assert together.ask("where", lambda: "here") == "here"
    looking.may_end[0].set_result(None)
    assert first.result(WITHIN_S) == 0


def test_what_fails_fails_for_all_who_asked_and_for_nobody_after(pool):
    together, looking = Together(), Looking()

    def failing() -> int:
        looking()
        raise NotFoundError("no camera")

    first = asks(pool, together, failing)
    looking.began[0].result(WITHIN_S)
    second = asks(pool, together, failing)
    gathered(together)
    for each in looking.may_end:
        each.set_result(None)
    for each in (first, second):
        with pytest.raises(NotFoundError, match="no camera"):
            each.result(WITHIN_S)
    assert together.ask("who", lambda: 5) == 5
    assert not together._gathering
    assert not together._answering
