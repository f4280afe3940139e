from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.stable_ids import stable_bytes, stable_id

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NAMESPACE = UUID("6d0a53a1-58b5-5c0b-9b67-2f2d2f6c1b7e")

parts = st.one_of(st.text("ab1", max_size=3), st.integers(0, 30))
keys = st.lists(parts, min_size=1, max_size=4)


@given(keys, keys)
def test_two_keys_have_one_id_only_if_they_are_written_the_same(one, other):
    assert (stable_id(*one) == stable_id(*other)) == ([*map(str, one)] == [*map(str, other)])


@given(st.integers(-14, 14))
def test_a_time_is_the_same_part_of_a_key_in_every_time_zone(hours):
    there = NOON.astimezone(timezone(timedelta(hours=hours)))
    assert stable_id("visit", there) == stable_id("visit", NOON)


@given(keys)
def test_an_id_is_the_name_based_uuid_of_the_parts(key):
    expected = uuid5(NAMESPACE, "\x1f".join(map(str, key)))
    assert stable_id(*key) == expected
    assert stable_bytes(key) == expected.bytes
