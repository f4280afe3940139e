"""Video files: their times, their damage, and what is no video at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import SourceError
from genesis_ray.vision.decode import VideoFile
from genesis_ray.vision.recording import VideoWriter
from genesis_ray.vision.synthetic import SyntheticFilm

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
FILM = SyntheticFilm(people=2, seconds=6, fps=10, width=160, height=120)


def write_video(path: Path, seconds: list[float] | None = None) -> Path:
    """Write the film to a file; its frames at the given times, else at its own."""
    at = seconds or [index / FILM.fps for index in range(FILM.frame_count)]
    with VideoWriter(path, FILM.width, FILM.height, FILM.fps) as writer:
        for index, second in enumerate(at):
            writer.write(FILM.image_at(index), START + timedelta(seconds=second))
    return path


def convert(
    video: Path,
    path: Path,
    *,
    turned: int = 0,
    metadata: dict[str, str] | None = None,
    movflags: str = "",
) -> Path:
    """Copy the coded frames of `video` into another container, chosen by the suffix."""
    options = {"movflags": movflags} if movflags else {}
    with av.open(video) as source, av.open(path, "w", options=options) as target:
        target.metadata.update(metadata or {})
        copy = target.add_stream_from_template(source.streams.video[0])
        if turned:
            copy.set_display_rotation(turned)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    return path


def play(path: Path) -> tuple[list[float], list[Image], str | None]:
    """Return the times, the pictures, and the problem."""
    video = VideoFile(path)
    played = [(elapsed.total_seconds(), pixels()) for elapsed, pixels in video.frames()]
    video.close()
    return [at for at, _ in played], [image for _, image in played], video.problem


def cut(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def damage(path: Path, *, begin: float, end: float) -> Path:
    """Overwrite some of the bytes between two places, given as shares of the file."""
    content = bytearray(path.read_bytes())
    for place in range(int(len(content) * begin), int(len(content) * end), 400):
        content[place : place + 100] = np.random.default_rng(place).bytes(100)
    path.write_bytes(content)
    return path


def test_frames_come_as_they_were_written(tmp_path: Path) -> None:
    times, images, problem = play(write_video(tmp_path / "film.mp4"))
    assert times == [index / 10 for index in range(60)]
    assert problem is None
    for index in (0, 30, 59):
        difference = np.abs(images[index].astype(int) - FILM.image_at(index))
        assert difference.mean() < 5


def test_a_file_tells_its_size_rate_and_length(tmp_path: Path) -> None:
    video = VideoFile(write_video(tmp_path / "film.mp4"))
    assert (video.width, video.height, video.fps, video.frame_count) == (160, 120, 10.0, 60)
    video.close()


def test_frames_of_a_variable_rate_keep_their_times(tmp_path: Path) -> None:
    seconds = [0.0, 0.04, 0.5, 0.55, 3.0]
    times, _, problem = play(write_video(tmp_path / "film.mp4", seconds))
    assert times == pytest.approx(seconds, abs=1e-5)
    assert problem is None


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".mov"])
def test_other_containers_play_the_same(tmp_path: Path, suffix: str) -> None:
    film = write_video(tmp_path / "film.mp4")
    times, images, problem = play(convert(film, tmp_path / f"film{suffix}"))
    assert times == pytest.approx([index / 10 for index in range(60)])
    assert np.array_equal(images[40], play(film)[1][40])
    assert problem is None


def test_a_recording_that_was_turned_is_shown_upright(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4")
    turned = convert(film, tmp_path / "turned.mp4", turned=90)
    video = VideoFile(turned)
    assert (video.width, video.height) == (120, 160)
    video.close()
    upright = cv2.rotate(play(film)[1][5], cv2.ROTATE_90_COUNTERCLOCKWISE)
    assert np.array_equal(play(turned)[1][5], upright)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"creation_time": "2026-01-05T10:00:00+01:00"}, START),
        ({"creation_time": "2026-01-05T09:00:00Z"}, START),
        ({}, None),
    ],
)
def test_the_start_is_what_the_container_says(tmp_path: Path, written, read) -> None:
    film = convert(write_video(tmp_path / "film.mp4"), tmp_path / "dated.mp4", metadata=written)
    video = VideoFile(film)
    assert video.started_at == read
    video.close()


def test_a_length_in_ticks_is_not_taken_for_a_rate(tmp_path: Path) -> None:
    film = convert(write_video(tmp_path / "film.mp4"), tmp_path / "film.mkv")
    video = VideoFile(film)
    assert (video.fps, video.frame_count) == (10.0, 60)
    video.close()


def test_a_clock_that_starts_anew_goes_on(tmp_path: Path) -> None:
    once = convert(write_video(tmp_path / "film.mp4"), tmp_path / "film.ts")
    twice = tmp_path / "twice.ts"
    twice.write_bytes(once.read_bytes() * 2)
    assert play(twice)[0] == pytest.approx([index / 10 for index in range(120)])


def test_what_a_truncated_file_still_holds_is_kept(tmp_path: Path) -> None:
    whole = play(write_video(tmp_path / "film.mp4"))[1]
    times, images, problem = play(cut(tmp_path / "film.mp4", 0.6))
    assert 20 < len(times) < 50
    assert all(np.array_equal(a, b) for a, b in zip(images, whole, strict=False))
    assert problem is not None
    assert problem.startswith(f"truncated after frame {len(times)} of about 60")


def test_a_truncated_matroska_file_is_told_by_its_length(tmp_path: Path) -> None:
    film = convert(write_video(tmp_path / "film.mp4"), tmp_path / "film.mkv")
    times, _, problem = play(cut(film, 0.6))
    assert problem is not None
    assert problem.startswith(f"truncated after frame {len(times)} of about 60")


def test_damage_in_the_middle_is_counted_and_passed_over(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4")
    times, _, problem = play(damage(film, begin=0.5, end=0.7))
    assert times[-1] == 5.9
    assert problem is not None
    assert "damaged" in problem
    assert "truncated" not in problem


def test_pixels_are_made_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(VideoFile, "_pixels", lambda _video, frame: made.append(frame))
    video = VideoFile(write_video(tmp_path / "film.mp4"))
    pixels = [pixels for _, pixels in video.frames()]
    assert not made
    pixels[0]()
    assert len(made) == 1
    video.close()


def test_a_name_with_a_colon_is_a_name(tmp_path: Path) -> None:
    assert len(play(write_video(tmp_path / "09:00.mp4"))[0]) == 60


def no_index(path: Path) -> None:
    """Make an MP4 whose index comes last, cut off before it."""
    cut(convert(write_video(path.with_name("whole.mp4")), path), 0.5)


def sound(path: Path) -> None:
    with av.open(path, "w", format="wav") as target:
        stream = target.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        target.mux(stream.encode(frame))


def picture(path: Path) -> None:
    path.write_bytes(cv2.imencode(".png", FILM.image_at(0))[1].tobytes())


def unknown_codec(path: Path) -> None:
    """Make a film in a codec that nobody has heard of."""
    with av.open(path, "w", format="avi") as target:
        stream = target.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = FILM.width, FILM.height, "yuvj420p"
        target.mux(stream.encode(av.VideoFrame.from_ndarray(FILM.image_at(0), format="bgr24")))
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"ZQXW"))


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: path.write_text("dear diary\n" * 50), "found text"),
        (lambda path: path.write_bytes(b""), "an empty file"),
        (lambda path: path.write_bytes(bytes(5000)), "something else"),
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: path.unlink(missing_ok=True), "no such file"),
        (picture, "a picture; to pan over it give photo:"),
        (sound, "no video stream, only audio"),
        (no_index, "index is missing"),
        (unknown_codec, "in a codec that is not known"),
    ],
)
def test_what_is_no_video_is_named_with_the_remedy(tmp_path, make, found) -> None:
    path = tmp_path / "film.mp4"
    make(path)
    with pytest.raises(SourceError) as error:
        VideoFile(path)
    assert str(error.value).startswith(f"{path}: ")
    assert found in str(error.value)


def test_text_in_a_file_called_txt_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"  # FFmpeg would play it on an old terminal
    path.write_text("dear diary\n" * 50)
    with pytest.raises(SourceError, match="found text"):
        VideoFile(path)


@pytest.mark.data
def test_real_footage_plays_whole(shared_data: Path) -> None:
    video = VideoFile(shared_data / "videos" / "PETS09-S2L1-a.mp4")
    times = [elapsed for elapsed, _ in video.frames()]
    assert times == [timedelta(seconds=index / 10) for index in range(400)]
    assert video.problem is None
    video.close()


@pytest.mark.data
def test_every_shared_video_plays_without_a_problem(shared_data: Path) -> None:
    for path in sorted((shared_data / "videos").glob("*.mp4")):
        video = VideoFile(path)
        count = sum(1 for _ in video.frames())
        assert (path.name, video.problem) == (path.name, None)
        assert count == video.frame_count
        video.close()


@pytest.mark.data
def test_real_footage_survives_damage(shared_data: Path, tmp_path: Path) -> None:
    footage = shared_data / "videos" / "PETS09-S2L1-a.mp4"
    clip = convert(footage, tmp_path / "clip.mp4", movflags="faststart")
    damage(cut(clip, 0.8), begin=0.3, end=0.32)
    video = VideoFile(clip)
    count = sum(1 for _ in video.frames())
    assert 280 < count < 340
    assert video.problem is not None
    assert f"truncated after frame {count} of about 400" in video.problem
    assert "damaged" in video.problem
    video.close()
