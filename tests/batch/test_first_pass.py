from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from genesis_ray.batch.archive import Archive, Segment
from genesis_ray.batch.first_pass import FirstPass
from genesis_ray.batch.worker import Finished
from genesis_ray.running.result import CameraProgress
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def segment(camera_id: str) -> Segment:
    camera = CameraSettings(camera_id=camera_id, source=f"{camera_id}.mp4", start=NINE)
    return Segment(camera, NINE, expected_frames=20, size=(64, 48))


class Workers:
    """Those who watch, in whose hands some segments fail a number of times."""

    def __init__(self, **failures: int) -> None:
        self.failures = Counter(failures)
        self.log: list[object] = []

    def watch(self, segments: list[Segment]) -> Iterator[Finished]:
        """Watch segments."""
        for place, each in enumerate(segments):
            camera_id = each.camera.camera_id
            self.log.append(camera_id)
            fails = self.failures[camera_id] > 0
            self.failures[camera_id] -= 1
            reason = "RuntimeError: cannot digest this" if fails else None
            yield Finished(place, 7 if fails else 20, None, reason, {"detect": 1.0})


@pytest.fixture
def first_pass(tmp_path):
    def watched(workers: Workers) -> FirstPass:
        archive = Archive(tuple(map(segment, ("door", "till", "yard"))), {})
        made = FirstPass(archive, tmp_path, lambda _: None)
        made.watch(workers.watch, retry_delays_s=[1, 5, 15], pause=workers.log.append)
        return made

    return watched


def progress(made: FirstPass) -> dict[str, CameraProgress]:
    return {label.split()[0]: camera for label, camera in made.progress.items()}


def test_what_fails_is_tried_again_behind_all_others_and_after_a_pause(first_pass):
    workers = Workers(door=2)
    first_pass(workers)
    assert workers.log == ["door", "till", "yard", 1, "door", 5, "door"]


def test_what_comes_right_at_last_is_not_set_aside(first_pass):
    made = first_pass(Workers(door=3))
    assert made.letters(Settings()) == []
    assert progress(made)["door"] == CameraProgress(
        camera_id="door 2026-01-05 09:00:00", frames=20, expected_frames=20, is_done=True
    )


def test_what_fails_again_and_again_is_set_aside_and_the_others_are_done(first_pass):
    workers = Workers(door=99, yard=99)
    made = first_pass(workers)
    assert workers.log[-2:] == ["door", "yard"]
    assert workers.log.count("door") == 4
    letters = made.letters(Settings(tenant_id="acme", site_id="paris"))
    assert [letter.camera_id for letter in letters] == ["door", "yard"]
    (letter, _) = letters
    assert (letter.tenant_id, letter.site_id, letter.occurred_at) == ("acme", "paris", NINE)
    assert (letter.unit, letter.stage, letter.status) == ("recording", "watch", "waiting")
    assert (letter.attempts, letter.frame_index) == (4, None)
    assert letter.reason == "RuntimeError: cannot digest this"
    assert progress(made)["till"].problem is None


def test_what_is_set_aside_is_told_with_its_file_and_why_and_none_of_its_frames_count(first_pass):
    told = progress(first_pass(Workers(door=99)))["door"]
    assert told.is_done
    assert told.frames == 0
    assert told.problem is not None
    assert "door.mp4 was set aside after 4 attempts" in told.problem
    assert "RuntimeError: cannot digest this" in told.problem


def test_the_time_of_failed_attempts_counts(first_pass):
    assert first_pass(Workers(door=1)).clock.seconds() == {"detect": 4.0}
