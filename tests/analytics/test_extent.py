from genesis_ray.analytics.extent import extent
from tests.hand_made import at, camera_is, line, seen, tables, visit


def test_the_extent_is_from_the_first_event_to_the_last_of_any_table():
    own = tables([seen(5), line(9), *visit(3, 70), camera_is(1, "online")])
    assert extent(own, until=at(1000)) == (at(1), at(70))


def test_what_is_in_the_future_does_not_make_it_longer():
    own = tables([seen(5), line(9), seen(10**8), line(10**8)])
    assert extent(own, until=at(10**7)) == (at(5), at(9))


def test_nothing_has_no_extent():
    assert extent(tables([]), until=at(0)) is None
    assert extent(tables([seen(5)]), until=at(0)) is None
