from datetime import UTC, datetime, timedelta

from genesis_ray.domain.places.geometry import Polygon
from genesis_ray.domain.places.masks import Mask
from genesis_ray.running.zones.places import lines_of, masks_of, zones_of
from genesis_ray.sections.cameras import CameraSettings

SQUARE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
OFFICE = [{"days": ["mon", "fri"], "from": "09:00", "to": "17:00"}]
CAMERA = CameraSettings(
    camera_id="door",
    source="door.mp4",
    zones=[
        {
            "zone_id": "till",
            "outline": SQUARE,
            "anchor": "center",
            "settle_s": 2,
            "loiter_s": 300,
            "schedule": OFFICE,
            "area_m2": 12,
        },
        {"zone_id": "plain", "outline": SQUARE},
    ],
    lines=[
        {"line_id": "sill", "start": (0, 0.5), "end": (1, 0.5), "band": 0.1, "schedule": OFFICE},
        {"line_id": "plain", "start": (0, 0.5), "end": (1, 0.5)},
    ],
    masks=[{"mask_id": "tv", "outline": ((0, 0), (0.1, 0), (0, 0.1)), "anchor": "top_left"}],
)


def test_a_zone_has_all_that_is_set():
    till, plain = zones_of(CAMERA, time_zone="Europe/Berlin")
    assert (till.anchor, till.settle, till.loiter, till.area_m2) == (
        "center", timedelta(seconds=2), timedelta(seconds=300), 12,
    )  # fmt: skip
    assert (plain.anchor, plain.settle, plain.loiter) == ("bottom_center", None, None)
    assert (plain.hours, plain.area_m2) == (None, None)


def test_hours_are_those_of_the_sites_time_zone():
    till, _ = zones_of(CAMERA, time_zone="Europe/Berlin")
    sill, plain = lines_of(CAMERA, time_zone="America/New_York")
    monday, tuesday = datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 1, 6, 8, tzinfo=UTC)
    assert till.hours.period(monday).since == monday
    assert not till.hours.is_open(tuesday)
    assert sill.hours.period(monday).until == datetime(2026, 1, 5, 14, tzinfo=UTC)
    assert plain.hours is None


def test_a_line_has_a_band_unless_it_is_set_to_none():
    assert [line.band for line in lines_of(CAMERA, time_zone="UTC")] == [0.1, 0.02]


def test_a_mask_is_what_is_set():
    outline = Polygon.of([(0, 0), (0.1, 0), (0, 0.1)])
    assert masks_of(CAMERA) == (Mask("tv", outline, "top_left"),)
