import pytest

from genesis_ray.domain.addresses import is_live, redacted


@pytest.mark.parametrize(
    "url", ["rtsp://camera/1", "RTSPS://camera/1", "http://camera/video", "device:0"]
)
def test_streams_and_devices_are_live(url):
    assert is_live(url)


@pytest.mark.parametrize("url", ["door.mp4", "synthetic:?people=2", "photo:bus.jpg", "rtsp.mp4"])
def test_recordings_are_not_live(url):
    assert not is_live(url)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://ann:secret@camera/1",
        "rtsp://ann:se@cret@camera/1",
        "https://secret@camera/1?token=1",
    ],
)
def test_neither_user_nor_password_is_shown(url):
    shown = redacted(url)
    assert "secret" not in shown
    assert "ann" not in shown
    assert shown.partition("@")[2].startswith("camera/1")


def test_an_address_without_a_user_is_shown_as_it_is():
    assert redacted("rtsp://camera/user@home") == "rtsp://camera/user@home"
