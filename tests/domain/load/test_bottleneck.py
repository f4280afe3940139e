import pytest

from genesis_ray.domain.load.bottleneck import bottleneck


@pytest.mark.parametrize("dropped", [{}, {"busy": 0}, {"blank": 30, "still": 9, "burst": 2}])
def test_nothing_is_in_the_way_where_no_frame_is_dropped_for_want_of_time(dropped):
    assert bottleneck(dropped, detector_busy=0.99) is None


@pytest.mark.parametrize("reason", ["busy", "sampled"])
@pytest.mark.parametrize(
    ("busy", "found"),
    [(0.1, "detector-starved"), (0.29, "detector-starved"), (0.3, "detector"), (1.8, "detector")],
)
def test_a_detector_that_is_idle_while_frames_wait_is_starved(reason, busy, found):
    assert bottleneck({reason: 5}, detector_busy=busy) == found


def test_frames_that_are_not_even_decoded_are_no_detectors_fault():
    assert bottleneck({"skipped": 40, "busy": 3}, detector_busy=0.1) == "decoding"
    assert bottleneck({"skipped": 2, "busy": 30}, detector_busy=0.9) == "detector"
