from typing import get_args

import pytest

from genesis_ray.domain.load.roles import (
    MOST_WAITING,
    Role,
    burst_of,
    drop_class_of,
    looks_at_faces,
    rank_of,
)


def test_roles_are_ranked_in_the_order_of_their_importance():
    assert [rank_of(role) for role in get_args(Role)] == list(range(6))


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("billing", "never"),
        ("entrance", "never"),
        ("face_capture", "adaptive"),
        ("tracking", "adaptive"),
        ("vehicle", "aggressive"),
        ("emotion", "aggressive"),
    ],
)
def test_a_role_says_what_a_camera_may_lose(role, kind):
    assert drop_class_of(role) == kind


def test_of_a_camera_that_is_to_lose_nothing_as_much_of_a_burst_is_taken_as_may_wait():
    assert [burst_of(role) for role in get_args(Role)] == [MOST_WAITING["never"]] * 2 + [5] * 4


def test_all_cameras_look_at_faces_but_those_of_vehicles():
    assert {role for role in get_args(Role) if not looks_at_faces(role)} == {"vehicle"}
