from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from genesis_ray.domain.events import DeadLetterChanged
from genesis_ray.errors import ConfigurationError, FailedAgainError, NotFoundError, SourceError
from genesis_ray.running.local import run_local
from genesis_ray.running.recordings import WatchedRun
from genesis_ray.running.result import CameraProgress, summary
from genesis_ray.running.upkeep.dead_letters import dead_letters_of
from genesis_ray.running.upkeep.replay import Replay
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder
from tests.letters import frame, recording

FILM = "synthetic:?people=2&seconds=4&fps=10&width=320&height=240"
BEGAN = datetime(1970, 1, 1, tzinfo=UTC)
ZONE = {"zone_id": "left", "outline": [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]}


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def settings_for(source: str, data: Path, *, start: datetime | None = None) -> Settings:
    data.mkdir(exist_ok=True)
    return Settings(
        data_dir=data,
        detector={"model": "synthetic"},
        faces={"embedder": "synthetic", "min_person_width": 10, "min_quality": 0},
        identity={"visitors": True},
        cameras=[CameraSettings(camera_id="door", source=source, start=start, zones=[ZONE])],
    )


class Scene:
    """A run with a dead letter, to be replayed."""

    def __init__(self, folder: Path, source: str, start: datetime | None) -> None:
        self.settings = settings_for(source, folder / "data", start=start)
        self.run = RunFolder.create(folder / "run")
        self.run.write_summary(summary(self.settings, None))
        self.progress: list[CameraProgress] = []

    def replay(self, letter: DeadLetterChanged) -> str:
        with EventLog(self.run.events) as log:
            log.append([letter])
        (present,) = dead_letters_of(self.run)
        again = Replay(self.run, self.settings, WatchedRun(self.run))
        events, finding = again.replay(present, self.progress.append)
        with EventLog(self.run.events) as log:
            log.append(events)
        return finding

    def told(self) -> dict[str, object]:
        """Return the rows of all tables but that of dead letters."""
        tables = RunTables(self.run.events)
        return {name: tables[name].read() for name in tables if name != "dead_letters"}


Make = Callable[..., Scene]


@pytest.fixture
def scene(tmp_path) -> Make:
    return lambda source=FILM, start=None: Scene(tmp_path, source, start)


def watched_straight(tmp_path: Path, source: str = FILM) -> dict[str, object]:
    """Return the tables of a run in which nothing was set aside."""
    run = RunFolder.create(tmp_path / "straight")
    run_local(settings_for(source, tmp_path / "other"), run, on_progress=lambda _: None)
    return {name: table.read() for name, table in RunTables(run.events).items()}


def test_a_recording_that_is_replayed_is_in_the_run_as_if_nothing_had_happened(scene, tmp_path):
    run = scene()
    assert run.replay(recording("door", at=BEGAN)) == "40 frames watched"
    straight = watched_straight(tmp_path)
    assert len(straight["face_recognitions"])
    assert len(straight["visits"])
    assert all(rows.equals(straight[name]) for name, rows in run.told().items())
    assert (run.progress[-1].frames, run.progress[-1].is_done) == (40, True)


def test_what_the_log_had_already_is_not_doubled(scene):
    run = scene()
    run_local(run.settings, run.run, on_progress=lambda _: None)
    before = run.told()
    run.replay(recording("door", at=BEGAN, stage="decode"))
    after = run.told()
    assert all(after[name].equals(rows) for name, rows in before.items())


@pytest.mark.parametrize(
    "letter", [recording("door", at=BEGAN), frame("door", 20, at=at(2))], ids=["recording", "frame"]
)
def test_what_fails_again_is_told_and_nothing_changes(scene, letter):
    run = scene(f"{FILM}&poison=20")
    with pytest.raises(FailedAgainError, match="RuntimeError: cannot digest"):
        run.replay(letter)
    assert not any(len(rows) for rows in run.told().values())


@pytest.mark.parametrize(
    ("stage", "finding"), [("detect", "2 people found"), ("embed", "2 people and 2 faces found")]
)
def test_a_frame_is_looked_at_again_by_the_stage_that_failed(scene, stage, finding):
    run = scene()
    assert run.replay(frame("door", 20, at=at(2), stage=stage)) == finding
    assert not any(len(rows) for rows in run.told().values())


@pytest.mark.parametrize(("frame_index", "seconds"), [(20, 1.9), (21, 2.0), (400, 40.0)])
def test_a_frame_that_the_recording_does_not_have_is_no_other_frame(scene, frame_index, seconds):
    with pytest.raises(SourceError, match=f"no frame {frame_index} captured at"):
        scene().replay(frame("door", frame_index, at=at(seconds)))


def test_a_recording_is_dated_as_it_was_though_the_camera_was_given_another_start_since(scene):
    run = scene(start=at(3600))
    run.replay(recording("door", at=at(60), stage="decode"))
    first = run.told()["track_observations"]["occurred_at"][0]
    assert at(60) <= first.as_py() < at(61)


@pytest.mark.parametrize(
    "letter", [recording("door", at=at(60)), frame("door", 20, at=at(62))], ids=["whole", "frame"]
)
def test_where_the_times_would_be_wrong_nothing_is_replayed(scene, letter):
    with pytest.raises(SourceError, match=r"door began anew at 1970-01-01T01:00:00"):
        scene(start=at(3600)).replay(letter)


def test_a_live_stream_cannot_be_replayed_and_the_remedy_is_told(scene):
    letter = frame("door", 20, at=at(2))
    with pytest.raises(ConfigurationError, match=rf"dead-letters drop {letter.dead_letter_id}"):
        scene("rtsp://camera.local/1").replay(letter)


@pytest.mark.parametrize("stage", ["journal", "resolver"])
def test_what_journal_or_resolver_set_aside_cannot_be_looked_at_and_the_remedy_is_told(
    scene, stage
):
    letter = frame("door", 20, at=at(2), stage=stage)
    with pytest.raises(ConfigurationError, match=rf"{stage}.*drop {letter.dead_letter_id}"):
        scene().replay(letter)


def test_a_camera_that_the_run_did_not_watch_is_named(scene):
    with pytest.raises(NotFoundError, match="no recording of camera yard"):
        scene().replay(recording("yard", at=BEGAN))


def test_a_recording_that_is_gone_is_named(scene, tmp_path):
    with pytest.raises(SourceError, match=r"gone\.mp4"):
        scene(str(tmp_path / "gone.mp4")).replay(recording("door", at=BEGAN))


def test_people_are_not_looked_for_where_they_never_were(scene, tmp_path):
    run = scene()
    elsewhere = run.settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})
    with pytest.raises(ConfigurationError, match=r"elsewhere.*--data DIR"):
        Replay(run.run, elsewhere, WatchedRun(run.run))
    assert not (tmp_path / "elsewhere").exists()


def test_models_are_made_for_what_can_be_played(scene):
    run = scene()
    with EventLog(run.run.events) as log:
        log.append([recording("door", at=BEGAN), recording("yard", at=BEGAN)])
    again = Replay(run.run, run.settings, WatchedRun(run.run))
    assert again.shapes(dead_letters_of(run.run)) == {(480, 640)}
