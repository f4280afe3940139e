from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.figures.event_page import PageRequest, Place

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("since", "after", "begins_at"),
    [
        (None, None, None),
        (NOON, None, NOON),
        (None, LATER, LATER),
        (NOON, LATER, LATER),
        (LATER, NOON, LATER),
    ],
)
def test_a_page_begins_at_the_later_of_its_bounds(since, after, begins_at):
    place = Place(after, bytes(16)) if after else None
    assert PageRequest(limit=1, since=since, after=place).begins_at == begins_at


def test_the_next_page_is_the_same_request_behind_a_place():
    place = Place(LATER, bytes(16))
    request = PageRequest(limit=7, camera_id="door", since=NOON)
    assert request.behind(place) == PageRequest(limit=7, camera_id="door", since=NOON, after=place)
