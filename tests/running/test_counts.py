"""Counts on real footage, from the file to the answer."""

import csv

import pytest

from genesis_ray.analytics.attendance import attendances
from genesis_ray.running.local import run_local
from genesis_ray.running.questions.history import present_tables
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

pytestmark = [pytest.mark.data, pytest.mark.models, pytest.mark.timeout(600)]


def seen_in(video, folder, *, fps: float = 10) -> list[tuple[float, float]]:
    """Return from when to when somebody was there, in seconds from the beginning."""
    settings = Settings(
        data_dir=folder / "data",
        cameras=[CameraSettings(camera_id="clip", source=str(video), start="1970-01-01T00:00Z")],
        process_fps=fps,
    )
    run = RunFolder.create(folder / "run")
    run_local(settings, run, on_progress=lambda _: None)
    tables = present_tables(run.events, settings, None)
    rows = attendances(tables, visit_gap_s=settings.visit_gap_s).to_pylist()
    return [(row["started_at"].timestamp(), row["ended_at"].timestamp()) for row in rows]


def test_six_people_who_come_one_by_one_are_six_attendances_right_within_a_second(
    shared_data, tmp_path
):
    videos = shared_data / "videos"
    with (videos / "intel_one-by-one_visits.csv").open() as rows:
        visits = [
            (int(row["first_frame"]) / 10, int(row["last_frame"]) / 10)
            for row in csv.DictReader(rows)
        ]
    found = seen_in(videos / "intel_one-by-one-person-detection.mp4", tmp_path, fps=5)
    assert len(found) == len(visits) == 6
    for (since, until), (entry, exit_) in zip(found, visits, strict=True):
        assert since == pytest.approx(entry, abs=1)
        assert until == pytest.approx(exit_, abs=1)


@pytest.mark.parametrize(
    ("clip", "people"),
    [
        ("intel_worker-zone-detection", 1),
        ("intel_classroom", 4),
        ("intel_face-demographics-walking", 2),
        ("epfl_double1", 2),
    ],
)
def test_each_person_in_a_short_clip_is_one_attendance(clip, people, shared_data, tmp_path):
    assert len(seen_in(shared_data / "videos" / f"{clip}.mp4", tmp_path)) == people
