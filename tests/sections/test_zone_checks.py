import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from genesis_ray.domain.places.geometry import Polygon
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.zone_checks import doubts
from genesis_ray.sections.zones import LineSettings, ZoneSettings

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
UPPER_HALF = ((0, 0), (1, 0), (1, 0.5), (0, 0.5))
TV = {"mask_id": "tv", "outline": UPPER_HALF}


def zone(*outline, zone_id: str = "till", **more) -> dict[str, object]:
    return {"zone_id": zone_id, "outline": outline, **more}


def line(start, end, **more) -> dict[str, object]:
    return {"line_id": "sill", "start": start, "end": end, **more}


def problems(**own) -> list[str]:
    """Return what is said of a camera with such places; nothing of one that is well."""
    try:
        CameraSettings(camera_id="door", source="door.mp4", **own)
    except ValidationError as refused:
        (error,) = refused.errors()
        return [problem.message for problem in error["ctx"]["error"].problems]
    return []


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        (
            [(0, 0), (1, 1), (1, 0), (0, 1)],
            "its outline crosses itself at (0.5, 0.5); list its corners in their order",
        ),
        (
            [(0, 0), (0.5, 0.5), (1, 0), (1, 1), (0.5, 0.5), (0, 1)],
            "its outline touches itself at (0.5, 0.5); draw it as two",
        ),
        ([(0, 0), (1, 1), (0, 0)], "its outline has 2 distinct corners; an area has 3 at least"),
        ([], "its outline has 0 distinct corners"),
        ([(0.3, 0.3)] * 4, "its outline has 1 distinct corner;"),
        ([(0, 0), (0.5, 0.5), (1, 1)], "its corners lie on one line, so that it has no area;"),
        ([(0, 0), (1.2, 0), (1, 1)], "(1.2, 0) lies outside the picture; give fractions of its"),
        ([(0, 0), (640, 0), (1, 1)], "(640, 0) lies outside the picture; these look like pixels;"),
    ],
)
def test_an_outline_that_is_none_is_refused_with_camera_zone_and_remedy(outline, said):
    (told,) = problems(zones=[zone(*outline)])
    assert told.startswith(f"camera door: zone till: {said}")
    (told,) = problems(masks=[{"mask_id": "tv", "outline": outline}])
    assert told.startswith(f"camera door: mask tv: {said}")


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (((0.5, 0.5), (0.5, 0.5)), "start and end are the same point (0.5, 0.5)"),
        (((0, 0.5), (1.5, 0.5)), "(1.5, 0.5) lies outside the picture"),
        (((0, 1), (1, 1)), "it is too near to the picture's edge to be crossed"),
        (((0, 0), (0, 1)), "it is too near to the picture's edge to be crossed"),
        (((0.1, 0.985), (0.9, 0.985)), "it is too near to the picture's edge to be crossed"),
    ],
)
def test_a_line_that_nobody_can_cross_is_refused(ends, said):
    (told,) = problems(lines=[line(*ends)])
    assert told.startswith(f"camera door: line sill: {said}")


def test_the_band_decides_what_is_too_near_to_the_edge():
    ends = (0.1, 0.985), (0.9, 0.985)
    assert problems(lines=[line(*ends, band=0.01)]) == []
    assert problems(lines=[line((0, 1), (1, 1), band=0)]) != []
    assert problems(lines=[line((0, 0.5), (1, 0.5), band=0.5)]) != []


def test_what_is_wholly_masked_is_refused():
    tiny = zone((0.1, 0.1), (0.2, 0.1), (0.2, 0.2))
    told = problems(masks=[TV], zones=[tiny], lines=[line((0, 0.3), (1, 0.3))])
    assert [text.split(", so")[0] for text in told] == [
        "camera door: zone till: all of it is masked by tv",
        "camera door: line sill: all of it is masked by tv",
    ]


def test_a_line_with_a_mask_all_along_one_side_is_refused():
    (told,) = problems(masks=[TV], lines=[line((0, 0.51), (1, 0.51))])
    assert "all of the picture on one side of it is masked" in told


def test_several_masks_may_hide_something_together():
    left = {"mask_id": "left", "outline": ((0, 0), (0.5, 0), (0.5, 1), (0, 1))}
    (told,) = problems(masks=[left, {**TV, "outline": ((0.5, 0), (1, 0), (1, 1), (0.5, 1))}],
                       zones=[zone(*SQUARE)])  # fmt: skip
    assert "masked by left, tv" in told


def test_a_mask_of_another_anchor_says_nothing_of_who_is_seen():
    heads = {**TV, "anchor": "top_center"}
    assert problems(masks=[heads], lines=[line((0, 0.3), (1, 0.3))]) == []


def test_what_is_masked_in_part_is_let_be():
    assert problems(masks=[TV], zones=[zone(*SQUARE)], lines=[line((0.5, 0), (0.5, 1))]) == []


def window(days, opens, closes) -> dict[str, object]:
    return {"days": days, "from": opens, "to": closes}


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        (
            (["mon", "tue"], "09:00", "12:00"),
            (["tue"], "11:59", "18:00"),
            "mon,tue 09:00-12:00 and tue 11:59-18:00",
        ),
        (
            (["fri"], "22:00", "02:00"),
            (["sat"], "01:00", "05:00"),
            "fri 22:00-02:00 and sat 01:00-05:00",
        ),
        (
            (["sun"], "22:00", "02:00"),
            (["mon"], "00:00", "05:00"),
            "sun 22:00-02:00 and mon 00:00-05:00",
        ),
    ],
)
def test_windows_that_overlap_are_refused_with_both_names(one, other, names):
    schedule = [window(*one), window(*other)]
    for own in ({"zones": [zone(*SQUARE, schedule=schedule)]},
                {"lines": [line((0, 0.5), (1, 0.5), schedule=schedule)]}):  # fmt: skip
        (told,) = problems(**own)
        assert f"its windows {names} overlap; join them, or make one shorter" in told


def test_windows_that_touch_do_not_overlap():
    touching = [
        window(["mon"], "09:00", "12:00"), window(["mon"], "12:00", "13:00"),
        window(["mon"], "22:00", "24:00"), window(["tue"], "00:00", "09:00"),
        window(["sun"], "20:00", "09:00"),
    ]  # fmt: skip
    assert problems(zones=[zone(*SQUARE, schedule=touching)]) == []


def test_a_window_of_no_length_is_refused():
    (told,) = problems(zones=[zone(*SQUARE, schedule=[window(["mon"], "09:00", "09:00")])])
    assert "its window mon 09:00-09:00 has no length; the whole day is 00:00 to 24:00" in told


def test_everything_is_told_at_once():
    told = problems(
        zones=[zone(), zone((0, 0), (1, 1), (1, 0), (0, 1), zone_id="bow")],
        lines=[line((0, 0), (0, 0))],
        masks=[{"mask_id": "tv", "outline": ()}],
    )
    assert [text.split(": ")[1] for text in told] == [
        "mask tv",
        "zone till",
        "zone bow",
        "line sill",
    ]


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 2), max_size=7), st.floats(0, 1))
def test_whatever_passes_can_be_watched(outline, end):
    own = {"zones": [zone(*outline)], "lines": [line((0.5, 0.5), (end, 0.25))]}
    if not problems(**own):
        assert Polygon.of(outline).area > 0


def test_places_at_the_wrong_end_of_the_picture_are_told_and_not_refused():
    strip = ((0, 0), (1, 0), (1, 0.05), (0, 0.05))
    feet = ZoneSettings(zone_id="sky", outline=strip)
    heads = LineSettings(line_id="floor", start=(0, 0.95), end=(1, 0.95), anchor="top_center")
    assert [doubt.message.split(" lies at")[0] for doubt in doubts([feet], [heads])] == [
        "zone sky", "line floor",
    ]  # fmt: skip
    assert list(doubts([ZoneSettings(zone_id="sky", outline=strip, anchor="center")], [])) == []
    assert list(doubts([ZoneSettings(zone_id="till", outline=SQUARE)], [])) == []
