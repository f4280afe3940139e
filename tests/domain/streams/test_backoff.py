from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.streams.backoff import Backoff


@given(st.integers(0, 1000), st.integers(1, 30))
def test_no_wait_is_longer_than_the_cap(seed, attempts):
    backoff = Backoff(first_s=0.5, cap_s=8.0, random=Random(seed))
    assert all(0 <= backoff.next_s() <= 8.0 for _ in range(attempts))


def test_waits_grow_until_the_cap():
    rounds = [Backoff(first_s=0.5, cap_s=8.0, random=Random(seed)) for seed in range(300)]
    means = [sum(backoff.next_s() for backoff in rounds) / 300 for _ in range(7)]
    assert means == pytest.approx([0.25, 0.5, 1, 2, 4, 4, 4], rel=0.15)


def test_two_cameras_do_not_wait_in_step():
    door, till = (Backoff(first_s=1, cap_s=8, random=Random(name)) for name in ("door", "till"))
    assert [door.next_s() for _ in range(5)] != [till.next_s() for _ in range(5)]


def test_a_success_makes_the_next_wait_short_again():
    backoff = Backoff(first_s=0.5, cap_s=64.0, random=Random(1))
    for _ in range(10):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 0.5


def test_bounds_must_be_in_order():
    with pytest.raises(ValueError, match="first_s"):
        Backoff(first_s=2, cap_s=1, random=Random(1))
