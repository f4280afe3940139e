from datetime import UTC, datetime, timedelta

from genesis_ray.domain.load.drops import DropTally

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def test_drops_are_told_once_a_minute():
    tally = DropTally()
    assert tally.take(at(0), 1, {}) is None
    assert tally.take(at(30), 100, {"busy": 7}) is None
    told = tally.take(at(60), 200, {"busy": 9, "sampled": 4})
    assert (told.since, told.at) == (at(0), at(60))
    assert (told.looked_at, told.by_reason) == (200, {"busy": 9, "sampled": 4})
    told = tally.take(at(125), 300, {"busy": 12, "sampled": 4})
    assert (told.since, told.looked_at, told.by_reason) == (at(60), 100, {"busy": 3})


def test_a_minute_without_is_not_told_and_not_told_of_later():
    tally = DropTally()
    tally.take(at(0), 0, {})
    assert tally.take(at(60), 100, {"busy": 0}) is None
    assert tally.take(at(120), 150, {"busy": 1}).looked_at == 50


def test_frames_in_which_there_was_nothing_to_see_are_not_lost():
    tally = DropTally()
    tally.take(at(0), 0, {})
    assert tally.take(at(60), 10, {"still": 900, "grey": 3}) is None


def test_at_the_end_the_rest_is_told():
    tally = DropTally()
    tally.take(at(0), 0, {})
    told = tally.take(at(60), 100, {"busy": 5})
    rest = tally.take(None, 120, {"busy": 6})
    assert rest.by_reason == {"busy": 1}
    assert rest.at > told.at


def test_a_counter_of_a_new_process_begins_at_zero():
    tally = DropTally(looked_at=1000)
    tally.take(at(0), 1010, {"busy": 2})
    assert tally.take(at(60), 1100, {"busy": 20}).looked_at == 100
    assert tally.take(at(120), 1200, {"busy": 3}).by_reason == {"busy": 3}


def test_a_camera_that_never_came_has_dropped_nothing():
    assert DropTally().take(None, 0, {}) is None
