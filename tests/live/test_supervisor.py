from genesis_ray.domain.capacity import CAMERAS_A_GROUP
from genesis_ray.live import supervisor


def test_cameras_are_put_together_as_the_planner_takes_it():
    assert supervisor._CAMERAS_A_GROUP == CAMERAS_A_GROUP
