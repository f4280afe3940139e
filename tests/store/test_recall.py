import threading

import pytest

from genesis_ray.domain.identity import Candidate
from genesis_ray.store.recall import Recall, RecallSampler, compared

EXACT = [Candidate("a", 0.9), Candidate("b", 0.5), Candidate("c", 0.4)]


@pytest.mark.parametrize(
    ("found", "first", "both"),
    [
        (EXACT, 1, 3),
        (EXACT[1:], 0, 2),
        ([EXACT[0], EXACT[2], Candidate("d", 0.1)], 1, 2),
        ([Candidate("twin", 0.9), *EXACT[1:]], 1, 2),
        ([], 0, 0),
    ],
    ids=["all", "not the first", "not the second", "one who is as similar", "nobody"],
)
def test_what_is_missed_counts(found, first, both):
    assert compared(Recall(4, 3, 12, 10), found, EXACT) == Recall(5, 3 + first, 15, 10 + both)


def test_the_last_of_those_found_may_be_anybody_as_similar_as_the_last_there_is():
    found = [*EXACT[:2], Candidate("d", 0.4)]
    assert compared(Recall(), found, EXACT) == Recall(1, 1, 3, 3)


def test_where_there_is_nobody_nothing_is_sampled():
    assert compared(Recall(), [], []) == Recall()


def test_one_search_at_a_time_is_done_again_and_then_there_is_a_rest():
    sampler = RecallSampler()
    go_on, calls = threading.Event(), []

    def exact():
        calls.append(threading.current_thread())
        go_on.wait()
        return EXACT

    sampler.offer(EXACT, exact)
    sampler.offer(EXACT, exact)  # the first is not done
    go_on.set()
    sampler.settle()
    assert sampler.recall == Recall(1, 1, 3, 3)
    assert len(calls) == 1
    assert calls[0] is not threading.current_thread()


def test_a_search_that_fails_is_no_sample_and_ends_nothing(caplog):
    def exact():
        raise RuntimeError("the version is gone")

    sampler = RecallSampler()
    sampler.offer(EXACT, exact)
    sampler.settle()
    assert sampler.recall == Recall()
    assert "the version is gone" in caplog.text
