import pytest

from genesis_ray.domain.clocks.camera_clocks import CameraClocks
from genesis_ray.domain.clocks.ordering import DONE, NOT_BEGUN
from tests.domain.told import at, camera_is, seen

FAR = 10_000.0


@pytest.fixture
def clocks() -> CameraClocks:
    return CameraClocks()


def begin(clocks: CameraClocks, *cameras: str) -> None:
    for camera in cameras:
        clocks.take(seen(0, camera=camera), at(0))


def test_as_long_as_nobody_says_otherwise_all_are_as_far_as_the_site(clocks):
    assert clocks.at("door", at(7)) == at(7)


def test_at_no_camera_it_is_later_than_what_it_told(clocks):
    clocks.hear({"door": at(5), "hall": at(FAR)}, None)
    assert (clocks.at("door", at(FAR)), clocks.at("hall", at(FAR))) == (at(5), at(FAR))


def test_time_does_not_go_back_where_something_comes_after_its_turn(clocks):
    clocks.hear({"door": at(5)}, None)
    assert clocks.at("door", at(5)) == clocks.at("door", at(3)) == at(5)


def test_at_a_camera_that_has_told_nothing_time_has_not_begun(clocks):
    clocks.hear({"door": NOT_BEGUN}, None)
    assert not clocks.has_begun("door")
    assert clocks.at("door", at(9)) == NOT_BEGUN
    assert clocks.has_begun("taken off since")


def test_at_one_that_is_over_time_goes_on_with_the_slower_half_of_those_that_watch(clocks):
    begin(clocks, "door", "hall", "till", "yard")
    clocks.hear({"door": DONE, "hall": at(30), "till": at(31), "yard": at(FAR)}, None)
    clocks.take(camera_is("ended", 10), at(10))
    assert clocks.at("door", at(20)) == at(20)
    assert clocks.at("door", at(FAR)) == at(31)


def test_once_nobody_watches_any_more_it_stands_still(clocks):
    begin(clocks, "door", "hall")
    clocks.take(camera_is("failed", 10), at(10))
    clocks.take(camera_is("ended", 20, camera="hall"), at(20))
    begin(clocks, "yard")
    assert (clocks.at("door", at(FAR)), clocks.at("hall", at(FAR))) == (at(20), at(20))


def test_one_that_is_taken_off_without_a_word_is_over(clocks):
    begin(clocks, "door", "hall")
    clocks.hear({"door": at(10), "hall": at(10)}, at(10))
    clocks.hear({"hall": DONE}, at(10))
    clocks.take(camera_is("ended", 12, camera="hall"), at(12))
    begin(clocks, "yard")
    assert clocks.at("door", at(FAR)) == at(12)


def test_one_that_comes_back_has_a_time_of_its_own_again(clocks):
    begin(clocks, "door")
    clocks.take(camera_is("ended", 50), at(50))
    assert clocks.at("door", at(60)) == at(50)
    begin(clocks, "door")
    clocks.hear({"door": at(3)}, at(3))
    assert clocks.at("door", at(3)) == at(3)
