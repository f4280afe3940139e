from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.clocks.ordering import DONE, NOT_BEGUN, ReorderBuffer

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
PRODUCERS = ("door", "street", "till")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def buffer() -> ReorderBuffer[str]:
    return ReorderBuffer(["door", "street"])


def names(ready):
    return [item for _, item in ready]


def test_nothing_leaves_before_every_producer_is_past_it(buffer):
    assert buffer.add("door", [(at(1), "a")], progress=at(1)) == []
    assert buffer.add("street", [(at(2), "b")], progress=at(2)) == [(at(1), "a")]
    assert len(buffer) == 1


def test_what_is_left_leaves_when_all_are_done(buffer):
    buffer.add("door", [(at(1), "a")], progress=DONE)
    assert names(buffer.add("street", [(at(2), "b")], progress=DONE)) == ["a", "b"]
    assert buffer.progress == DONE


def test_at_one_time_producers_come_in_order_of_their_names(buffer):
    buffer.add("street", [(at(1), "b")], progress=at(1))
    assert names(buffer.add("door", [(at(1), "a")], progress=at(1))) == ["a", "b"]


def test_a_producer_that_has_nothing_to_say_still_gets_on(buffer):
    buffer.add("door", [(at(1), "a")], progress=at(1))
    assert names(buffer.add("street", [], progress=at(5))) == ["a"]


def test_progress_is_the_time_up_to_which_everything_has_left(buffer):
    buffer.add("door", [], progress=at(4))
    buffer.add("street", [], progress=at(3))
    assert buffer.progress == at(3)


def test_progress_never_goes_back(buffer):
    buffer.add("door", [], progress=at(4))
    buffer.add("street", [], progress=at(3))
    buffer.add("street", [], progress=at(1))
    assert buffer.progress == at(3)


# A producer's batches: gaps before its items in tenths of a second, nought for equal times.
batches = st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=5)


def timed(producer: str, own):
    """Return (items, progress) of each of a producer's batches, and at last that it is done."""
    clock, made, result = 0, 0, []
    for gaps in own:
        # Later than the progress of the batch before, as a producer promises.
        clock += 1
        items = []
        for gap in gaps:
            clock += gap
            items.append((at(clock / 10), f"{producer}{made}"))
            made += 1
        result.append((items, at(clock / 10)))
    return [*result, ([], DONE)]


def play(work, turns, **options):
    """Add the producers' batches in the given order of turns; return what left, and the buffer."""
    buffer = ReorderBuffer(PRODUCERS, **options)
    left = []
    waiting = {producer: list(own) for producer, own in work.items()}
    while any(waiting.values()):
        ready = [producer for producer in PRODUCERS if waiting[producer]]
        producer = ready[next(turns, 0) % len(ready)]
        items, progress = waiting[producer].pop(0)
        left += buffer.add(producer, items, progress=progress)
    return left, buffer


works = st.tuples(batches, batches, batches).map(
    lambda own: {
        producer: timed(producer, one) for producer, one in zip(PRODUCERS, own, strict=True)
    }
)
orders = st.lists(st.integers(0, 5), max_size=20)


@given(works, orders, orders)
def test_the_result_does_not_depend_on_how_the_producers_interleave(work, one, other):
    assert play(work, iter(one))[0] == play(work, iter(other))[0]


@given(works, orders)
def test_everything_leaves_once_in_one_order_and_nothing_is_late(work, turns):
    left, buffer = play(work, turns=iter(turns))
    added = {
        item: (time, rank, place)
        for rank, producer in enumerate(PRODUCERS)
        for place, (time, item) in enumerate(i for items, _ in work[producer] for i in items)
    }
    assert names(left) == sorted(added, key=added.__getitem__)
    assert (len(buffer), buffer.late) == (0, 0)


@given(works, orders, st.sampled_from([0, 0.5, 3]))
def test_patience_loses_and_doubles_nothing_either(work, turns, patience_s):
    left, buffer = play(work, iter(turns), patience=timedelta(seconds=patience_s))
    added = [item for own in work.values() for items, _ in own for _, item in items]
    assert sorted(names(left)) == sorted(added)
    disordered = sum(one > next_ for (one, _), (next_, _) in pairwise(left))
    assert disordered <= buffer.late


@pytest.fixture
def patient() -> ReorderBuffer[str]:
    return ReorderBuffer(["door", "street"], patience=timedelta(seconds=2))


def test_with_patience_a_stalled_producer_blocks_nobody(patient):
    patient.add("street", [(at(0), "s0")], progress=at(0))
    left = [
        item
        for second in range(10)
        for item in names(patient.add("door", [(at(second), f"d{second}")], progress=at(second)))
    ]
    assert left == ["d0", "s0", *(f"d{second}" for second in range(1, 8))]


def test_with_patience_a_producer_that_never_began_blocks_nobody(patient):
    patient.add("door", [(at(1), "a")], progress=at(1))
    assert names(patient.add("door", [(at(4), "b")], progress=at(4))) == ["a"]


def test_with_patience_a_stalled_producer_does_not_block_one_that_has_ended(patient):
    patient.add("street", [], progress=at(0))
    left = names(patient.add("door", [(at(1), "a"), (at(9), "b")], progress=at(9)))
    left += names(patient.add("door", [(at(9.5), "c")], progress=DONE))
    assert left == ["a"]
    assert names(patient.add("street", [], progress=at(1))) == []
    assert patient.progress == at(7.5)


def test_what_comes_after_its_turn_leaves_at_once_and_is_counted(patient):
    patient.add("door", [], progress=at(10))
    assert patient.add("street", [(at(3), "late")], progress=at(3)) == [(at(3), "late")]
    assert patient.late == 1


def test_a_time_that_has_been_let_go_is_over(patient):
    patient.add("door", [], progress=at(10))
    patient.add("street", [(at(8), "late")], progress=at(8))
    assert patient.late == 1


def test_patience_waits_for_who_lags_less(patient):
    patient.add("street", [], progress=at(0))
    assert patient.add("door", [(at(1), "a")], progress=at(1)) == []
    assert names(patient.add("street", [(at(0.5), "b")], progress=at(1))) == ["b", "a"]
    assert patient.late == 0


@given(works, orders, st.integers(0, 5))
def test_what_is_said_again_changes_nothing(work, turns, again):
    repeated = {
        producer: [*own[:again], *own[max(0, again - 2) :]] for producer, own in work.items()
    }
    left, buffer = play(repeated, iter(turns))
    assert left == play(work, iter(turns))[0]
    assert buffer.late == 0


def test_who_repeats_itself_and_goes_on_in_one_breath_is_heard_from_there_on(buffer):
    buffer.add("street", [], progress=DONE)
    buffer.add("door", [(at(1), "a"), (at(2), "b")], progress=at(2))
    assert names(buffer.add("door", [(at(2), "b"), (at(3), "c")], progress=at(3))) == ["c"]


def test_a_producer_that_comes_later_is_waited_for_from_then_on(buffer):
    buffer.add("door", [], progress=at(1))
    buffer.admit("yard")
    assert buffer.add("door", [(at(2), "a")], progress=at(2)) == []
    buffer.add("street", [], progress=at(9))
    assert names(buffer.add("yard", [(at(1.5), "b")], progress=at(9))) == ["b", "a"]


def test_a_producer_that_goes_is_waited_for_no_longer(buffer):
    buffer.add("door", [(at(2), "a")], progress=at(2))
    assert names(buffer.dismiss("street")) == ["a"]


def test_who_comes_when_all_others_are_done_is_not_late(buffer):
    buffer.add("door", [(at(1), "a")], progress=at(1))
    for producer in ("door", "street"):
        buffer.add(producer, [], progress=DONE)
    buffer.admit("yard")
    buffer.add("yard", [(at(3), "b")], progress=at(3))
    assert (buffer.progress, buffer.late) == (at(3), 0)


def test_without_producers_nothing_is_done(buffer):
    buffer.dismiss("door")
    buffer.dismiss("street")
    assert buffer.progress < DONE


def test_who_was_done_and_is_expected_again_is_heard_after_all_there_has_been(buffer):
    buffer.add("street", [], progress=DONE)
    buffer.add("door", [(at(1), "a"), (at(4), "b")], progress=DONE)
    buffer.reopen("door")
    assert buffer.progress == at(4)
    assert buffer.news("door", [(at(4), "b"), (at(5), "c")]) == [(at(5), "c")]


def test_who_is_not_done_is_not_sent_back(buffer):
    buffer.add("door", [], progress=at(3))
    buffer.add("street", [(at(9), "a")], progress=at(9))
    buffer.reopen("door")
    assert buffer.news("door", [(at(5), "b")]) == [(at(5), "b")]


def test_who_can_tell_no_more_itself_is_dated_behind_what_it_told_and_what_has_left(patient):
    moment = timedelta.resolution
    assert patient.behind("street") == NOT_BEGUN
    patient.add("door", [], progress=at(1))
    assert patient.behind("street") == at(-1) + moment
    patient.add("street", [], progress=at(5))
    assert patient.behind("street") == at(5) + moment
    patient.add("door", [], progress=at(9))
    assert patient.behind("street") == at(7) + moment
    patient.add("street", [], progress=DONE)
    assert patient.behind("street") == patient.behind("nobody") == DONE


def test_who_has_told_nothing_is_dated_behind_the_foremost(buffer):
    buffer.add("door", [], progress=at(4))
    assert buffer.behind("street") == at(4) + timedelta.resolution


def test_who_is_another_one_now_is_heard_behind_what_the_one_before_told(buffer):
    buffer.add("street", [(at(1), "a")], progress=at(2))
    buffer.add("street", [(at(3), "end")], progress=DONE)
    buffer.add("door", [], progress=at(9))
    assert buffer.expect(frozenset(["door", "street"]), anew=["street", "nobody"]) == []
    assert buffer.news("street", [(at(3), "end"), (at(4), "b")]) == [(at(4), "b")]
    assert buffer.producers == {"door", "street"}


def test_who_is_another_one_but_was_not_done_goes_on(buffer):
    buffer.add("street", [], progress=at(5))
    buffer.expect(frozenset(["door", "street"]), anew=["street"])
    assert buffer.reach["street"] == at(5)
