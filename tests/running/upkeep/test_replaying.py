from collections.abc import Iterator
from pathlib import Path

import pytest

from genesis_ray.errors import FailedAgainError, SourceError
from genesis_ray.running.recordings import WatchedRun
from genesis_ray.running.result import CameraProgress, summary
from genesis_ray.running.upkeep.dead_letters import DeadLetter, dead_letters_of
from genesis_ray.running.upkeep.replay import Replay
from genesis_ray.running.upkeep.replaying import ReplayProcess
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder
from tests.letters import NOON, recording

FILM = "synthetic:?people=2&seconds=1&fps=10&width=320&height=240"
SOURCES = {
    "fatal": f"{FILM}&fatal=5",
    "gone": "gone.mp4",
    "poisoned": f"{FILM}&poison=5",
    "sound": FILM,
}
"""By camera, each of which has a recording that was set aside."""


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    (tmp_path / "data").mkdir()
    settings = Settings(
        data_dir=tmp_path / "data",
        detector={"model": "synthetic"},
        faces={"embedder": "synthetic"},
        cameras=[
            CameraSettings(camera_id=name, source=source, start=NOON)
            for name, source in SOURCES.items()
        ],
    )
    run = RunFolder.create(tmp_path / "run")
    run.write_summary(summary(settings, None))
    with EventLog(run.events) as log:
        log.append([recording(name) for name in SOURCES])
    return run


@pytest.fixture
def process(run) -> Iterator[ReplayProcess]:
    watched = WatchedRun(run)
    with ReplayProcess(Replay(run, watched.settings, watched)) as process:
        yield process


def letters(run: RunFolder) -> dict[str, DeadLetter]:
    return {letter.camera_id: letter for letter in dead_letters_of(run)}


def tracked(run: RunFolder) -> set[str]:
    return set(RunTables(run.events)["track_observations"]["camera_id"].to_pylist())


def test_what_kills_the_process_waits_on_and_hinders_no_other(run, process):
    before, progress = letters(run), list[CameraProgress]()
    with EventLog(run.events) as log:
        with pytest.raises(FailedAgainError, match=r"its process died of it \(SIGKILL\)"):
            process.replay(before["fatal"], log, on_progress=progress.append)
        assert process.replay(before["sound"], log, on_progress=progress.append) == (
            "10 frames watched"
        )
    assert (progress[-1].frames, progress[-1].is_done) == (10, True)
    after = letters(run)
    assert (after["fatal"].status, after["fatal"].attempts) == ("waiting", 5)
    assert after["fatal"].reason == "its process died of it (SIGKILL)"
    assert after["fatal"].captured_at == NOON
    assert (after["sound"].status, after["sound"].outcome) == ("replayed", "10 frames watched")
    assert after["sound"].attempts == 4
    assert tracked(run) == {"sound"}


def test_attempts_are_counted_up_each_time_that_it_fails_again(run, process):
    for attempts in (5, 6):
        with EventLog(run.events) as log, pytest.raises(FailedAgainError, match="cannot digest"):
            process.replay(letters(run)["poisoned"], log, on_progress=print)
        assert letters(run)["poisoned"].attempts == attempts
    assert tracked(run) == set()


def test_what_cannot_be_replayed_is_no_attempt(run, process):
    with EventLog(run.events) as log, pytest.raises(SourceError, match=r"gone\.mp4"):
        process.replay(letters(run)["gone"], log, on_progress=print)
    assert letters(run)["gone"].attempts == 4


def test_models_are_made_for_what_can_be_played(run, process):
    assert process.shapes(letters(run).values()) == {(480, 640)}
