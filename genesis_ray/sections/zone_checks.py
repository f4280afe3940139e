"""Zones, lines and masks that cannot work, found before anything starts, and those that look odd.

What crosses itself is found, and said where, by GEOS through shapely.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from genesis_ray.domain.clocks.schedules import DAY_MINUTES
from genesis_ray.sections.zones import (
    Corner,
    LineSettings,
    MaskSettings,
    WindowSettings,
    ZoneSettings,
)

_PICTURE = shapely.box(0, 0, 1, 1)

_NOTHING = 1e-9
"""An area, as a share of the picture, that is none: rounding errors are smaller than a pixel."""

_STRIP = 0.1
"""Of the picture's height: people whose feet are as near to its upper edge show feet alone."""

Place = tuple[str, ...]
"""Where something is in a camera's settings: keys and indices."""

_Settings = ZoneSettings | LineSettings | MaskSettings


class Problem(NamedTuple):
    """What is wrong with one place, and the remedy."""

    place: Place
    message: str


class PlacesError(ValueError):
    """Zones, lines or masks of a camera that cannot work, all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = tuple(problems)


def check_places(
    camera_id: str,
    zones: Sequence[ZoneSettings],
    lines: Sequence[LineSettings],
    masks: Sequence[MaskSettings],
) -> None:
    """Refuse what can never count anybody.

    Raises:
        PlacesError: Names everything that is wrong, and what to do.
    """
    found = [*problems(zones, lines, masks)]
    if found:
        raise PlacesError(
            [Problem(place, f"camera {camera_id}: {message}") for place, message in found]
        )


class Doubt(NamedTuple):
    """What may be meant so and rarely is, and the remedy."""

    message: str
    remedy: str


def doubts(zones: Sequence[ZoneSettings], lines: Sequence[LineSettings]) -> Iterator[Doubt]:
    """Yield what is odd about places that can work."""
    places: list[ZoneSettings | LineSettings] = [*zones, *lines]
    for own in places:
        corners = own.outline if isinstance(own, ZoneSettings) else (own.start, own.end)
        heights = [y for _, y in corners]
        if own.anchor.startswith("bottom") and max(heights) < _STRIP:
            yield Doubt(
                f"{_name(own)} lies at the picture's upper edge, where nothing but feet is seen of "
                f"people whose feet are there",
                "set its anchor to center or top_center, or draw it lower",
            )
        if own.anchor.startswith("top") and min(heights) > 1 - _STRIP:
            yield Doubt(
                f"{_name(own)} lies at the picture's lower edge, where nothing but heads is seen "
                f"of people whose heads are there",
                "leave its anchor at bottom_center, or draw it higher",
            )


def problems(
    zones: Sequence[ZoneSettings], lines: Sequence[LineSettings], masks: Sequence[MaskSettings]
) -> Iterator[Problem]:
    """Yield what can never count anybody; places are those in the camera's settings."""
    shapes = []
    for index, mask in enumerate(masks):
        wrong = [*_of_outline(mask, ("masks", str(index)))]
        yield from wrong
        if not wrong:
            shapes.append((mask, shapely.Polygon(mask.outline)))
    for index, zone in enumerate(zones):
        place = ("zones", str(index))
        wrong = [*_of_outline(zone, place)]
        yield from wrong or _of_masked_zone(zone, place, _masks_for(zone, shapes))
        yield from _of_schedule(zone, (*place, "schedule"), zone.schedule)
    for index, line in enumerate(lines):
        place = ("lines", str(index))
        wrong = [*_of_ends(line, place)]
        yield from wrong or _of_course(line, place, _masks_for(line, shapes))
        yield from _of_schedule(line, (*place, "schedule"), line.schedule)


_Masks = dict[str, BaseGeometry]
"""By their ids, those whose anchor is that of what they are held against."""


def _masks_for(
    own: ZoneSettings | LineSettings, shapes: Sequence[tuple[MaskSettings, BaseGeometry]]
) -> _Masks:
    return {mask.mask_id: shape for mask, shape in shapes if mask.anchor == own.anchor}


def _of_outline(own: ZoneSettings | MaskSettings, place: Place) -> Iterator[Problem]:
    at = (*place, "outline")
    outside = [*_outside(own, at, own.outline)]
    yield from outside
    if outside:
        return
    distinct = len({*own.outline})
    if distinct < 3:
        points = "1 distinct corner" if distinct == 1 else f"{distinct} distinct corners"
        yield Problem(at, f"{_name(own)}: its outline has {points}; an area has 3 at least")
    elif shapely.MultiPoint(own.outline).convex_hull.area < _NOTHING:
        yield Problem(
            at,
            f"{_name(own)}: its corners lie on one line, so that it has no area; "
            f"move one of them off it",
        )
    elif not (shape := shapely.Polygon(own.outline)).is_valid:
        why = shapely.is_valid_reason(shape)
        where = re.search(r"\[(\S+) (\S+)\]", why)
        spot = f" at ({float(where[1]):.3g}, {float(where[2]):.3g})" if where else ""
        if why.startswith("Ring"):
            message = f"touches itself{spot}; draw it as two"
        else:
            message = f"crosses itself{spot}; list its corners in their order along the edge"
        yield Problem(at, f"{_name(own)}: its outline {message}")


def _outside(own: _Settings, place: Place, corners: Sequence[Corner]) -> Iterator[Problem]:
    for index, (x, y) in enumerate(corners):
        if not (0 <= x <= 1 and 0 <= y <= 1):
            pixels = "; these look like pixels" if max(abs(x), abs(y)) >= 2 else ""
            yield Problem(
                (*place, str(index)),
                f"{_name(own)}: ({x:g}, {y:g}) lies outside the picture{pixels}; give fractions "
                f"of its width and height, 0 to 1",
            )


def _of_masked_zone(zone: ZoneSettings, place: Place, masks: _Masks) -> Iterator[Problem]:
    shape = shapely.Polygon(zone.outline)
    if masks and (shape - shapely.union_all([*masks.values()])).area < _NOTHING:
        yield Problem(
            place,
            f"{_name(zone)}: all of it is masked by {_touching(shape, masks)}, so that nobody is "
            f"ever in it; move it, or make the mask smaller",
        )


def _of_ends(line: LineSettings, place: Place) -> Iterator[Problem]:
    yield from _outside(line, place, (line.start, line.end))
    if line.start == line.end:
        x, y = line.start
        yield Problem(
            place,
            f"{_name(line)}: start and end are the same point ({x:g}, {y:g}), so that it has no "
            f"length; move one of them",
        )


def _of_course(line: LineSettings, place: Place, masks: _Masks) -> Iterator[Problem]:
    """Find out whether there are people on both sides of a line that can get over it."""
    if not all(_PICTURE.intersection(side).area > _NOTHING for side in _sides(line)):
        yield Problem(
            place,
            f"{_name(line)}: it is too near to the picture's edge to be crossed: on one side "
            f"nobody can get further than its band of {line.band:g} away; move it inwards, or make "
            f"the band smaller",
        )
    elif masks:
        masked = shapely.union_all([*masks.values()])
        course = shapely.LineString([line.start, line.end])
        by = _touching(course, masks)
        if masked.covers(course):
            yield Problem(
                place,
                f"{_name(line)}: all of it is masked by {by}, so that nobody is seen crossing it; "
                f"move it, or make the mask smaller",
            )
        elif any((_PICTURE & side - masked).area < _NOTHING for side in _sides(line)):
            yield Problem(
                place,
                f"{_name(line)}: all of the picture on one side of it is masked, so that it cannot "
                f"be crossed; move it, or make the masks smaller",
            )


def _sides(line: LineSettings) -> Iterator[BaseGeometry]:
    """Yield, for either side of a line, where somebody is out of its band, far over its ends."""
    (x, y), (end_x, end_y) = line.start, line.end
    length = math.hypot(end_x - x, end_y - y)
    along_x, along_y = (end_x - x) / length, (end_y - y) / length
    for across_x, across_y in ((-along_y, along_x), (along_y, -along_x)):
        yield shapely.Polygon(
            [
                (x + along * along_x + off * across_x, y + along * along_y + off * across_y)
                for along, off in ((-3, line.band), (3, line.band), (3, 3), (-3, 3))
            ]
        )


def _touching(shape: BaseGeometry, masks: _Masks) -> str:
    return ", ".join(sorted(name for name, mask in masks.items() if mask.intersects(shape)))


def _of_schedule(
    own: _Settings, place: Place, schedule: Sequence[WindowSettings]
) -> Iterator[Problem]:
    for index, window in enumerate(schedule):
        if window.opens == window.closes:
            yield Problem(
                (*place, str(index)),
                f"{_name(own)}: its window {window.name} has no length; the whole day is 00:00 to "
                f"24:00",
            )
    for (_, one), (index, other) in combinations(enumerate(schedule), 2):
        has_length = one.opens != one.closes and other.opens != other.closes
        if has_length and _overlap(one, other):
            yield Problem(
                (*place, str(index)),
                f"{_name(own)}: its windows {one.name} and {other.name} overlap; join them, or "
                f"make one shorter",
            )


def _overlap(one: WindowSettings, other: WindowSettings) -> bool:
    """Tell whether some minute of the week is in both."""
    week = 7 * DAY_MINUTES
    return any(
        (start - begin) % week < one.window.minutes or (begin - start) % week < other.window.minutes
        for begin in _beginnings(one)
        for start in _beginnings(other)
    )


def _beginnings(window: WindowSettings) -> list[int]:
    return [day * DAY_MINUTES + window.opens for day in window.window.days]


def _name(own: _Settings) -> str:
    match own:
        case ZoneSettings():
            return f"zone {own.zone_id}"
        case LineSettings():
            return f"line {own.line_id}"
        case MaskSettings():
            return f"mask {own.mask_id}"
