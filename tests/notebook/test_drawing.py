import math

import pytest

from genesis_ray import settings_file
from genesis_ray.errors import ConfigurationError
from genesis_ray.notebook.drawing import PlacesDrawing
from genesis_ray.running.places_file import drawn_of

CONFIG = """\
cameras:
  - camera_id: hall
    source: 'synthetic:?seconds=1'   # made up
    zones:
      - zone_id: sofa
        outline: [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]
        loiter_s: 60
"""
RECT = {"type": "rect", "x0": 0.5, "y0": 0.5, "x1": 0.9, "y1": 0.8}
LINE = {"type": "line", "x0": 0.1, "y0": 0.9, "x1": 0.9, "y1": 0.85}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "cameras.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def drawing(config) -> PlacesDrawing:
    return PlacesDrawing(config)


def add(drawing: PlacesDrawing, *shapes: dict[str, object]) -> None:
    """Do what plotly does when somebody draws."""
    drawing.figure.layout.shapes = [*drawing.figure.layout.shapes, *shapes]


def places(config) -> dict[str, tuple[str, int]]:
    (camera,) = settings_file.load(config).cameras
    return {each.place_id: (each.kind, len(each.corners)) for each in drawn_of(camera)}


def test_the_places_there_are_stand_on_the_picture(drawing):
    (shape,) = drawing.figure.layout.shapes
    assert shape.path == "M0.1,0.1L0.4,0.1L0.4,0.4Z"
    assert shape.label.text == "sofa"
    assert drawing.figure.layout.images[0].source.startswith("data:image/png;base64,")
    assert drawing.figure.layout.yaxis.range == (1, 0)  # from the upper left


def test_what_is_drawn_is_written_and_the_rest_stays(drawing, config):
    add(drawing, RECT, LINE, {"type": "path", "path": "M0,0L0.2,0L0.2,0.05L0,0.05Z"})
    drawing.save("till", "door", "sky", masks=["sky"])
    assert places(config) == {
        "sofa": ("zone", 3), "till": ("zone", 4), "door": ("line", 2), "sky": ("mask", 4),
    }  # fmt: skip
    assert config.read_text().startswith(CONFIG)
    assert {shape.label.text for shape in drawing.figure.layout.shapes} == set(places(config))


def test_what_was_drawn_freehand_has_few_corners_and_the_same_shape(drawing, config):
    turns = [number * math.tau / 400 for number in range(400)]
    path = "L".join(f"{0.6 + 0.2 * math.cos(a)},{0.6 + 0.2 * math.sin(a)}" for a in turns)
    add(drawing, {"type": "path", "path": f"M{path}Z"})
    *_, circle = drawing.save("mat")
    assert len(circle.corners) < 30
    for x, y in circle.corners:
        assert math.hypot(x - 0.6, y - 0.6) == pytest.approx(0.2, abs=0.01)


def test_a_zone_that_was_moved_keeps_its_settings(drawing, config):
    drawing.figure.layout.shapes[0].path = "M0.5,0.5L0.8,0.5L0.8,0.9Z"
    drawing.save()
    (zone,) = settings_file.load(config).cameras[0].zones
    assert zone.outline == ((0.5, 0.5), (0.8, 0.5), (0.8, 0.9))
    assert zone.loiter_s == 60


def test_what_was_erased_is_removed(drawing, config):
    drawing.figure.layout.shapes = [RECT]
    drawing.save("till")
    assert places(config) == {"till": ("zone", 4)}


def test_what_was_drawn_over_the_edge_ends_at_it(drawing):
    add(drawing, {**RECT, "x1": 1.04})
    assert max(x for x, _ in drawing.places("till")[-1].corners) == 1


@pytest.mark.parametrize("names", [(), ("a", "b"), ("a",) * 2])
def test_each_new_outline_needs_a_name(drawing, config, names):
    add(drawing, RECT)
    with pytest.raises(ConfigurationError, match="1 new outlines and lines are drawn"):
        drawing.save(*names)
    assert config.read_text() == CONFIG


def test_what_could_never_count_is_refused_and_nothing_is_written(drawing, config):
    add(drawing, RECT, {**LINE, "y0": 0.0, "y1": 0.0})
    with pytest.raises(ConfigurationError, match="line door"):
        drawing.save("till", "door")
    assert config.read_text() == CONFIG


def test_where_anywidget_is_missing_the_remedy_is_told(config, monkeypatch):
    def missing() -> None:
        raise ImportError

    monkeypatch.setattr("genesis_ray.notebook.drawing.go.FigureWidget", missing)
    with pytest.raises(ConfigurationError, match="pip install anywidget"):
        PlacesDrawing(config)
