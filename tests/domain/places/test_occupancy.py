from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.places.occupancy import Occupancy, Stay

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
QUEUE = ("door", "queue")
TILL = ("door", "till")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@st.composite
def walks(draw):
    """Crossings as monitors tell them: of each track and zone enter and exit in turn."""
    told = []
    for place in (QUEUE, TILL):
        for track_id in range(draw(st.integers(0, 3))):
            seconds = sorted(draw(st.sets(st.integers(0, 300), max_size=6)))
            told += [
                (place, track_id, ("enter", "exit")[number % 2], at(second))
                for number, second in enumerate(seconds)
            ]
    return sorted(told, key=lambda each: each[3])


def folded(crossings) -> Occupancy:
    occupancy = Occupancy()
    for crossing in crossings:
        occupancy.cross(*crossing)
    return occupancy


def state(occupancy: Occupancy):
    return [
        (
            dict(occupancy.present(place)),
            occupancy.entries(place),
            occupancy.exits(place),
            [occupancy.stays(place, track_id) for track_id in range(3)],
        )
        for place in (QUEUE, TILL)
    ]


@settings(max_examples=50)
@given(walks())
def test_entries_less_exits_are_those_who_are_there(told):
    occupancy = Occupancy()
    for crossing in told:
        occupancy.cross(*crossing)
        for place in (QUEUE, TILL):
            inside = occupancy.entries(place) - occupancy.exits(place)
            assert inside == len(occupancy.present(place))


@settings(max_examples=50)
@given(walks(), st.randoms())
def test_order_does_not_matter(told, random):
    mixed = told.copy()
    random.shuffle(mixed)
    assert state(folded(mixed)) == state(folded(told))


@settings(max_examples=50)
@given(walks(), st.randoms())
def test_what_is_told_again_changes_nothing(told, random):
    again = random.choices(told, k=len(told)) if told else []
    occupancy = folded(told)
    before = state(occupancy)
    assert [occupancy.cross(*crossing) for crossing in again] == [False] * len(again)
    assert state(occupancy) == before


def test_who_is_there_is_told_with_their_entry_and_stays_with_both_ends():
    occupancy = folded([(QUEUE, 1, "enter", at(0)), (QUEUE, 1, "exit", at(5)),
                        (QUEUE, 1, "enter", at(8)), (QUEUE, 2, "enter", at(9))])  # fmt: skip
    assert occupancy.present(QUEUE) == {1: at(8), 2: at(9)}
    assert occupancy.stays(QUEUE, 1) == [Stay(at(0), at(5)), Stay(at(8), None)]
    assert occupancy.present(TILL) == {}


def test_a_camera_that_ends_takes_its_tracks_with_it_and_no_others():
    occupancy = folded([(QUEUE, 1, "enter", at(0)), (("hall", "queue"), 1, "enter", at(0))])
    occupancy.leave("door", at(3))
    assert occupancy.stays(QUEUE, 1) == [Stay(at(0), at(3))]
    assert occupancy.present(("hall", "queue")) == {1: at(0)}


def test_who_is_not_told_to_leave_for_more_than_a_day_was_lost_and_is_there_no_more():
    occupancy = folded([(QUEUE, 1, "enter", at(0)), (QUEUE, 2, "enter", at(86_400))])
    assert occupancy.present(QUEUE) == {1: at(0), 2: at(86_400)}
    occupancy.cross(TILL, 3, "enter", at(86_461))
    assert occupancy.present(QUEUE) == {2: at(86_400)}


def test_a_day_of_visitors_takes_the_room_of_a_quarter_of_an_hour():
    occupancy = Occupancy()
    for track_id in range(10_000):
        occupancy.cross(QUEUE, track_id, "enter", at(8 * track_id))
        occupancy.cross(QUEUE, track_id, "exit", at(8 * track_id + 5))
    assert occupancy.entries(QUEUE) == occupancy.exits(QUEUE) == 10_000
    assert sum(bool(occupancy.stays(QUEUE, track_id)) for track_id in range(10_000)) < 130


def test_a_box_that_jitters_over_the_edge_for_hours_costs_no_more_each_time():
    own = folded((QUEUE, 1, ("enter", "exit")[n % 2], at(n)) for n in range(20_000))
    assert (own.entries(QUEUE), own.exits(QUEUE)) == (10_000, 10_000)
    assert own.stays(QUEUE, 1)[-1] == Stay(at(19_998), at(19_999))
    assert 500 <= len(own.stays(QUEUE, 1)) <= 1_000
    assert not own.cross(QUEUE, 1, "exit", at(19_999))
    assert not own.cross(QUEUE, 1, "enter", at(19_500))
