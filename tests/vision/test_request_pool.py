import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from genesis_ray.vision.request_pool import RequestPool


class Doubling:
    """A request that answers with twice the number, and refuses some."""

    def __init__(self, *, cannot_start: int = -1, cannot_finish: int = -1) -> None:
        self._cannot_start, self._cannot_finish = cannot_start, cannot_finish
        self.number: int | None = None

    def start(self, part: tuple[int, dict[int, int]]) -> None:
        assert self.number is None, "begun while under way"
        if part[0] == self._cannot_start:
            raise RuntimeError("not begun")
        self.number = part[0]

    def finish(self, part: tuple[int, dict[int, int]]) -> None:
        number, self.number = self.number, None
        if number == self._cannot_finish:
            raise RuntimeError("not done")
        assert number == part[0], "another's answer"
        part[1][number] = 2 * number


def answers_of(pool: RequestPool, numbers: range) -> dict[int, int]:
    answers: dict[int, int] = {}
    pool.run((number, answers) for number in numbers)
    return answers


def test_every_part_is_answered_by_however_few_requests():
    for count in (1, 2, 20):
        pool = RequestPool([Doubling() for _ in range(count)])
        assert answers_of(pool, range(7)) == {number: 2 * number for number in range(7)}


def test_nothing_is_asked_where_there_are_no_parts():
    assert answers_of(RequestPool([Doubling()]), range(0)) == {}


def test_threads_share_the_requests_and_get_their_own_answers():
    pool = RequestPool([Doubling() for _ in range(2)])
    together = threading.Barrier(4)

    def ask(first: int) -> bool:
        together.wait()
        numbers = range(first, first + 200)
        return answers_of(pool, numbers) == {number: 2 * number for number in numbers}

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, (0, 1000, 2000, 3000)))


@pytest.mark.parametrize("fault", [{"cannot_start": 3}, {"cannot_finish": 3}])
def test_a_failure_is_raised_once_nothing_is_under_way_and_costs_no_request(fault):
    requests = [Doubling(**fault) for _ in range(2)]
    pool = RequestPool(requests)
    with pytest.raises(RuntimeError, match=r"not begun|not done"):
        answers_of(pool, range(6))
    assert all(request.number is None for request in requests)
    assert answers_of(pool, range(3)) == {0: 0, 1: 2, 2: 4}
