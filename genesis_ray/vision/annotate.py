"""Drawing what was understood onto the pictures that it was understood from.

Such pictures show people: draw them only where the operator has asked for video.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import numpy.typing as npt
import supervision as sv

from genesis_ray.domain.clocks.site_time import zone_named
from genesis_ray.domain.places.geometry import Point
from genesis_ray.domain.places.lines import Line
from genesis_ray.domain.places.masks import Mask
from genesis_ray.domain.places.zones import Zone
from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.detections import Tracks

# Dark enough for white letters, far enough apart to be told from each other.
_TRACKS = sv.ColorPalette.from_hex(
    ["#d1495b", "#00798c", "#8f5cc2", "#c05a00", "#30638e", "#5a7d1a", "#b0307f", "#6b4f3a"]
)
_ZONE = sv.Color.from_hex("#f2c14e")
_LINE = sv.Color.from_hex("#4ecdc4")
_INK = sv.Color.from_hex("#1b1f24")
_TRAIL_FRAMES = 20

_Pixel = npt.NDArray[np.int32]
"""A place in a picture, int32 [2]: right, down."""


class Annotator:
    """Draws one camera's tracks, with their trails, its zones, lines and masks, and the time."""

    def __init__(
        self,
        zones: Sequence[Zone],
        lines: Sequence[Line],
        camera_id: str,
        *,
        masks: Sequence[Mask] = (),
        time_zone: str = "UTC",
    ) -> None:
        self._time_zone = zone_named(time_zone)
        self._zones = tuple(zones)
        self._lines = tuple(lines)
        self._masks = tuple(masks)
        self._camera_id = camera_id
        self._pens: _Pens | None = None

    def draw(self, image: Image, tracks: Tracks, labels: Mapping[int, str], at: datetime) -> Image:
        """Return a copy of `image` with everything drawn on it.

        Args:
            image: Of one size in all calls.
            tracks: The people in it.
            labels: Names by track id; a track without one is shown by its number.
            at: When it was captured; counted from the start where that is 1970.
        """
        height, width = image.shape[:2]
        pens = self._pens = self._pens or _Pens(width, height)
        scene: Image = image.copy()
        pens.draw_places(scene, self._zones, self._lines, self._masks)
        pens.draw_tracks(scene, tracks, [labels.get(i, f"#{i}") for i in tracks.track_id.tolist()])
        pens.draw_caption(scene, f"{self._camera_id}   {_clock(at, self._time_zone)}")
        return scene


def draw_places(
    image: Image, *, zones: Sequence[Zone], lines: Sequence[Line], masks: Sequence[Mask]
) -> Image:
    """Return a copy of `image` with a camera's zones, lines and masks, and nobody's tracks."""
    height, width = image.shape[:2]
    scene: Image = image.copy()
    _Pens(width, height).draw_places(scene, zones, lines, masks)
    return scene


class _Pens:
    """What draws on pictures of one size: strokes and letters grow with it."""

    def __init__(self, width: int, height: int) -> None:
        self._size = np.array([width, height])
        self._unit = min(width, height) / 480
        self._stroke = max(1, round(2 * self._unit))
        self._padding = max(2, round(5 * self._unit))
        self._letters = 0.45 * self._unit
        self._thin = max(1, self._stroke // 2)
        by_track = sv.ColorLookup.TRACK
        self._boxes = sv.BoxAnnotator(_TRACKS, thickness=self._stroke, color_lookup=by_track)
        self._trails = sv.TraceAnnotator(
            _TRACKS,
            position=sv.Position.BOTTOM_CENTER,
            trace_length=_TRAIL_FRAMES,
            thickness=self._stroke,
            color_lookup=by_track,
        )
        self._labels = sv.LabelAnnotator(
            _TRACKS,
            text_scale=self._letters,
            text_thickness=self._thin,
            text_padding=self._padding,
            smart_position=True,
            color_lookup=by_track,
        )

    def draw_places(
        self, scene: Image, zones: Sequence[Zone], lines: Sequence[Line], masks: Sequence[Mask]
    ) -> None:
        """Draw masks below zones below lines."""
        for mask in masks:
            self.draw_mask(scene, mask)
        for zone in zones:
            self.draw_zone(scene, zone)
        for line in lines:
            self.draw_line(scene, line)

    def draw_tracks(self, scene: Image, tracks: Tracks, labels: list[str]) -> None:
        """Draw trails below boxes below labels."""
        detections = sv.Detections(
            xyxy=tracks.detections.xyxy * np.tile(self._size, 2), tracker_id=tracks.track_id
        )
        self._trails.annotate(scene, detections)
        self._boxes.annotate(scene, detections)
        self._labels.annotate(scene, detections, labels)

    def draw_mask(self, scene: Image, mask: Mask) -> None:
        """Darken a mask, whose name is not needed to see what it is."""
        outline = np.array([self._pixel(corner) for corner in mask.outline.corners])
        sv.draw_filled_polygon(scene, outline, _INK, opacity=0.6)

    def draw_zone(self, scene: Image, zone: Zone) -> None:
        """Tint a zone and write its name inside its topmost corner."""
        outline = np.array([self._pixel(corner) for corner in zone.outline.corners])
        sv.draw_filled_polygon(scene, outline, _ZONE, opacity=0.18)
        cv2.polylines(scene, [outline], True, _ZONE.as_bgr(), self._stroke, cv2.LINE_AA)
        self._write(scene, zone.zone_id, outline[outline[:, 1].argmin()], paper=_ZONE, ink=_INK)

    def draw_line(self, scene: Image, line: Line) -> None:
        """Draw a line, with an arrow from its middle to the side that is called in."""
        start, end = self._pixel(line.start), self._pixel(line.end)
        colour = _LINE.as_bgr()
        cv2.line(scene, start, end, colour, self._stroke, cv2.LINE_AA)
        across = np.array([start[1] - end[1], end[0] - start[0]])
        middle = (start + end) // 2
        tip = middle + np.rint(across / max(np.hypot(*across), 1) * 24 * self._unit).astype(int)
        cv2.arrowedLine(scene, middle, tip, colour, self._stroke, cv2.LINE_AA, tipLength=0.4)
        self._write(scene, line.line_id, start, paper=_LINE, ink=_INK)

    def draw_caption(self, scene: Image, text: str) -> None:
        """Write a line into the lower left corner."""
        self._write(scene, text, np.array([0, self._size[1]]), paper=_INK, ink=sv.Color.WHITE)

    def _write(
        self, scene: Image, text: str, corner: _Pixel, *, paper: sv.Color, ink: sv.Color
    ) -> None:
        """Write with the upper left of the paper at `corner`, or as near as the picture allows."""
        (wide, high), below = cv2.getTextSize(
            text, cv2.FONT_HERSHEY_SIMPLEX, self._letters, self._thin
        )
        half = np.array([wide, high + below]) // 2 + self._padding
        middle = np.clip(corner + half, half, np.maximum(self._size - half - 1, half))
        sv.draw_text(
            scene,
            text,
            sv.Point(*middle),
            text_color=ink,
            text_scale=self._letters,
            text_thickness=self._thin,
            text_padding=self._padding,
            background_color=paper,
        )

    def _pixel(self, point: Point) -> _Pixel:
        pixel: _Pixel = np.rint(np.array(point) * (self._size - 1)).astype(np.int32)
        return pixel


def _clock(at: datetime, zone: ZoneInfo) -> str:
    """Return the time on a zone's clock, or since the start where nobody knows the date."""
    tenths = at.microsecond // 100_000
    if at.year == 1970:
        seconds = int(at.timestamp())
        return f"{seconds // 60}:{seconds % 60:02}.{tenths}"
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S}.{tenths} {local:%Z}"
