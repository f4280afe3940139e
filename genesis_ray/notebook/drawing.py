"""Drawing zones, lines and masks on a camera's picture in a notebook, into the configuration.

Plotly draws: its figure is as wide and high as 1, so places are fractions from the start. What is
drawn freehand has a corner for each step of the mouse; most of these are left out.
"""

import base64
import re
from collections.abc import Collection, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import shapely

from genesis_ray import settings_file
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.camera_frame import take_frame
from genesis_ray.running.places_file import Drawn, Kind, camera_named, draw, drawn_of
from genesis_ray.settings import Settings
from genesis_ray.settings_zones import Corner
from genesis_ray.vision.places_picture import as_png

_TOLERANCE = 0.01
"""How far from what was drawn an outline may be, as a fraction of the picture."""

_WIDTH_PX = 900

_COLOURS: dict[Kind, str] = {"zone": "#f2c14e", "line": "#4ecdc4", "mask": "#1b1f24"}
_OPACITY: dict[Kind, float] = {"zone": 0.25, "line": 1.0, "mask": 0.6}

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


class PlacesDrawing:
    """One camera's picture to draw on. Show it as the last thing of a cell, draw, then `save`.

    With the buttons above: a closed outline, a rectangle or a line; eraser. Corners of what is
    there can be dragged, once it was clicked. The picture shows people, and is in the cell's
    output: clear that before you hand the notebook on.

    Attributes:
        camera_id: Of the camera.
        figure: What is drawn on, plotly's FigureWidget.
    """

    def __init__(
        self,
        config: str | PathLike[str],
        camera_id: str | None = None,
        *,
        at_s: float = 0.0,
    ) -> None:
        """Take a picture of a camera and draw its places on it.

        Args:
            config: The YAML file with the camera.
            camera_id: Which camera; None: the only one.
            at_s: Seconds from the start of a recording.

        Raises:
            ConfigurationError: The file is wrong, or anywidget is not installed.
            NotFoundError: There is no such camera.
            SourceError: It shows no picture.
        """
        self._config = Path(config)
        settings = settings_file.load(self._config)
        camera = camera_named(settings, camera_id)
        self.camera_id = camera.camera_id
        image = take_frame(settings, camera, at_s=at_s)
        try:
            self.figure = go.FigureWidget()
        except ImportError as error:
            raise ConfigurationError(
                "drawing in a notebook wants anywidget: `pip install anywidget`, and start the "
                "notebook again; without a display there is `genesis zones add`"
            ) from error
        height, width = image.shape[:2]
        content = base64.b64encode(as_png(image)).decode()
        _lay_out(self.figure, f"data:image/png;base64,{content}", height / width)
        self._show(settings)

    def places(self, *names: str, masks: Collection[str] = ()) -> list[Drawn]:
        """Return what is drawn now.

        Args:
            names: Of what is new, in the order in which it was drawn.
            masks: Those of the names that are masks; else outlines are zones.

        Raises:
            ConfigurationError: There are more or fewer names than is new, or one comes twice.
        """
        shapes = list(self.figure.layout.shapes)
        new = sum(_known(shape) is None for shape in shapes)
        if new != len(names) or len(set(names)) < len(names):
            raise ConfigurationError(
                f"{new} new outlines and lines are drawn: give as many names, each once, in the "
                f"order in which they were drawn; got {', '.join(names) or 'none'}"
            )
        left = iter(names)
        return [_drawn(shape, left, masks) for shape in shapes]

    def save(self, *names: str, masks: Collection[str] = ()) -> list[Drawn]:
        """Write what is drawn into the configuration, and return it.

        New outlines and lines get `names`; what was moved keeps its settings; what was erased is
        removed. All else in the file stays as it is, and all of it where anything cannot work.

        Args:
            names: See `places`.
            masks: See `places`.

        Raises:
            ConfigurationError: Of names, see `places`; of places, see `genesis zones check`.
        """
        drawn = self.places(*names, masks=masks)
        before = drawn_of(camera_named(settings_file.load(self._config), self.camera_id))
        kept = {(each.kind, each.place_id) for each in drawn}
        gone = [
            (each.kind, each.place_id) for each in before if (each.kind, each.place_id) not in kept
        ]
        self._show(draw(self._config, self.camera_id, drawn, gone=gone))
        return drawn

    def _show(self, settings: Settings) -> None:
        """Draw the places that are configured, and nothing else."""
        camera = camera_named(settings, self.camera_id)
        self.figure.layout.shapes = [_shape(each) for each in drawn_of(camera)]

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.figure._repr_mimebundle_(**options)


def _lay_out(figure: go.FigureWidget, picture: str, aspect: float) -> None:
    figure.add_layout_image(
        source=picture, xref="x", yref="y", x=0, y=0, sizex=1, sizey=1,
        sizing="stretch", layer="below",
    )  # fmt: skip
    tenths = {"dtick": 0.1, "showgrid": True, "gridcolor": "rgba(255, 255, 255, 0.35)"}
    figure.update_xaxes(range=[0, 1], side="top", zeroline=False, **tenths)
    figure.update_yaxes(range=[1, 0], zeroline=False, **tenths)
    figure.update_layout(
        width=_WIDTH_PX,
        height=round(_WIDTH_PX * aspect) + 60,
        margin={"l": 40, "r": 10, "t": 50, "b": 10},
        dragmode="drawclosedpath",
        newshape={
            "line": {"color": _COLOURS["zone"], "width": 3},
            "fillcolor": _COLOURS["zone"],
            "opacity": _OPACITY["zone"],
        },
        modebar={"add": ["drawclosedpath", "drawrect", "drawline", "eraseshape"]},
    )


def _shape(place: Drawn) -> dict[str, Any]:
    """Return a place as plotly draws it, which keeps whose it is in its name."""
    colour = _COLOURS[place.kind]
    shape: dict[str, Any] = {
        "name": f"{place.kind}:{place.place_id}",
        "editable": True,
        "line": {"color": colour, "width": 3},
        "label": {"text": place.place_id, "font": {"color": "white", "size": 14}},
    }
    if place.kind == "line":
        (x0, y0), (x1, y1) = place.corners
        return {**shape, "type": "line", "x0": x0, "y0": y0, "x1": x1, "y1": y1}
    path = "L".join(f"{x},{y}" for x, y in place.corners)
    return {
        **shape, "type": "path", "path": f"M{path}Z", "fillcolor": colour,
        "opacity": _OPACITY[place.kind],
    }  # fmt: skip


def _known(shape: Any) -> tuple[Kind, str] | None:
    """Return what a shape has been drawn for; None: it is new."""
    match (shape.name or "").split(":"):
        case ["zone" | "line" | "mask" as kind, place_id]:
            return kind, place_id
    return None


def _drawn(shape: Any, names: Iterator[str], masks: Collection[str]) -> Drawn:
    if known := _known(shape):
        return Drawn(*known, _corners(shape))
    name = next(names)
    if shape.type == "line":
        return Drawn("line", name, _corners(shape))
    return Drawn("mask" if name in masks else "zone", name, _simplified(_corners(shape)))


def _corners(shape: Any) -> tuple[Corner, ...]:
    """Return the corners of a shape; what was drawn over the picture's edge ends there."""
    match shape.type:
        case "line":
            corners = [(shape.x0, shape.y0), (shape.x1, shape.y1)]
        case "rect":
            corners = [
                (shape.x0, shape.y0), (shape.x1, shape.y0),
                (shape.x1, shape.y1), (shape.x0, shape.y1),
            ]  # fmt: skip
        case _:
            numbers = [float(number) for number in _NUMBER.findall(shape.path)]
            corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    return tuple((min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for x, y in corners)


def _simplified(corners: tuple[Corner, ...]) -> tuple[Corner, ...]:
    """Return an outline with no more corners than its shape takes."""
    if len(corners) < 5:
        return corners
    outline = shapely.Polygon(corners).simplify(_TOLERANCE, preserve_topology=True)
    return tuple((float(x), float(y)) for x, y in outline.exterior.coords[:-1])
