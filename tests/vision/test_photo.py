"""A window that pans over a photograph."""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import SourceError
from genesis_ray.vision.photo import PhotoPan

FACES = {"zidane": (480, 200, 665, 455), "ancelotti": (893, 40, 1072, 295)}
"""Where the faces are in zidane.jpg, xyxy in its pixels."""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo of 800 x 400 whose red rises to the right and whose green rises downward."""
    down, right = np.mgrid[0:400, 0:800]
    blue = np.zeros_like(right)
    path = tmp_path / "ramp.png"
    cv2.imwrite(
        str(path), np.dstack([blue, down * 255 // 399, right * 255 // 799]).astype(np.uint8)
    )
    return path


def zidane() -> Path:
    spec = find_spec("ultralytics")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], "assets", "zidane.jpg")


def play(pan: PhotoPan) -> list[Image]:
    return [pixels() for _, pixels in pan.frames()]


def test_frames_have_the_size_rate_and_number_asked_for(photo: Path) -> None:
    pan = PhotoPan(photo, seconds=2, fps=5, width=64, height=48)
    times = [elapsed.total_seconds() for elapsed, _ in pan.frames()]
    assert times == [index / 5 for index in range(10)]
    assert {image.shape for image in play(pan)} == {(48, 64, 3)}
    assert pan.frame_count == 10


def test_the_window_goes_from_left_to_right_and_back(photo: Path) -> None:
    pan = PhotoPan(photo, seconds=4, fps=10, width=160, height=120)
    left = [pan.window_at(index)[0] for index in range(40)]
    right = [pan.window_at(index)[2] for index in range(40)]
    assert left[0] == 0
    assert right[20] == pytest.approx(800)
    assert left[:21] == sorted(left[:21])
    assert left[20:] == sorted(left[20:], reverse=True)
    assert {(top, bottom) for _, top, _, bottom in map(pan.window_at, range(40))} == {(0, 400)}


def test_the_window_moves_smoothly(photo: Path) -> None:
    pan = PhotoPan(photo, seconds=4, fps=10, width=160, height=120)
    steps = np.diff([pan.window_at(index)[0] for index in range(41)])
    assert abs(steps[0]) < abs(steps[9]) / 5
    assert np.abs(np.diff(steps)).max() < np.abs(steps).max() / 4


def test_a_portrait_is_panned_from_top_to_bottom(photo: Path, tmp_path: Path) -> None:
    portrait = tmp_path / "portrait.png"
    cv2.imwrite(str(portrait), cv2.rotate(cv2.imread(str(photo)), cv2.ROTATE_90_CLOCKWISE))
    pan = PhotoPan(portrait, seconds=4, fps=10, width=160, height=120)
    assert pan.window_at(0) == pytest.approx((0, 0, 400, 300), abs=1)
    assert pan.window_at(20) == pytest.approx((0, 500, 400, 800), abs=1)


def test_a_photo_of_the_windows_own_shape_is_panned_too(photo: Path) -> None:
    pan = PhotoPan(photo, seconds=4, fps=10, width=160, height=80)
    first, middle = pan.window_at(0), pan.window_at(20)
    assert middle[0] - first[0] > 100


def test_frames_show_what_the_window_says(photo: Path) -> None:
    pan = PhotoPan(photo, seconds=4, fps=10, width=160, height=120)
    for index, image in enumerate(play(pan)):
        left, _, right, _ = pan.window_at(index)
        expected = ((left + right) / 2 - 0.5) * 255 / 799
        assert image[60, 79:81, 2].mean() == pytest.approx(expected, abs=1.5)


def test_mirror_and_brightness_change_the_photo(photo: Path) -> None:
    plain = play(PhotoPan(photo, seconds=1, width=160, height=120))
    mirrored = play(PhotoPan(photo, seconds=1, width=160, height=120, mirror=True))
    dark = play(PhotoPan(photo, seconds=1, width=160, height=120, brightness=0.5))
    # Mirrored, the pan begins where it turned back before.
    assert np.abs(mirrored[0].astype(int) - plain[5][:, ::-1]).max() <= 2
    assert np.abs(dark[3].astype(int) * 2 - plain[3]).max() <= 2


def test_two_plays_are_equal(photo: Path) -> None:
    assert np.array_equal(play(PhotoPan(photo, seconds=1)), play(PhotoPan(photo, seconds=1)))


@pytest.mark.parametrize("face", FACES)
def test_the_faces_of_the_demo_are_whole_for_seconds(face: str) -> None:
    pan = PhotoPan(zidane())
    windows = np.array([pan.window_at(index) for index in range(pan.frame_count)])
    begun = windows[:, :2] <= FACES[face][:2]
    ended = windows[:, 2:] >= FACES[face][2:]
    assert np.hstack([begun, ended]).all(axis=1).sum() / pan.fps >= 4


def test_what_is_no_photo_is_named_with_the_remedy(tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    with pytest.raises(SourceError, match=r"text\.jpg: expected a photo.*JPEG"):
        PhotoPan(text)
    with pytest.raises(SourceError, match="no such photo"):
        PhotoPan(tmp_path / "missing.jpg")
