import pytest

from genesis_ray.domain.streams.addresses import is_live, redacted, without_user


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
        "rtsp://ann:my secret@camera/1",
        "rtsp://ann:12/secret@camera/1",
        "rtsp://ann:se/cr@et secret@camera/1",
        "rtsp:/ann:secret@camera/1",
    ],
)
def test_neither_user_nor_password_is_shown(url):
    shown = redacted(url)
    assert "secret" not in shown
    assert "ann" not in shown
    assert shown.partition("@")[2].startswith("camera/1")


def test_an_address_without_a_user_is_shown_as_it_is():
    assert redacted("rtsp://camera/user@home") == "rtsp://camera/user@home"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://door/cgi?user=ann&pwd=secret&size=5", "http://door/cgi?user=***&pwd=***&size=5"),
        ("http://door/1?api_key=secret&monkey=2", "http://door/1?api_key=***&monkey=2"),
        ("http://door/1?loginuse=ann&LoginPas=se#cret", "http://door/1?loginuse=***&LoginPas=***"),
        (
            "rtsp://door:554/user=ann&password=secret&channel=1&stream=0.sdp?real_stream",
            "rtsp://door:554/user=***&password=***&channel=1&stream=0.sdp?real_stream",
        ),
        (
            "rtsp://door/user=ann_password=se_cret_channel=1_stream=0.sdp",
            "rtsp://door/user=***_password=***_channel=1_stream=0.sdp",
        ),
    ],
)
def test_nor_are_they_where_a_camera_wants_them_in_its_query_or_path(url, shown):
    assert redacted(url) == shown


@pytest.mark.parametrize(
    "url",
    ["rtsp://camera:554/1", "rtsp://[fe80::1]:554/1", "http://camera/video?size=640x480&fps=5"],
)
def test_an_address_without_any_is_shown_as_it_is(url):
    assert redacted(url) == url


@pytest.mark.parametrize("path", ["user=ann/door.mp4", "photo:a@b.jpg", "12:30 a@b.mp4"])
def test_so_is_the_path_of_a_recording(path):
    assert redacted(path) == path


def test_of_what_lacks_the_beginning_of_an_address_user_and_password_can_be_left_out():
    assert without_user("ann:se/cr@et@10.0.0.7/live") == "10.0.0.7/live"
    assert without_user("/films/12:30 a@b.mp4") == "/films/12:30 a@b.mp4"
