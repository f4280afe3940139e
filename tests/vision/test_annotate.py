"""Drawing on frames."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.places.geometry import Point, Polygon
from genesis_ray.domain.places.lines import Line
from genesis_ray.domain.places.masks import Mask
from genesis_ray.domain.places.zones import Zone
from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.vision import annotate
from genesis_ray.vision.annotate import Annotator

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOBODY = Tracks(Detections.none(), np.zeros(0, np.int64))


def room(width: int = 320, height: int = 240) -> Image:
    return np.full((height, width, 3), 128, np.uint8)


def walker(track_id: int, left: float = 0.4) -> Tracks:
    box = np.array([[left, 0.3, left + 0.1, 0.7]], np.float32)
    return Tracks(Detections(box, np.ones(1, np.float32)), np.array([track_id], np.int64))


def draw(annotator: Annotator, tracks: Tracks = NOBODY, labels=None, at=START) -> Image:
    return annotator.draw(room(), tracks, labels or {}, at)


def changed(one: Image, other: Image, *, right_of: int = 0, below: int = 0) -> np.ndarray:
    return (one != other).any(axis=2)[below:, right_of:]


def test_the_picture_given_is_not_drawn_on() -> None:
    image = room()
    drawn = Annotator([], [], "door").draw(image, walker(1), {}, START)
    assert drawn.shape == image.shape
    assert not np.array_equal(drawn, image)
    assert np.array_equal(image, room())


def test_a_track_keeps_its_colour() -> None:
    annotator = Annotator([], [], "door")
    first = draw(annotator, walker(7))[150, 128]
    others = [draw(Annotator([], [], "door"), walker(track_id))[150, 128] for track_id in (8, 9)]
    assert np.array_equal(draw(annotator, walker(7))[150, 128], first)
    assert all(not np.array_equal(first, other) for other in others)


def test_a_name_takes_the_place_of_the_number() -> None:
    number = draw(Annotator([], [], "door"), walker(7))
    name = draw(Annotator([], [], "door"), walker(7), {7: "Zoë Müller"})
    above_the_box = changed(number, name)[:80]
    assert above_the_box.any()
    assert not changed(number, name)[80:].any()


def test_a_track_leaves_a_trail() -> None:
    annotator = Annotator([], [], "door")
    for step in range(10):
        drawn = draw(annotator, walker(7, 0.2 + 0.05 * step))
    feet = drawn[166:170, 90:200]
    assert (feet != 128).any(axis=(0, 2)).mean() > 0.9


def test_zones_and_lines_are_drawn_where_they_are() -> None:
    zone = Zone("mat", Polygon.of([(0.5, 0.5), (0.9, 0.5), (0.9, 0.9), (0.5, 0.9)]))
    line = Line("gate", Point(0.1, 0.2), Point(0.4, 0.2))
    plain, drawn = draw(Annotator([], [], "door")), draw(Annotator([zone], [line], "door"))
    different = changed(plain, drawn)
    assert different[165, 230]  # inside the zone
    assert different[48, 40:120].all()  # along the line
    assert not different[120:, :150].any()
    assert not different[:40].any()


def test_a_mask_is_dark_and_nothing_else_is() -> None:
    mask = Mask("screen", Polygon.of([(0.5, 0.5), (0.9, 0.5), (0.9, 0.9), (0.5, 0.9)]))
    plain, drawn = draw(Annotator([], [], "door")), draw(Annotator([], [], "door", masks=[mask]))
    assert (drawn[125:210, 165:280] < 90).all()
    assert not changed(plain, drawn)[:115].any()
    assert not changed(plain, drawn)[:, :155].any()


@pytest.mark.parametrize(
    ("start", "end", "column"),
    [(Point(0.5, 0.9), Point(0.5, 0.3), 170), (Point(0.5, 0.3), Point(0.5, 0.9), 150)],
)
def test_a_lines_arrow_points_to_the_right_of_its_way(start, end, column) -> None:
    drawn = draw(Annotator([], [Line("gate", start, end)], "door"))
    assert (drawn[144, column] != 128).any()
    assert (drawn[144, 320 - column] == 128).all()


def test_the_caption_tells_camera_and_time() -> None:
    annotator = Annotator([], [], "door")
    one, same, later = (draw(annotator, at=START + timedelta(seconds=s)) for s in (0, 0, 1))
    assert np.array_equal(one, same)
    assert changed(one, later).any()
    assert not changed(one, later)[:200].any()
    assert not np.array_equal(one, draw(Annotator([], [], "street")))


@pytest.mark.parametrize(
    ("at", "told"),
    [(START, "2026-01-05 10:00:00.0 CET"), (START.replace(month=7), "2026-07-05 11:00:00.0 CEST")],
)
def test_the_time_is_that_of_the_sites_clock(monkeypatch, at, told) -> None:
    written = []
    monkeypatch.setattr(annotate.sv, "draw_text", lambda _, text, *__, **___: written.append(text))
    draw(Annotator([], [], "door", time_zone="Europe/Berlin"), at=at)
    assert written == [f"door   {told}"]


def test_an_undated_time_is_shorter_than_a_date() -> None:
    dated = draw(Annotator([], [], "door"), at=START)
    undated = draw(Annotator([], [], "door"), at=datetime(1970, 1, 1, 0, 1, 5, tzinfo=UTC))
    assert (dated != 128).any(axis=2).sum() > 1.5 * (undated != 128).any(axis=2).sum()


@pytest.mark.parametrize(("width", "height"), [(64, 48), (320, 240), (1920, 1080), (333, 777)])
def test_any_size_can_be_drawn_on(width: int, height: int) -> None:
    zone = Zone("mat", Polygon.of([(0, 0), (1, 0), (1, 1)]))
    annotator = Annotator([zone], [Line("gate", Point(0, 1), Point(1, 1))], "door")
    image = room(width, height)
    assert annotator.draw(image, walker(3, 0.95), {3: "A long name"}, START).shape == image.shape
