from types import SimpleNamespace

import pytest
import ray

from genesis_ray.domain.load.capacity import CAMERAS_A_GROUP
from genesis_ray.live.placing import in_groups, place, warn_of_devices
from genesis_ray.running.changes import changes_between
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import GroupSettings, Settings


def cameras(first: int, count: int, **more: object) -> list[CameraSettings]:
    return [
        CameraSettings(camera_id=f"c{n}", source="film.mp4", **more)
        for n in range(first, first + count)
    ]


def group(own: list[CameraSettings], node: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(cameras={camera.camera_id: camera for camera in own}, node=node)


def moves(groups: list[SimpleNamespace], after: list[CameraSettings]):
    before = [camera for each in groups for camera in each.cameras.values()]
    settings = Settings(cameras=after)
    placed = place(changes_between(Settings(cameras=before), settings), settings, groups)
    known = [
        (groups.index(each), move.leaving, [camera.camera_id for camera in move.coming])
        for each, move in placed.known
    ]
    return known, [[camera.camera_id for camera in move.coming] for move in placed.further]


def test_as_few_groups_as_will_do():
    settings = Settings(cameras=cameras(0, 2 * CAMERAS_A_GROUP + 1))
    assert [len(own) for own in in_groups(settings)] == [6, 6, 5]
    larger = settings.model_copy(update={"groups": GroupSettings(cameras=20)})
    assert [len(own) for own in in_groups(larger)] == [17]


def test_a_changed_camera_stays_in_its_group():
    first, second = group(cameras(0, 8)), group(cameras(8, 1))
    after = [*cameras(0, 1, process_fps=5), *cameras(1, 8)]
    assert moves([first, second], after) == ([(0, ["c0"], ["c0"])], [])


def test_a_new_camera_goes_where_the_most_room_is():
    first, second = group(cameras(0, 6)), group(cameras(6, 3))
    assert moves([first, second], cameras(0, 11)) == ([(1, [], ["c9", "c10"])], [])


def test_where_there_is_no_room_a_group_is_made():
    assert moves([group(cameras(0, 8))], cameras(0, 18)) == (
        [],
        [[f"c{n}" for n in range(8, 16)], ["c16", "c17"]],
    )


def test_a_node_without_a_group_gets_one():
    assert moves([group(cameras(0, 1))], [*cameras(0, 1), *cameras(1, 1, node="shop")]) == (
        [],
        [["c1"]],
    )


def test_room_that_becomes_free_is_taken():
    full = group(cameras(0, 8))
    assert moves([full], cameras(1, 8)) == ([(0, ["c0"], ["c8"])], [])


@pytest.mark.parametrize(
    ("nodes", "node", "is_told"), [(2, None, True), (2, "shop", False), (1, None, False)]
)
def test_a_device_of_any_of_several_nodes_is_warned_of(monkeypatch, caplog, nodes, node, is_told):
    monkeypatch.setattr(ray, "nodes", lambda: [{"Alive": True}] * nodes + [{"Alive": False}])
    warn_of_devices([CameraSettings(camera_id="till", source="device:0", node=node)])
    assert ("camera till: device:0 is looked for on whichever node" in caplog.text) == is_told


def test_cameras_that_every_node_can_watch_are_not_warned_of(caplog):
    warn_of_devices(cameras(0, 3))  # Ray is not asked: it does not run
    assert caplog.text == ""
