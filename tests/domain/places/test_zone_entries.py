from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.places import zone_entries
from genesis_ray.domain.places.zone_entries import MOST_IN_ORDER, ZoneEntries

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def zones(entries: ZoneEntries) -> list[str]:
    return [entry.zone_id for entry in entries]


def test_zones_are_in_the_order_in_which_they_were_entered_each_as_often_as_it_was():
    own = ZoneEntries([(at(5), "till"), (at(1), "door")])
    own.add(at(9), "door")
    assert zones(own) == ["door", "till", "door"]


def test_of_a_box_that_jitters_the_first_thousand_entries_and_every_zone_stay():
    own = ZoneEntries((at(second), "left" if second % 2 else "right") for second in range(5_000))
    own.add(at(6_000), "till")
    own.add(at(6_001), "door")
    own.add(at(6_002), "till")
    assert zones(own) == ["right", "left"] * (MOST_IN_ORDER // 2) + ["till", "door"]


def test_an_entry_that_is_told_late_takes_its_place_and_none_is_lost_by_it():
    own = ZoneEntries((at(second), "left") for second in range(MOST_IN_ORDER - 1))
    own.add(at(MOST_IN_ORDER), "till")
    own.add(at(-1), "door")
    assert zones(own) == ["door", *["left"] * (MOST_IN_ORDER - 1), "till"]


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abcd")), max_size=40), st.randoms())
def test_which_ones_stay_does_not_depend_on_the_order_in_which_they_are_told(told, random):
    most, zone_entries.MOST_IN_ORDER = zone_entries.MOST_IN_ORDER, 5
    try:
        entries = [(at(second), zone_id) for second, zone_id in told]
        own = zones(ZoneEntries(entries))
        random.shuffle(entries)
        assert zones(ZoneEntries(entries)) == own
    finally:
        zone_entries.MOST_IN_ORDER = most
    in_order = [zone_id for _, zone_id in sorted(told)]
    assert own[:5] == in_order[:5]
    assert set(own) == set(in_order)
    assert len(own) <= 5 + len("abcd")
