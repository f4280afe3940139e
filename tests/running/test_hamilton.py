"""A clip of a stage show; of those who are seen some are enrolled, with others who never are."""

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from genesis_ray.evaluation.identities_file import read_identities
from genesis_ray.running.enrolling import enrolment
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.local import run_local
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder

pytestmark = [pytest.mark.models, pytest.mark.data, pytest.mark.timeout(300)]

CROWDED = "face_recognition/knn_train_biden_biden2.jpg"
"""A still on which others are seen too, so that it cannot be enrolled."""


class Shot(NamedTuple):
    first_frame: int
    last_frame: int
    visible: set[str]


@pytest.fixture(scope="module")
def named(shared_data: Path, tmp_path_factory) -> dict[int, set[str]]:
    """Watch the clip; return, by frame, the names of the tracks that are seen in it."""
    folder = tmp_path_factory.mktemp("hamilton")
    clip = str(shared_data / "videos" / "hamilton_short.mp4")
    settings = Settings(data_dir=folder / "data", cameras=[{"camera_id": "stage", "source": clip}])
    faces = shared_data / "faces"
    stills: dict[str, list[Path]] = {}
    for still in read_identities(faces / "identities.csv", sets=["face_recognition"]):
        if len(still.people) == 1 and still.file != CROWDED:
            stills.setdefault(still.people[0], []).append(faces / still.file)
    embedder = load_protected_embedder(settings.faces, tenant_keys(settings).current)
    with pytest.MonkeyPatch.context() as patch:  # its models are loaded once, not for each
        patch.setattr(enrolment, "load_protected_embedder", lambda *_: embedder)
        name_of = {
            enroll(settings, name, photos).identity_id: name for name, photos in stills.items()
        }
    assert len(name_of) == 6
    run = RunFolder.create(folder / "run")
    run_local(settings, run, on_progress=lambda _: None)
    tables = RunTables(run.events)
    named_tracks = {
        row["track_id"]: name_of[row["identity_id"]]
        for row in tables["face_recognitions"].to_pylist()
        if row["decision"] == "named"
    }
    names: dict[int, set[str]] = {}
    for row in tables["track_observations"].to_pylist():
        if name := named_tracks.get(row["track_id"]):
            names.setdefault(row["frame_index"], set()).add(name)
    return names


@pytest.fixture(scope="module")
def shots(shared_data: Path) -> list[Shot]:
    with (shared_data / "videos" / "hamilton_shots.csv").open() as file:
        return [
            Shot(
                int(row["first_frame"]),
                int(row["last_frame"]),
                set(row["identities_visible"].split("|")),
            )
            for row in csv.DictReader(file)
        ]


def names_in(shot: Shot, named: dict[int, set[str]]) -> set[str]:
    frames = range(shot.first_frame, shot.last_frame + 1)
    return set().union(*(names for frame, names in named.items() if frame in frames))


def test_in_no_shot_is_anybody_named_who_is_not_in_it(named, shots):
    for shot in shots:
        assert names_in(shot, named) <= shot.visible, shot


def test_who_shows_a_face_for_two_seconds_is_named(named, shots):
    _, _, frontal, audience = (names_in(shot, named) for shot in shots)
    assert frontal == {"lin_manuel_miranda"}
    assert audience == {"obama"}
