import pytest

from genesis_ray.analytics.extent import extent, is_within
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from tests.hand_made import at, camera_is, line, seen, tables, visit

DAY = 86_400


def test_the_extent_is_from_the_first_event_to_the_last_of_any_table():
    own = tables([seen(5), line(9), *visit(3, 70), camera_is(1, "online")])
    assert extent(own, until=at(1000)) == (at(1), at(70))


def test_what_is_in_the_future_does_not_make_it_longer():
    own = tables([seen(5), line(9), seen(10**8), line(10**8)])
    assert extent(own, until=at(10**7)) == (at(5), at(9))


def test_nothing_has_no_extent():
    assert extent(tables([]), until=at(0)) is None
    assert extent(tables([seen(5)]), until=at(0)) is None


@pytest.fixture
def folder(tmp_path):
    """Ten days, somebody seen in the middle of each; in the last is a crossing, not committed."""
    with EventLog(tmp_path) as log:
        log.append([seen((day + 0.5) * DAY) for day in range(10)])
    log = EventLog(tmp_path)
    log.append([line(9.75 * DAY)])
    yield tmp_path
    log.close()


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, (0.5, 9.75)),
        (0.75, 9.25, (1.5, 8.5)),  # neither the first nor the last day has a row of these times
        (4.25, 4.75, (4.5, 4.5)),
        (4.6, 4.75, None),
    ],
)
def test_of_files_and_of_what_is_in_none_it_is_the_same(folder, since, until, expected):
    asked = RunTables(folder).between(since and at(since * DAY), until and at(until * DAY))
    assert extent(asked, until=at(20 * DAY)) == (
        expected and (at(expected[0] * DAY), at(expected[1] * DAY))
    )


def test_files_of_few_days_are_read(folder):
    assert len(RunTables(folder)["track_observations"].outermost().files) == 4


def test_of_files_what_is_in_the_future_does_not_make_it_longer(folder):
    assert extent(RunTables(folder), until=at(3.75 * DAY)) == (at(0.5 * DAY), at(3.5 * DAY))


@pytest.mark.parametrize(
    ("seen_at", "expected"),
    [
        ([-10, 110], True),
        ([-10], False),
        ([110], False),
        ([0, 99], False),
        ([-1 - DAY, 110], False),
        ([-10, 100 + DAY], False),
        ([-10, 100], True),
    ],
)
def test_a_range_is_within_what_is_known_where_somebody_was_seen_close_to_both_of_its_ends(
    seen_at, expected
):
    own = tables([seen(second) for second in seen_at])
    assert is_within(own, since=at(0), until=at(100), now=at(10 * DAY)) == expected


def test_what_is_in_the_future_makes_no_range_known():
    own = tables([seen(-10), seen(500)])
    assert not is_within(own, since=at(0), until=at(100), now=at(400))
    assert not is_within(own, since=at(0), until=at(100), now=at(50))
