import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.load.spreading import CameraLoad, GroupLoad, best_group, spread

LOADS = st.lists(
    st.builds(
        CameraLoad,
        name=st.uuids().map(str),
        drop_class=st.sampled_from(["never", "adaptive", "aggressive"]),
        fps=st.floats(0.1, 60),
        node=st.sampled_from([None, "north", "south"]),
    ),
    max_size=40,
)


def camera(name: str, drop_class: str = "adaptive", fps: float = 5.0, **more: str) -> CameraLoad:
    return CameraLoad(name, drop_class, fps, **more)


def names(groups: list[GroupLoad]) -> list[set[str]]:
    return [{own.name for own in group.cameras} for group in groups]


def test_each_group_has_its_share_of_the_important_cameras():
    tills = [camera(f"till-{n}", "never") for n in range(4)]
    halls = [camera(f"hall-{n}") for n in range(8)]
    for group in spread([*tills, *halls], most=8):
        assert sum(own.drop_class == "never" for own in group.cameras) == 2


def test_the_load_is_even_where_importance_is():
    fast = [camera(f"fast-{n}", fps=30) for n in range(2)]
    slow = [camera(f"slow-{n}", fps=10) for n in range(2)]
    assert names(spread([*fast, *slow], most=2)) == [{"fast-0", "slow-0"}, {"fast-1", "slow-1"}]


def test_cameras_of_another_node_never_share_a_group():
    groups = spread([camera("a"), camera("b", node="shop"), camera("c")], most=8)
    assert names(groups) == [{"a", "c"}, {"b"}]
    assert [group.node for group in groups] == [None, "shop"]


def test_a_new_camera_goes_where_its_class_is_rarest():
    crowded = GroupLoad((camera("a", "never"), camera("b", "never")))
    busy = GroupLoad((camera("c", fps=60), camera("d", fps=60)))
    assert best_group(camera("e", "never"), [crowded, busy], most=8) == 1
    assert best_group(camera("f"), [crowded, busy], most=8) == 0


def test_a_full_group_takes_no_more():
    full = GroupLoad((camera("a"), camera("b")))
    assert best_group(camera("c"), [full], most=2) is None


@pytest.mark.parametrize("most", [1, 3, 8])
@given(loads=LOADS)
def test_every_camera_is_in_one_group_of_its_node_and_groups_are_few(loads, most):
    groups = spread(loads, most=most)
    placed = [own for group in groups for own in group.cameras]
    assert sorted(placed, key=lambda own: own.name) == sorted(loads, key=lambda own: own.name)
    for node in {own.node for own in loads}:
        own = [group for group in groups if group.node == node]
        count = sum(len(group.cameras) for group in own)
        assert all(camera.node == node for group in own for camera in group.cameras)
        assert len(own) == -(-count // most)
        assert all(group.cameras for group in own)
