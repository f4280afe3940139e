from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.tracking.track_ids import first_track_id, next_track_id

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("began_at", [UNDATED, NOON, NOON + timedelta(seconds=0.9)])
@pytest.mark.parametrize("until_s", [0.0, 0.001, 0.04, 0.99, 1.0, 3600.0])
def test_who_comes_after_another_gives_no_track_an_id_that_it_had(began_at, until_s):
    people = 200
    first = range(first_track_id(began_at), first_track_id(began_at) + people)
    told_until = began_at + timedelta(seconds=until_s)
    second = range(next_track_id(told_until), next_track_id(told_until) + people)
    third = next_track_id(told_until + timedelta(milliseconds=1))  # one frame later, and so on
    assert max(first) < min(second)
    assert max(second) < third


def test_a_recording_that_begins_a_second_later_has_ids_above_those_of_who_came_after():
    second = next_track_id(NOON - timedelta(seconds=1))
    assert second + 900_000 < first_track_id(NOON)
