import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from genesis_ray.batch.archive import Archive, Segment, find_videos, survey_cameras, survey_files
from genesis_ray.errors import ConfigurationError, SourceError
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


@pytest.fixture
def record(tmp_path, monkeypatch):
    """Make a video of ten frames a second that says when it began, or does not."""
    monkeypatch.chdir(tmp_path)

    def record(
        name: str, begins: float | None = None, *, seconds: float = 2, size=(64, 48)
    ) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(path, "w") as container:
            if begins is not None:
                container.metadata["creation_time"] = at(begins).isoformat()
            stream = container.add_stream("mpeg4", rate=10)
            stream.width, stream.height = size
            picture = av.VideoFrame.from_ndarray(np.zeros((*size[::-1], 3), np.uint8))
            for n in range(round(seconds * 10)):
                picture.pts = n
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        return path

    return record


def camera(camera_id: str, source, **more) -> CameraSettings:
    return CameraSettings(camera_id=camera_id, source=source, **more)


def survey(*files: Path, cameras: tuple[CameraSettings, ...] = (), start=None) -> Archive:
    return survey_files(Settings(cameras=cameras), files, start=start)


def contents(archive: Archive) -> list[tuple[str, ...]]:
    """Return the camera and the files of every segment."""
    return [
        (segment.camera.camera_id, *map(os.path.basename, segment.camera.sources))
        for segment in archive.segments
    ]


def begins(segments: tuple[Segment, ...]) -> list[float]:
    return [(segment.started_at - NINE).total_seconds() for segment in segments]


def test_videos_are_found_in_folders_of_folders_and_other_files_are_not(tmp_path):
    for name in ("b.mp4", "a/x.MKV", "a/b/y.avi", "a/notes.txt", "a/.hidden.mp4", "z.mp4/in.ts"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in find_videos([tmp_path])]
    assert found == ["a/b/y.avi", "a/x.MKV", "b.mp4", "z.mp4/in.ts"]


def test_a_file_that_is_named_is_taken_whatever_it_is_called(tmp_path):
    file = tmp_path / "recording.dat"
    file.touch()
    assert find_videos([file]) == [file]


def test_a_file_that_is_named_in_several_ways_counts_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.mp4"
    file.touch()
    (tmp_path / "link.mp4").symlink_to(file)
    assert len(find_videos([file, Path("a.mp4"), tmp_path, Path("link.mp4")])) == 1


def test_a_path_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SourceError, match=r"gone\.mp4: no such file or folder"):
        find_videos([tmp_path / "gone.mp4"])


def test_a_folder_without_a_video_is_told_with_what_was_looked_for(tmp_path):
    with pytest.raises(SourceError, match=r"no video in .*looked for .*\.mkv"):
        find_videos([tmp_path])


def test_a_file_is_a_camera_of_its_own_named_after_it(record):
    archive = survey(record("door.mp4"), record("back yard.mp4"))
    assert contents(archive) == [("door", "door.mp4"), ("back-yard", "back yard.mp4")]
    assert [segment.started_at for segment in archive.segments] == [UNDATED, UNDATED]


def test_a_file_begins_when_it_says_unless_it_is_told_otherwise(record):
    file = record("door.mp4", 60)
    assert survey(file).segments[0].started_at == at(60)
    assert survey(file, start=at(5)).segments[0].started_at == at(5)
    own = (camera("door", "door.mp4", start=at(7)),)
    assert survey(file, cameras=own, start=at(5)).segments[0].started_at == at(7)


def test_a_segment_knows_how_many_frames_will_be_looked_at(record):
    file = record("door.mp4", seconds=3)
    assert survey(file).segments[0].expected_frames == 30
    half = (camera("door", "door.mp4", process_fps=5),)
    assert survey(file, cameras=half).segments[0].expected_frames == 15


def test_a_file_belongs_to_the_camera_whose_folder_it_is_in(record):
    files = [record("door/2026/a.mp4", 0), record("till/b.mp4", 0), record("c.mp4")]
    cameras = (camera("front", "door"), camera("desk", "till/b.mp4", process_fps=3))
    archive = survey(*files, cameras=cameras)
    assert contents(archive) == [("front", "a.mp4"), ("desk", "b.mp4"), ("c", "c.mp4")]
    assert archive.segments[1].camera.process_fps == 3


def test_files_that_follow_each_other_are_one_segment_in_order_of_time(record):
    files = [record("door/b.mp4", 2), record("door/a.mp4", 4), record("door/c.mp4", 0)]
    archive = survey(*files, cameras=(camera("door", "door"),))
    assert contents(archive) == [("door", "c.mp4", "b.mp4", "a.mp4")]
    (segment,) = archive.segments
    assert (segment.started_at, segment.camera.start) == (NINE, NINE)
    assert segment.expected_frames == 60


def test_a_pause_begins_a_new_segment(record):
    files = [record("door/a.mp4", 0), record("door/b.mp4", 3), record("door/c.mp4", 7)]
    archive = survey(*files, cameras=(camera("door", "door"),))
    assert contents(archive) == [("door", "a.mp4", "b.mp4"), ("door", "c.mp4")]
    assert begins(archive.segments) == [0, 7]


def test_short_pauses_do_not_add_up_to_a_wrong_time(record):
    files = [record(f"door/{n}.mp4", 2 * n, seconds=1.6) for n in range(6)]
    archive = survey(*files, cameras=(camera("door", "door"),))
    assert begins(archive.segments) == [0, 6]


def test_another_size_of_picture_begins_a_new_segment(record):
    files = [record("door/a.mp4", 0), record("door/b.mp4", 2, size=(128, 96))]
    assert len(survey(*files, cameras=(camera("door", "door"),)).segments) == 2


def test_files_of_two_cameras_are_never_joined(record):
    files = [record("a.mp4", 0), record("b.mp4", 2)]
    assert contents(survey(*files)) == [("a", "a.mp4"), ("b", "b.mp4")]


def test_files_of_one_camera_that_overlap_are_refused_with_the_remedy(record):
    files = [record("door/a.mp4"), record("door/b.mp4")]
    with pytest.raises(ConfigurationError, match=r"camera door: .*before .* ends; name the files"):
        survey(*files, cameras=(camera("door", "door"),))


def test_two_files_of_one_name_are_one_camera_and_so_must_not_overlap(record):
    with pytest.raises(ConfigurationError, match="name the files' cameras"):
        survey(record("x/0900.mp4"), record("y/0900.mp4"))


def test_a_file_that_cannot_be_read_is_told_and_the_others_go_on(record):
    Path("broken.mp4").write_bytes(b"no video at all")
    archive = survey(Path("broken.mp4"), record("door.mp4"))
    assert contents(archive) == [("door", "door.mp4")]
    assert [*archive.unreadable] == ["broken.mp4"]
    assert "expected a video" in archive.unreadable["broken.mp4"]


def test_configured_cameras_play_their_files_folders_and_pictures(record):
    record("door/b.mp4", 5)
    record("door/a.mp4", 0)
    record("one.mp4")
    record("two.mp4")
    settings = Settings(
        cameras=(
            camera("door", "door"),
            camera("till", ("two.mp4", "one.mp4")),
            camera("lab", "synthetic:?seconds=1&fps=5"),
        )
    )
    assert contents(survey_cameras(settings)) == [
        ("door", "a.mp4"),
        ("door", "b.mp4"),
        ("till", "two.mp4", "one.mp4"),
        ("lab", "synthetic:?seconds=1&fps=5"),
    ]


def test_a_segment_has_one_id_until_its_files_or_its_camera_change(record):
    file = record("door.mp4")
    zone = {"zone_id": "all", "outline": [(0, 0), (1, 0), (1, 1)]}

    def segment_id(**more) -> str:
        (segment,) = survey(file, cameras=(camera("door", "door.mp4", **more),)).segments
        return segment.segment_id

    first = segment_id()
    assert first.startswith("door-")
    assert segment_id() == first
    assert segment_id(zones=[zone]) != first
    os.utime(file, (0, 0))
    assert segment_id() != first
