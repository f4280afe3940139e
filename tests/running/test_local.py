"""Faces on a film become names, reviews and strangers."""

import pytest

from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.local import run_local
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.runs.run_folder import RunFolder

_CUT_TO_THE_AUDIENCE_S = 220 / 29.97


@pytest.mark.data
@pytest.mark.models
@pytest.mark.timeout(600)
def test_on_a_stage_the_singer_is_named_who_is_in_profile_is_for_review_and_nobody_else_is(
    shared_data, tmp_path
):
    settings = Settings(
        data_dir=tmp_path / "data",
        cameras=[
            CameraSettings(
                camera_id="stage", source=str(shared_data / "videos" / "hamilton_short.mp4")
            )
        ],
    )
    stills = shared_data / "faces" / "face_recognition"
    singer = enroll(settings, "Lin", [stills / "lin-manuel-miranda.png"]).identity_id
    pianist = enroll(settings, "Alex", [stills / "alex-lacamoire.png"]).identity_id
    run = RunFolder.create(tmp_path / "run")
    run_local(settings, run, on_progress=lambda _: None)
    rows = read_table(run.events, "face_recognitions").to_pylist()
    assert {row["identity_id"] for row in rows if row["decision"] == "named"} == {singer}
    assert {row["identity_id"] for row in rows if row["decision"] == "review"} <= {singer, pianist}
    audience = [row for row in rows if row["occurred_at"].timestamp() > _CUT_TO_THE_AUDIENCE_S]
    assert {row["decision"] for row in audience} == {"unknown"}
