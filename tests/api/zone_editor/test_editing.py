import pytest

from genesis_ray.api.zone_editor.editing import Editing
from genesis_ray.running.zones.places_file import Drawn

CONFIG = """\
cameras:
  - camera_id: hall
    source: door.mp4
"""
TILL = Drawn("zone", "till", ((0.5, 0.5), (0.9, 0.5), (0.9, 0.8)))
MOVED = Drawn("zone", "till", ((0.4, 0.5), (0.9, 0.5), (0.9, 0.8)))
DOOR = Drawn("line", "door", ((0.1, 0.9), (0.9, 0.85)))


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([[TILL], [TILL, DOOR]], ["zone till was added", "line door was added"]),
        ([[TILL], [MOVED]], ["zone till was added"]),
        ([[TILL], []], []),
        ([[]], []),
    ],
    ids=["both are new", "moved after", "taken back", "nothing drawn"],
)
def test_what_was_written_is_told_from_first_to_last(tmp_path, steps, told):
    config = tmp_path / "cameras.yaml"
    config.write_text(CONFIG)
    editing = Editing(config, "hall", b"")
    shown: list[Drawn] = []
    for places in steps:
        editing.save(places, shown=shown)
        shown = places
    assert editing.end() == told


def test_what_was_there_and_moved_was_changed(tmp_path):
    config = tmp_path / "cameras.yaml"
    config.write_text(CONFIG)
    Editing(config, "hall", b"").save([TILL, DOOR], shown=[])
    editing = Editing(config, "hall", b"")
    editing.save([MOVED], shown=[TILL, DOOR])
    assert sorted(editing.end()) == ["line door was removed", "zone till was changed"]
