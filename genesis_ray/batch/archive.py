"""Which recordings there are, whose they are, and where one goes on in the next."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from genesis_ray.domain.stable_ids import stable_id
from genesis_ray.errors import ConfigurationError, SourceError
from genesis_ray.sections.cameras import CameraSettings, camera_id_of
from genesis_ray.settings import Settings
from genesis_ray.vision.sources import open_recording

VIDEO_SUFFIXES = frozenset({".mp4", ".mkv", ".avi", ".mov", ".ts", ".webm", ".m4v", ".mpg"})

_UNBROKEN = timedelta(seconds=1)
"""A pause between two files that recorders make when they begin a new one."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One camera's unbroken recording: the unit of work, and of going on after a kill.

    Attributes:
        camera: With the segment's files, in order, as its source.
        expected_frames: To be looked at; None where a file does not say its length.
        size: Width and height of its pictures, pixels.
    """

    camera: CameraSettings
    started_at: datetime
    expected_frames: int | None
    size: tuple[int, int]

    @property
    def label(self) -> str:
        """What people are shown; a camera's segments begin at different times."""
        dated = self.started_at.year > 1970
        return (
            f"{self.camera.camera_id} {self.started_at:%Y-%m-%d %H:%M:%S}"
            if dated
            else self.camera.camera_id
        )

    @property
    def segment_id(self) -> str:
        """The same for the same files, unchanged, of the same camera."""
        files = [path for path in map(Path, self.camera.sources) if path.is_file()]
        stats = [(path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        return f"{self.camera.camera_id}-{stable_id(self.camera.model_dump_json(), stats).hex}"


@dataclass(frozen=True, slots=True)
class Archive:
    """The segments of an archive, and the sources that could not be read, with the reason."""

    segments: tuple[Segment, ...]
    unreadable: dict[str, str]


def find_videos(paths: Sequence[Path]) -> list[Path]:
    """Return the files among `paths` and the videos in the folders among them, sorted.

    A file that is named in several ways counts once; hidden ones in folders do not.

    Raises:
        SourceError: A path does not exist, or there is no video in any of them.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(filter(_is_video, path.rglob("*"))):
                found.setdefault(file.resolve(), file)
        elif path.exists():
            found.setdefault(path.resolve(), path)
        else:
            raise SourceError(f"{path}: no such file or folder; check the spelling")
    if not found:
        suffixes = ", ".join(sorted(VIDEO_SUFFIXES))
        raise SourceError(f"no video in {', '.join(map(str, paths))}; looked for {suffixes}")
    return sorted(found.values())


def _is_video(path: Path) -> bool:
    is_hidden = path.name.startswith(".")
    return path.suffix.lower() in VIDEO_SUFFIXES and not is_hidden and path.is_file()


def survey_files(settings: Settings, files: Sequence[Path], *, start: datetime | None) -> Archive:
    """Look into every file and join those of one camera that follow each other.

    A file belongs to the configured camera whose source is the file or a folder that
    holds it; any other is a camera of its own, named after it.
    """
    return _survey(
        settings, [(_camera_of(settings, file), (str(file),)) for file in files], start=start
    )


def survey_cameras(settings: Settings) -> Archive:
    """Look into the sources of the configured cameras; a folder stands for its videos."""
    found: list[tuple[CameraSettings, tuple[str, ...]]] = []
    for camera in settings.cameras:
        folder = Path(camera.sources[0]).expanduser()
        if len(camera.sources) == 1 and folder.is_dir():
            found += [(camera, (str(file),)) for file in find_videos([folder])]
        else:
            found.append((camera, camera.sources))
    return _survey(settings, found, start=None)


def _survey(
    settings: Settings,
    found: Sequence[tuple[CameraSettings, tuple[str, ...]]],
    *,
    start: datetime | None,
) -> Archive:
    recordings: dict[str, list[_Recording]] = defaultdict(list)
    unreadable: dict[str, str] = {}
    for camera, sources in found:
        try:
            recordings[camera.camera_id].append(_look_into(settings, camera, sources, start))
        except SourceError as error:
            unreadable[", ".join(sources)] = str(error)
    segments = [segment for own in recordings.values() for segment in _join(own)]
    return Archive(tuple(segments), unreadable)


@dataclass(frozen=True, slots=True)
class _Recording:
    camera: CameraSettings
    sources: tuple[str, ...]
    started_at: datetime
    ended_at: datetime
    expected_frames: int | None
    size: tuple[int, int]


def _camera_of(settings: Settings, file: Path) -> CameraSettings:
    for camera in settings.cameras:
        places = [Path(source).expanduser().resolve() for source in camera.sources]
        if any(file.resolve().is_relative_to(place) for place in places):
            return camera
    return CameraSettings(camera_id=camera_id_of(str(file)), source=str(file))


def _look_into(
    settings: Settings, camera: CameraSettings, sources: tuple[str, ...], start: datetime | None
) -> _Recording:
    with open_recording(
        sources,
        camera_id=camera.camera_id,
        process_fps=settings.fps_of(camera),
        start=camera.start or start,
    ) as source:
        seconds = (source.frame_count or 0) / source.fps
        return _Recording(
            camera,
            sources,
            source.started_at,
            source.started_at + timedelta(seconds=seconds),
            source.expected_frames,
            (source.width, source.height),
        )


def _join(recordings: list[_Recording]) -> Iterator[Segment]:
    recordings.sort(key=lambda recording: (recording.started_at, recording.sources))
    run: list[_Recording] = []
    for recording in recordings:
        if run and recording.started_at < run[-1].ended_at - _UNBROKEN:
            raise ConfigurationError(
                f"camera {recording.camera.camera_id}: {recording.sources[0]} begins at "
                f"{recording.started_at:%Y-%m-%d %H:%M:%S}, before {run[-1].sources[-1]} ends; "
                f"name the files' cameras in the configuration, or reprocess them one by one "
                f"with --start"
            )
        if run and not _goes_on(run, recording):
            yield _segment(run)
            run = []
        run.append(recording)
    if run:
        yield _segment(run)


def _goes_on(run: list[_Recording], recording: _Recording) -> bool:
    """Tell whether a recording can be played where `run`, played without pauses, ends.

    Short pauses add up: what is played after them would be dated too early by all of them.
    """
    played = sum((each.ended_at - each.started_at for each in run), timedelta())
    pause = recording.started_at - (run[0].started_at + played)
    return pause <= _UNBROKEN and recording.size == run[0].size


def _segment(run: list[_Recording]) -> Segment:
    frames = [recording.expected_frames for recording in run]
    camera = run[0].camera.model_copy(
        update={
            "source": tuple(source for recording in run for source in recording.sources),
            "start": run[0].started_at,
        }
    )
    known = [count for count in frames if count is not None]
    expected_frames = sum(known) if len(known) == len(run) else None
    return Segment(camera, run[0].started_at, expected_frames, run[0].size)
