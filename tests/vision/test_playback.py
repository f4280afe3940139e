"""Recordings that are gone on with, from the very frame."""

import pickle
from collections.abc import Iterable
from pathlib import Path

import av
import pytest

from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.vision.playback import VideoSource
from genesis_ray.vision.sources import open_recording
from genesis_ray.vision.synthetic import SyntheticFilm

PHOTO = "photo:package:ultralytics/assets/bus.jpg?seconds=1&width=64&height=48"


def recording(urls: str | list[str], process_fps: float | None = None) -> VideoSource:
    return open_recording(urls, camera_id="door", process_fps=process_fps, start=None)


def coded(path: Path, *, seconds: float, key_every: int = 50) -> str:
    """Write a film of 10 frames a second in a container chosen by the suffix."""
    film = SyntheticFilm(people=1, seconds=seconds, width=64, height=48)
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"g": str(key_every)})
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
        for _, pixels in film.frames():
            frame = av.VideoFrame.from_ndarray(pixels(), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return str(path)


def pictures(frames: Iterable[Frame]) -> list[tuple[FrameStamp, bytes]]:
    return [(frame.stamp, frame.image.tobytes()) for frame in frames]


@pytest.mark.parametrize("process_fps", [None, 4])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi", "h264"])
def test_a_recording_goes_on_from_a_mark_as_if_it_had_been_played_so_far(
    tmp_path: Path, suffix: str, process_fps: float | None
) -> None:
    film = coded(tmp_path / f"film.{suffix}", seconds=20)
    with recording(film, process_fps) as played:
        whole = list(played)
    for at in (len(whole) // 20, len(whole) * 3 // 4, len(whole) - 2):
        with recording(film, process_fps) as later:
            later.skip_until(
                whole[at].stamp.captured_at, pickle.loads(pickle.dumps(whole[at].mark))
            )
            assert pictures(later) == pictures(whole[at + 1 :])


def test_what_comes_long_before_a_mark_is_not_decoded(tmp_path: Path) -> None:
    film = Path(coded(tmp_path / "film.mp4", seconds=30))
    with recording(str(film)) as played:
        whole = list(played)
    assert played.problem is None
    content = bytearray(film.read_bytes())
    third = len(content) // 3
    content[third // 2 : third] = bytes(third - third // 2)
    film.write_bytes(content)
    with recording(str(film)) as damaged:
        list(damaged)
    assert damaged.problem is not None
    with recording(str(film)) as later:
        later.skip_until(whole[250].stamp.captured_at, whole[250].mark)
        assert pictures(later) == pictures(whole[251:])
    assert later.problem is None


def test_a_mark_in_a_row_leaves_out_the_recordings_before_but_not_their_problems(tmp_path) -> None:
    first, second = tmp_path / "first.mkv", coded(tmp_path / "second.mp4", seconds=15)
    coded(first, seconds=15)
    first.write_bytes(first.read_bytes()[:-4000])
    urls = [PHOTO, str(first), second]
    with recording(urls) as played:
        whole = list(played)
    for at in (5, 100, len(whole) - 20):
        with recording(urls) as later:
            later.skip_until(whole[at].stamp.captured_at, whole[at].mark)
            assert pictures(later) == pictures(whole[at + 1 :])
        assert later.problem == played.problem
        assert "first.mkv: truncated after frame" in later.problem


def test_playing_anew_after_a_failure_goes_on_from_the_last_frame(tmp_path: Path) -> None:
    film = Path(coded(tmp_path / "film.mp4", seconds=30))
    with recording(str(film)) as played:
        whole = list(played)
    with recording(str(film)) as failing:
        for frame in failing:
            if frame.stamp.frame_index == 250:
                break
        film.write_bytes(film.read_bytes()[:100] + bytes(2000) + film.read_bytes()[2100:])
        failing.rewind(frame.stamp.captured_at)
        assert pictures(failing) == pictures(whole[251:])
