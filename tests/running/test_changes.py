import pytest

from genesis_ray.errors import ConfigurationError
from genesis_ray.running.changes import changes_between
from genesis_ray.settings import Settings


def settings(*cameras: dict[str, object], **others: object) -> Settings:
    return Settings(
        cameras=[{"source": f"{camera['camera_id']}.mp4", **camera} for camera in cameras],
        **others,
    )


DOOR, TILL, YARD = ({"camera_id": name} for name in ("door", "till", "yard"))


def test_cameras_come_go_and_change():
    changes = changes_between(
        settings(DOOR, TILL), settings({**DOOR, "process_fps": 5, "role": "entrance"}, YARD)
    )
    assert [camera.camera_id for camera in changes.added] == ["yard"]
    assert [camera.camera_id for camera in changes.removed] == ["till"]
    (changed,) = changes.changed
    assert (changed.after.camera_id, changed.fields) == ("door", ("role", "process_fps"))
    assert changes.leaving == ["till", "door"]
    assert [camera.camera_id for camera in changes.coming] == ["yard", "door"]
    assert str(changes) == "+yard; -till; door: role, process_fps"


def test_the_same_again_is_no_change_and_neither_is_another_order():
    assert not changes_between(settings(DOOR, TILL), settings(TILL, DOOR))


def test_a_camera_that_was_given_up_is_begun_with_again_though_it_stays_as_it_was():
    changes = changes_between(
        settings(DOOR, TILL), settings(DOOR, TILL), given_up={"till", "of before"}
    )
    assert str(changes) == "till: watched again"
    assert (changes.leaving, [each.camera_id for each in changes.coming]) == (["till"], ["till"])


def test_what_only_a_restart_can_change_is_refused_and_named():
    with pytest.raises(ConfigurationError, match="visit_gap_s, detector"):
        changes_between(
            settings(DOOR),
            settings(DOOR, YARD, detector={"model": "yolov8s"}, visit_gap_s=9),
        )


def test_a_system_without_cameras_is_no_system():
    with pytest.raises(ConfigurationError, match="no camera would be left"):
        changes_between(settings(DOOR), settings())
