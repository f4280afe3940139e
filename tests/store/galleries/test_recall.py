import pytest

from genesis_ray.domain.recognition.identity import Candidate
from genesis_ray.store.galleries import recall
from genesis_ray.store.galleries.recall import Recall, RecallSampler, compared

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


def test_a_hundredth_of_the_time_goes_into_searches_that_are_done_again(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(recall.time, "monotonic", lambda: clock[0])
    sampler = RecallSampler()

    def exact():
        clock[0] += 0.2
        return EXACT

    sampler.offer(EXACT, exact)
    sampler.offer(EXACT, exact)  # too soon
    assert (sampler.recall, clock[0]) == (Recall(1, 1, 3, 3), 100.2)
    clock[0] += 20.1
    sampler.offer(EXACT[1:], exact)
    assert sampler.recall == Recall(2, 1, 6, 5)
