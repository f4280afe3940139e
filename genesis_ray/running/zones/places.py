"""A camera's zones, lines and masks, from settings to what the domain knows."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from genesis_ray.domain.clocks.schedules import Schedule
from genesis_ray.domain.places.geometry import Point, Polygon
from genesis_ray.domain.places.lines import Line
from genesis_ray.domain.places.masks import Mask
from genesis_ray.domain.places.zones import Zone
from genesis_ray.pipeline.counting import Layout
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.zones import WindowSettings


def zones_of(camera: CameraSettings, *, time_zone: str) -> tuple[Zone, ...]:
    """Return a camera's zones, whose hours are those of the clocks of `time_zone`."""
    return tuple(
        Zone(
            zone.zone_id,
            Polygon.of(zone.outline),
            anchor=zone.anchor,
            settle=_seconds(zone.settle_s),
            loiter=_seconds(zone.loiter_s),
            hours=_hours(zone.schedule, time_zone),
            area_m2=zone.area_m2,
        )
        for zone in camera.zones
    )


def lines_of(camera: CameraSettings, *, time_zone: str) -> tuple[Line, ...]:
    """Return a camera's counting lines, whose hours are those of the clocks of `time_zone`."""
    return tuple(
        Line(
            line.line_id,
            Point(*line.start),
            Point(*line.end),
            anchor=line.anchor,
            band=line.band,
            settle=_seconds(line.settle_s),
            hours=_hours(line.schedule, time_zone),
        )
        for line in camera.lines
    )


def masks_of(camera: CameraSettings) -> tuple[Mask, ...]:
    """Return a camera's masks."""
    return tuple(Mask(mask.mask_id, Polygon.of(mask.outline), mask.anchor) for mask in camera.masks)


def layout_of(cameras: Iterable[CameraSettings]) -> Layout:
    """Return what there is to count at cameras."""
    known = [*cameras]
    return Layout(
        [(camera.camera_id, line.line_id) for camera in known for line in camera.lines],
        {
            (camera.camera_id, zone.zone_id): zone.area_m2
            for camera in known
            for zone in camera.zones
        },
    )


def _seconds(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _hours(schedule: Sequence[WindowSettings], time_zone: str) -> Schedule | None:
    if not schedule:
        return None
    return Schedule(tuple(each.window for each in schedule), ZoneInfo(time_zone))
