from ray.serve.config import AutoscalingConfig

from genesis_ray.sections.models import DetectorSettings
from genesis_ray.serving.placement import autoscaling


def test_replicas_follow_the_settings_and_no_average_is_longer_than_the_delay():
    settings = DetectorSettings(min_replicas=2, max_replicas=6, upscale_delay_s=4)
    told = AutoscalingConfig(**autoscaling(settings, requests_a_replica=3))
    assert (told.min_replicas, told.max_replicas, told.target_ongoing_requests) == (2, 6, 3)
    assert (told.upscale_delay_s, told.downscale_delay_s) == (4, 300)
    assert told.look_back_period_s == 4


def test_a_delay_of_nothing_still_averages_over_a_second():
    told = autoscaling(DetectorSettings(upscale_delay_s=0), requests_a_replica=3)
    assert told["look_back_period_s"] == 1
