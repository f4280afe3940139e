import re
import sys

import pytest

from genesis_ray import settings_file
from genesis_ray.errors import ConfigurationError
from genesis_ray.notebook.drawing import PlacesDrawing
from genesis_ray.running.zones.places_file import Drawn, draw, drawn_of

CONFIG = """\
cameras:
  - camera_id: hall
    source: 'synthetic:?seconds=1'   # made up
    zones:
      - zone_id: sofa
        outline: [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]
        loiter_s: 60
"""
SOFA = {
    "kind": "zone", "name": "sofa", "corners": [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]],
    "is_new": False,
}  # fmt: skip
TILL = [(0.5, 0.5), (0.9, 0.5), (0.9, 0.8), (0.5, 0.8)]
NEW_TILL = {"kind": "zone", "name": "till", "corners": TILL, "is_new": True}
DOOR = [(0.1, 0.9), (0.9, 0.85)]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "cameras.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def drawing(config) -> PlacesDrawing:
    return PlacesDrawing(config)


def press_save(drawing: PlacesDrawing, *places: dict[str, object]) -> None:
    """Do what the page's script does when its button is pressed."""
    drawing.widget._handle_custom_msg({"do": "save", "places": list(places)}, [])


def places(config) -> dict[str, tuple[str, int]]:
    (camera,) = settings_file.load(config).cameras
    return {each.place_id: (each.kind, len(each.corners)) for each in drawn_of(camera)}


def test_the_places_there_are_stand_on_the_picture(drawing):
    assert drawing.widget.places == drawing.widget.saved == [SOFA]
    assert drawing.widget.picture.startswith("data:image/png;base64,")


def test_what_is_drawn_is_written_and_the_rest_stays(drawing, config):
    drawing.add("till", TILL)
    drawing.add("door", DOOR, kind="line")
    drawing.add("sky", [(0, 0), (0.2, 0), (0.2, 0.05), (0, 0.05)], kind="mask")
    assert drawing.widget.places[1]["is_new"]
    drawing.save()
    assert places(config) == {
        "sofa": ("zone", 3), "till": ("zone", 4), "door": ("line", 2), "sky": ("mask", 4),
    }  # fmt: skip
    assert config.read_text().startswith(CONFIG)
    assert drawing.widget.places == drawing.widget.saved
    assert {(place["name"], place["is_new"]) for place in drawing.widget.saved} == {
        (name, False) for name in places(config)
    }


def test_a_zone_that_was_moved_keeps_its_settings(drawing, config):
    press_save(drawing, {**SOFA, "corners": [[0.5, 0.5], [0.8, 0.5], [0.8, 0.9]]})
    (zone,) = settings_file.load(config).cameras[0].zones
    assert zone.outline == ((0.5, 0.5), (0.8, 0.5), (0.8, 0.9))
    assert zone.loiter_s == 60
    assert drawing.widget.status == {"text": f"Saved in {config}.", "failed": False}


def test_what_was_removed_is_removed_from_the_file(drawing, config):
    press_save(drawing, NEW_TILL)
    assert places(config) == {"till": ("zone", 4)}


def test_what_somebody_else_added_meanwhile_stays_and_is_shown(drawing, config):
    draw(config, "hall", [Drawn("zone", "till", tuple(TILL))])
    drawing.add("door", DOOR, kind="line")
    drawing.save()
    assert places(config) == {"sofa": ("zone", 3), "till": ("zone", 4), "door": ("line", 2)}
    assert {place["name"] for place in drawing.widget.places} == set(places(config))


def test_what_somebody_else_moved_or_removed_meanwhile_is_not_taken_back(drawing, config):
    draw(config, "hall", [Drawn("zone", "sofa", tuple(TILL))])
    drawing.add("door", DOOR, kind="line")
    drawing.save()
    assert places(config) == {"sofa": ("zone", 4), "door": ("line", 2)}
    draw(config, "hall", [], gone=[("zone", "sofa")])
    drawing.add("till", TILL)
    drawing.save()
    assert places(config) == {"till": ("zone", 4), "door": ("line", 2)}


@pytest.mark.parametrize(
    ("meanwhile", "drawn"),
    [
        ({"places": [Drawn("zone", "sofa", tuple(TILL))]}, [{**SOFA, "corners": TILL[1:]}]),
        ({"places": [Drawn("zone", "sofa", tuple(TILL))]}, []),
        ({"places": [], "gone": [("zone", "sofa")]}, [{**SOFA, "corners": TILL}]),
        ({"places": [Drawn("zone", "till", tuple(TILL[1:]))]}, [SOFA, NEW_TILL]),
    ],
    ids=["both moved it", "moved and removed", "removed and moved", "both made one"],
)
def test_what_was_changed_here_and_in_the_file_is_refused_and_nothing_is_written(
    drawing, config, meanwhile, drawn
):
    draw(config, "hall", **meanwhile)
    is_now = config.read_text()
    press_save(drawing, *drawn)
    assert drawing.widget.status["failed"]
    assert re.search("zone (sofa|till) .* meanwhile", drawing.widget.status["text"])
    assert config.read_text() == is_now
    assert drawing.widget.places == drawn  # to be compared


def test_what_was_removed_here_and_in_the_file_is_gone(drawing, config):
    draw(config, "hall", [Drawn("line", "door", tuple(DOOR))], gone=[("zone", "sofa")])
    press_save(drawing)
    assert places(config) == {"door": ("line", 2)}


@pytest.mark.parametrize(
    ("names", "reason"), [([""], "a zone has no name"), (["till", "till"], "2 zones are called")]
)
def test_each_place_needs_a_name_of_its_own(drawing, config, names, reason):
    for name in names:
        drawing.add(name, TILL)
    with pytest.raises(ConfigurationError, match=reason):
        drawing.save()
    assert config.read_text() == CONFIG


def test_what_could_never_count_is_refused_by_the_button_and_nothing_is_written(drawing, config):
    edge = {"kind": "line", "name": "door", "corners": [[0.1, 0], [0.9, 0]], "is_new": True}
    press_save(drawing, SOFA, edge)
    assert drawing.widget.status["failed"]
    assert "line door" in drawing.widget.status["text"]
    assert drawing.widget.places == [SOFA, edge]  # to be mended
    assert config.read_text() == CONFIG


def test_where_anywidget_is_missing_the_remedy_is_told(config, monkeypatch):
    monkeypatch.delitem(sys.modules, "genesis_ray.notebook.drawing_widget", raising=False)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ConfigurationError, match="pip install anywidget"):
        PlacesDrawing(config)
