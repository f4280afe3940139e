"""What a source can be, and how its frames are stamped and thinned out."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import av
import numpy as np
import pytest

from genesis_ray.domain.streams.source_policy import SourcePolicy
from genesis_ray.errors import ConfigurationError, GenesisError, SourceError
from genesis_ray.vision import playback
from genesis_ray.vision.decode import VideoFile
from genesis_ray.vision.playback import VideoSource
from genesis_ray.vision.recording import VideoWriter
from genesis_ray.vision.sources import open_recording, open_source
from genesis_ray.vision.synthetic import SyntheticFilm

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
BUS = "photo:package:ultralytics/assets/bus.jpg?seconds=1"


def source(url, process_fps: float | None = None, start: datetime | None = None) -> VideoSource:
    return open_source(url, camera_id="door", process_fps=process_fps, start=start)


def record(path: Path, *, seconds: float = 1, created: datetime | None = None) -> str:
    """Write a film of 10 frames a second."""
    film = SyntheticFilm(people=1, seconds=seconds, width=64, height=48)
    whole = path.with_name(f"undated-{path.name}")
    with VideoWriter(whole, film.width, film.height, film.fps) as writer:
        for elapsed, pixels in film.frames():
            writer.write(pixels(), START + elapsed)
    with av.open(whole) as plain, av.open(path, "w") as dated:
        if created:
            dated.metadata["creation_time"] = created.isoformat()
        copy = dated.add_stream_from_template(plain.streams.video[0])
        for packet in plain.demux(plain.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copy
                dated.mux(packet)
    return str(path)


def stamps(played: VideoSource) -> list[tuple[int, float]]:
    """Return the index and the second of every frame."""
    with played:
        return [
            (f.stamp.frame_index, (f.stamp.captured_at - played.started_at).total_seconds())
            for f in played
        ]


@pytest.mark.parametrize(
    ("url", "size"),
    [
        (BUS, (640, 480)),
        (BUS + "&width=320&height=200", (320, 200)),
        ("synthetic:", (640, 480)),
        ("synthetic:?people=2&seconds=1&fps=5&width=320&height=240", (320, 240)),
    ],
)
def test_what_an_address_names_is_played(url: str, size: tuple[int, int]) -> None:
    with source(url) as played:
        frame = next(iter(played))
        assert (played.width, played.height) == size
        assert frame.image.shape == (size[1], size[0], 3)
        assert frame.image.dtype == np.uint8
        assert frame.stamp.camera_id == "door"


def test_a_path_is_played(tmp_path: Path) -> None:
    played = source(record(tmp_path / "film.mp4"))
    assert (played.width, played.height, played.fps, played.frame_count) == (64, 48, 10, 10)
    assert stamps(played) == [(index, index / 10) for index in range(10)]


def test_frames_left_out_keep_their_number() -> None:
    assert stamps(source("synthetic:?seconds=1", process_fps=4)) == [
        (0, 0.0),
        (3, 0.3),
        (5, 0.5),
        (8, 0.8),
    ]


def test_what_is_skipped_changes_nothing_about_the_rest() -> None:
    urls = [BUS, "synthetic:?seconds=1&width=640&height=480"]
    whole = stamps(source(urls, process_fps=4))
    begun_later = source(urls, process_fps=4)
    begun_later.skip_until(begun_later.started_at + timedelta(seconds=whole[2][1]))
    assert stamps(begun_later) == whole[3:]


@pytest.mark.parametrize("process_fps", [None, 3, 4, 10, 25])
def test_the_expected_frames_come(process_fps: float | None) -> None:
    played = source("synthetic:?seconds=2", process_fps=process_fps)
    assert played.expected_frames == len(stamps(played))


@pytest.mark.parametrize(
    ("start", "created", "expected"),
    [
        (None, None, UNDATED),
        (None, START, START),
        (START, UNDATED + timedelta(days=9), START),
        (datetime.fromisoformat("2026-01-05T10:00+01:00"), None, START),
    ],
)
def test_a_recording_starts_when_told_else_when_it_says(tmp_path, start, created, expected) -> None:
    with source(record(tmp_path / "film.mp4", created=created), start=start) as played:
        assert played.started_at == expected
        assert played.started_at.tzinfo is UTC
        assert next(iter(played)).stamp.captured_at == expected


def test_what_is_listed_plays_without_a_gap() -> None:
    listed = [BUS, BUS + "&mirror=true&brightness=0.6"]
    played = source(listed)
    assert played.frame_count == 20
    assert stamps(played) == [(index, pytest.approx(index / 10)) for index in range(20)]


def test_recordings_in_a_row_keep_the_gaps_their_dates_tell_of(tmp_path: Path) -> None:
    first = record(tmp_path / "a.mp4", created=START)
    second = record(tmp_path / "b.mp4", created=START + timedelta(seconds=5))
    seconds = [second for _, second in stamps(source([first, second]))]
    assert seconds == pytest.approx([n / 10 for n in range(10)] + [5 + n / 10 for n in range(10)])
    moved = [second for _, second in stamps(source([first, second], start=UNDATED))]
    assert moved == pytest.approx(seconds)


def test_dates_do_not_let_recordings_in_a_row_overlap(tmp_path: Path) -> None:
    first = record(tmp_path / "a.mp4", created=START)
    second = record(tmp_path / "b.mp4", created=START - timedelta(days=1))
    seconds = [second for _, second in stamps(source([first, second]))]
    assert seconds == pytest.approx([n / 10 for n in range(20)])


def test_a_problem_in_a_row_names_its_file(tmp_path: Path) -> None:
    film = SyntheticFilm(people=1, seconds=4, width=64, height=48)
    broken = tmp_path / "broken.mp4"
    with VideoWriter(broken, film.width, film.height, film.fps) as writer:
        for elapsed, pixels in film.frames():
            writer.write(pixels(), START + elapsed)
    broken.write_bytes(broken.read_bytes()[:-2000])
    played = source([str(broken), record(tmp_path / "whole.mp4")])
    assert stamps(played)
    assert played.problem is not None
    assert played.problem.startswith(f"{broken}: truncated after frame")
    alone = source(str(broken))
    assert stamps(alone)
    assert alone.problem is not None
    assert alone.problem.startswith("truncated after frame")


def test_what_plays_in_a_row_has_one_size() -> None:
    with pytest.raises(ConfigurationError, match=r"640x480 and .* is 320x480"):
        source([BUS, BUS + "&width=320"])


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        (BUS + "&speed=3", ConfigurationError, "speed=3.*options are seconds, fps, mirror"),
        (BUS + "&fps=fast", ConfigurationError, "fps=fast.*valid number"),
        (BUS + "&fps=0", ConfigurationError, "fps=0.*greater than 0"),
        (BUS + "&mirror=perhaps", ConfigurationError, "mirror=perhaps.*boolean"),
        ("synthetic:?people=9", ConfigurationError, "people=9.*less than or equal to 8"),
        ("photo:package:no_such_package/a.jpg", SourceError, "'no_such_package' is installed"),
        ("photo:package:ultralytics/assets/no.jpg", SourceError, "no such photo"),
        ("no/such/file.mp4", SourceError, "no such file"),
        ("ftp://host/film.mp4", ConfigurationError, "begins with ftp:"),
        ([], ConfigurationError, "empty list"),
    ],
)
def test_what_cannot_be_played_says_why(url, error: type[GenesisError], says: str) -> None:
    with pytest.raises(error, match=says):
        source(url)


@pytest.mark.parametrize(
    "url", ["rtsp://user:secret@10.0.0.1/stream", "https://user:secret@host/live.m3u8", "device:0"]
)
def test_a_live_stream_is_opened_without_being_connected_to(url: str) -> None:
    with closing(open_source(url, camera_id="door", process_fps=None, start=None)) as stream:
        assert stream.is_live
        assert stream.expected_frames is None


@pytest.mark.parametrize(
    ("url", "policy", "setting"),
    [
        ("http://ann:secret@169.254.169.254/latest", {}, "allowed_networks"),
        (
            "rtsp://ann:secret@192.168.0.9/1",
            {"allowed_networks": (ip_network("10.0.0.0/8"),)},
            "allowed_networks",
        ),
        ("http://ann:secret@door/1", {"allowed_schemes": ("rtsp",)}, "allowed_schemes"),
    ],
)
def test_a_stream_where_none_may_be_is_refused_with_the_setting_that_says_so(
    url: str, policy: dict[str, tuple], setting: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"camera door: .*sources\.{setting}") as error:
        open_source(url, camera_id="door", process_fps=None, policy=SourcePolicy(**policy))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("urls", [["rtsp://ann:secret@door/1"], ["synthetic:", "device:0"]])
def test_a_live_stream_is_no_recording_and_its_password_is_not_repeated(urls: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="camera door: expected a recording") as error:
        open_recording(urls, camera_id="door", process_fps=None, start=None)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    ["ann:secret@10.0.0.7/live", "rtsp:/ann:secret@10.0.0.7/live", "rstp://ann:secret@10.0.0.7"],
)
def test_an_address_that_begins_wrongly_is_refused_and_its_password_is_not_repeated(url) -> None:
    with pytest.raises(ConfigurationError, match=r"camera door: expected a path.*rtsp://") as error:
        source(url)
    assert "secret" not in str(error.value)


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no time zone"):
        source("synthetic:", start=datetime(2026, 1, 5))


def test_finding_a_packages_photo_does_not_import_the_package() -> None:
    script = (
        "import sys\n"
        "from genesis_ray.vision.sources import open_recording, open_source\n"
        f"open_source({BUS!r}, camera_id='c', process_fps=None, start=None).close()\n"
        "sys.exit(' '.join({'ultralytics', 'torch'} & set(sys.modules)) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


class SlowDecoder:
    """A decoder that is at a frame until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_at_it, self.may_go_on = threading.Event(), threading.Event()
        frames_of = VideoFile._frames_of

        def slowly(file: VideoFile, packet: object) -> object:
            self.is_at_it.set()
            assert self.may_go_on.wait(10)
            return frames_of(file, packet)

        monkeypatch.setattr(VideoFile, "_frames_of", slowly)


def test_closing_waits_for_the_frame_that_another_thread_is_at(tmp_path, monkeypatch) -> None:
    played = source(record(tmp_path / "door.mp4"))
    decoder = SlowDecoder(monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        frames = pool.submit(list, played)
        assert decoder.is_at_it.wait(10)
        threading.Timer(0.05, decoder.may_go_on.set).start()
        played.close()
        assert len(frames.result(10)) < 10


def test_it_does_not_wait_for_ever(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(playback, "_LONGEST_FRAME_S", 0.01)
    played = source(record(tmp_path / "door.mp4"))
    decoder = SlowDecoder(monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        frames = pool.submit(list, played)
        assert decoder.is_at_it.wait(10)
        played.close()
        decoder.may_go_on.set()
        assert len(frames.result(10)) < 10
