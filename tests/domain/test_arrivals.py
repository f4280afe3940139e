from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.arrivals import Arrivals

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_what_comes_within_the_tolerance_leaves_in_order():
    arrivals = Arrivals(timedelta(seconds=2))
    assert list(arrivals.add((at(1), "b"))) == []
    assert list(arrivals.add((at(0), "a"))) == []
    assert list(arrivals.add((at(2.5), "c"))) == [(at(0), "a")]
    assert list(arrivals.rest()) == [(at(1), "b"), (at(2.5), "c")]
    assert arrivals.late == 0


def test_things_of_one_time_leave_in_order_of_what_else_they_say():
    arrivals = Arrivals()
    assert list(arrivals.add((at(1), "b"))) + list(arrivals.add((at(1), "a"))) == []
    assert list(arrivals.add((at(2), "c"))) == [(at(1), "a"), (at(1), "b")]


def test_what_comes_too_late_leaves_at_once_and_is_counted():
    arrivals = Arrivals(timedelta(seconds=2))
    assert list(arrivals.add((at(9), "b"))) == []
    assert list(arrivals.add((at(1), "a"))) == [(at(1), "a")]
    assert arrivals.late == 1


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3), st.floats(0, 5)), max_size=30),
)
def test_the_order_of_arrival_within_the_tolerance_is_all_the_same(told):
    arrivals = Arrivals(timedelta(seconds=5))
    items = [(at(second), name, delay) for second, name, delay in told]
    delayed = sorted(items, key=lambda item: item[0] + timedelta(seconds=item[2]))
    left = [one for item in delayed for one in arrivals.add(item)] + list(arrivals.rest())
    assert left == sorted(items)
    assert arrivals.late == 0
