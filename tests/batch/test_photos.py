import os
import pickle
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
import ray

from genesis_ray.batch.attempts import Attempts
from genesis_ray.batch.photos import (
    Answer,
    WorkersPhotoFaces,
    answers,
    look_at,
    photos_at_once,
)
from genesis_ray.errors import GenesisError, SourceError
from genesis_ray.running.enrolling.bulk_enrolment import BulkEnrolment, enroll_all, photos_in
from genesis_ray.running.enrolling.photo_faces import LoadedPhotoFaces, PhotoFaces
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.serving import cluster
from genesis_ray.settings import Settings
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.identity_schemas import gallery_schema
from genesis_ray.testing import ColourEmbedder
from tests.processes import titled
from tests.running.enrolling.test_bulk_enrolment import photo

LANES = {"Ada": 0, "Bob": 1, "Cleo": 2}


def settings_in(folder: Path) -> Settings:
    return Settings(data_dir=folder, faces={"embedder": "synthetic"})


@pytest.fixture
def staff(tmp_path) -> Path:
    """A folder of three people with four photos each, and of what can be wrong with some."""
    staff = tmp_path / "staff"
    for name, lane in LANES.items():
        for tint in range(4):
            photo(staff / name / f"{tint}.png", lane, tint=tint)
    (staff / "Ada" / "text.txt").write_text("no picture")
    photo(staff / "Bob" / "9.png", LANES["Cleo"])
    (staff / "Dan").mkdir()
    cv2.imwrite(str(staff / "Cleo" / "wall.png"), np.full((99, 99, 3), 96, np.uint8))
    photo(staff / "Zoe" / "0.png", LANES["Ada"], tint=5)
    return staff


def all_of(staff: Path) -> list[Path]:
    return [path for own in photos_in(staff).values() for path in own]


@pytest.fixture(scope="module")
def on_ray() -> Iterator[None]:
    """A cluster of this test's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_BACKEND_LOG_LEVEL", "fatal")  # as in `photo_workers`
        cluster.start()
        yield
        ray.shutdown()


def enrolled(settings: Settings, staff: Path, *, workers: int = 0, **options) -> BulkEnrolment:
    """Make everybody known; where there are workers, by what they find."""
    faces = None
    if workers:
        told = answers(settings.faces, tenant_keys(settings).ref, all_of(staff), workers=workers)
        faces = WorkersPhotoFaces(all_of(staff), told)
    return enroll_all(settings, photos_in(staff), within_s=0, faces=faces, **options)


def told_of(result: BulkEnrolment) -> BulkEnrolment:
    """Return it without the identities in reasons, which are made up by chance."""
    reasons = {
        photo: re.sub(r"\b[0-9a-f]{8}\b", "ID", why) for photo, why in result.refused.items()
    }
    return replace(result, refused=reasons)


def stored(settings: Settings) -> list[dict[str, object]]:
    """Return all that the gallery has of each face, but for what is made up by chance or by now."""
    embedder, folder = ColourEmbedder(), identity_folder(settings)
    schema = gallery_schema(embedder.dimension)
    rows: pa.Table = LanceTable(folder, "faces_colour", schema, writer=False).rows()
    names = {each.identity_id: each.name for each in who_is_who(settings).people}
    return [
        {**row, "identity_id": names[row["identity_id"]], "face_id": "", "enrolled_at": ""}
        for row in rows.to_pylist()
    ]


@pytest.mark.ray
@pytest.mark.usefixtures("on_ray")
def test_workers_make_people_known_as_one_process_does_to_the_last_bit(tmp_path, staff):
    alone, helped = settings_in(tmp_path / "alone"), settings_in(tmp_path / "helped")
    progress: tuple[list, list] = [], []
    results = [
        enrolled(alone, staff, on_progress=lambda *each: progress[0].append(each)),
        enrolled(helped, staff, workers=2, on_progress=lambda *each: progress[1].append(each)),
    ]
    assert told_of(results[0]) == told_of(results[1])
    assert results[0].added == dict.fromkeys(LANES, 4)
    assert len(results[0].refused) == 4
    assert stored(alone) == stored(helped)
    assert len(stored(alone)) == 12
    assert progress[0] == progress[1]


@pytest.mark.ray
@pytest.mark.usefixtures("on_ray")
def test_cut_off_the_next_call_goes_on(tmp_path, staff):
    settings, whole = settings_in(tmp_path / "cut"), settings_in(tmp_path / "whole")

    def cut_off(name: str, *_: int) -> None:
        if name == "Bob":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enrolled(settings, staff, workers=2, on_progress=cut_off)
    assert {row["identity_id"] for row in stored(settings)} == {"Ada"}
    done = enrolled(settings, staff, workers=2)
    assert (done.added, done.known) == ({"Bob": 4, "Cleo": 4}, 4)
    enrolled(whole, staff)
    assert stored(settings) == stored(whole)


@pytest.mark.ray
@pytest.mark.usefixtures("on_ray")
def test_a_worker_that_is_killed_changes_nothing(tmp_path, staff):
    settings, whole = settings_in(tmp_path / "killed"), settings_in(tmp_path / "whole")
    killed = []

    def kill(name: str, *_: int) -> None:
        if name == "Bob":
            for worker in titled(os.getpid(), "ray::MapWorker"):
                worker.send_signal(signal.SIGKILL)
                killed.append(worker.pid)

    result = enrolled(settings, staff, workers=2, on_progress=kill)
    assert killed
    assert told_of(result) == told_of(enrolled(whole, staff))
    assert stored(settings) == stored(whole)


@pytest.mark.ray
@pytest.mark.usefixtures("on_ray")
def test_workers_without_the_tenants_key_say_so(tmp_path, staff):
    ref = tenant_keys(settings_in(tmp_path / "data")).ref
    ref = replace(ref, store=f"file:{tmp_path}")
    told = answers(settings_in(tmp_path).faces, ref, all_of(staff), workers=1)
    with pytest.raises(GenesisError, match=r"a worker failed: .*key"):
        WorkersPhotoFaces(all_of(staff), told).of(all_of(staff)[0])


@pytest.fixture
def faces(tmp_path) -> PhotoFaces:
    """Who looks at photos in a worker."""
    settings = settings_in(tmp_path / "data")
    embedder = load_protected_embedder(settings.faces, tenant_keys(settings).current)
    return LoadedPhotoFaces(embedder)


def test_nothing_plain_leaves_a_worker(faces, staff):
    path = staff / "Ada" / "0.png"
    (plain,) = ColourEmbedder().faces_in(cv2.imread(str(path)))
    answer = look_at(path, faces, place=0)
    told = pickle.dumps(answer)
    assert plain.embedding.tobytes() not in told
    assert answer.faces[0].embedding.tobytes() in told
    assert answer.faces[0].key
    assert path.read_bytes()[50:100] not in told


def test_a_photo_of_which_workers_die_is_refused(faces, staff):
    path = staff / "Ada" / "0.png"
    assert look_at(path, faces, place=0, deaths=1).problem == ""
    answer = look_at(path, faces, place=0, deaths=2)
    assert "2 processes that looked at it died" in answer.problem
    assert answer.faces == ()


def test_who_looks_again_at_what_was_done_died_of_none_of_it():
    attempts = Attempts()
    assert (attempts.begin(7), attempts.begin(7), attempts.begin(7)) == (0, 1, 2)
    attempts.end(7)
    assert attempts.begin(8) == 0
    attempts.end(8)
    assert attempts.begin(8) == 0


@pytest.mark.parametrize(("photos", "at_once"), [(1, 1), (24, 3), (1000, 8)])
def test_few_photos_are_handed_out_so_that_each_worker_has_its_turn_a_few_times(photos, at_once):
    assert photos_at_once(photos, workers=2) == at_once


HERE = [Path("staff/a.png"), Path("staff/b.png"), Path("staff/a.png"), Path("staff/c.png")]


def told(*problems: str, is_missing: bool = False) -> WorkersPhotoFaces:
    made: Sequence[Answer] = [
        Answer(place=place, node="shop", problem=problem, is_missing=is_missing)
        for place, problem in enumerate(problems)
    ]
    return WorkersPhotoFaces(HERE, iter(made))


def test_photos_may_be_left_out_and_asked_for_twice():
    faces = told("first", "", "third", "fourth")
    assert faces.of(HERE[1]) == []
    with pytest.raises(SourceError, match=r"staff/a.png: third"):
        faces.of(HERE[0])
    with pytest.raises(SourceError, match=r"staff/c.png: fourth"):
        faces.of(HERE[3])
    with pytest.raises(ValueError, match="not in this order"):
        faces.of(HERE[1])


def test_a_folder_that_a_node_has_not_is_told_instead_of_refusing_all_photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="No such file"):
        told("No such file", is_missing=True).of(HERE[0])
    photo(HERE[0], 0)
    with pytest.raises(GenesisError, match=r"a.png is not on the node shop.*at the same path"):
        told("No such file", is_missing=True).of(HERE[0])


def test_what_cannot_be_read_is_told_in_the_words_of_one_process(faces, staff, tmp_path):
    huge, nowhere = tmp_path / "huge.png", tmp_path / "nowhere.png"
    with huge.open("wb") as file:
        file.truncate(65 << 20)
    for path in (staff / "Ada" / "text.txt", huge, nowhere, staff):
        answer = look_at(path, faces, place=0)
        with pytest.raises(SourceError) as here:
            faces.of(path)
        with pytest.raises(SourceError) as there:
            WorkersPhotoFaces([path], iter([answer])).of(path)
        assert str(there.value) == str(here.value)
