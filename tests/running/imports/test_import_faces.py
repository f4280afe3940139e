import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.enrolling.face_doubts import FaceDoubts
from genesis_ray.running.enrolling.kept_photos import kept_figures
from genesis_ray.running.imports.import_events import identity_of
from genesis_ray.running.imports.import_report import Tally
from genesis_ray.running.imports.importing import import_genesis
from genesis_ray.running.people import turns
from genesis_ray.running.people.identities import faces_of, identity_folder, who_is_who
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.templates.protected import ProtectedEmbedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.galleries.stored_faces import stored_faces, stored_places
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos
from genesis_ray.testing import ColourEmbedder, SyntheticFilm
from genesis_ray.vision.face_picture import read_face_picture
from tests.genesis_installation import Genesis, source_of


@pytest.fixture
def genesis(tmp_path) -> Genesis:
    """An installation with a photo each of two people."""
    genesis = Genesis(tmp_path / "genesis")
    image = np.asarray(SyntheticFilm(people=2, width=320, height=240).image_at(0))
    for lane, person_id in enumerate(("person_001", "person_002")):
        genesis.add_person(person_id, embedding=None)
        folder = genesis.faces / person_id
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / "photo.png"), image[lane * 120 : (lane + 1) * 120])
    return genesis


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    return Settings(
        data_dir=tmp_path / "data", faces={"embedder": "synthetic", "keep_photos": True}
    )


def without_photos(settings: Settings) -> Settings:
    faces = settings.faces.model_copy(update={"keep_photos": False})
    return settings.model_copy(update={"faces": faces})


def imported(settings: Settings, genesis: Genesis) -> dict[str, Tally]:
    path = settings.data_dir.parent / "run"
    run = RunFolder.open(path) if path.exists() else RunFolder.create(path)
    result = import_genesis(settings, source_of(genesis), run, lambda *_: None)
    assert result.is_whole
    return {tally.what: tally for tally in result.tallies}


def counts(tally: Tally) -> tuple[int, int, int, int]:
    return tally.read, tally.brought_in, tally.already_there, tally.verified


def kept(settings: Settings) -> list[KeptPhoto]:
    return KeptPhotos(identity_folder(settings)).all()


def faces(settings: Settings) -> set[tuple[str, str]]:
    """Return face and identity of each face in the gallery."""
    traits = ColourEmbedder()
    rows = stored_faces(identity_folder(settings), traits.name, traits.dimension).to_pylist()
    return {(row["face_id"], row["identity_id"]) for row in rows}


def likeness(settings: Settings, face_id: str, photo: Path) -> float:
    """Return how like the face in a photo is to one in the gallery."""
    embedder = ProtectedEmbedder(ColourEmbedder(), tenant_keys(settings).current)
    (face,) = embedder.faces_in(cv2.imread(str(photo)))
    keys, traits = tenant_keys(settings), ColourEmbedder()
    gallery = LearningGallery(
        identity_folder(settings), embedder=traits.name, dimension=traits.dimension, keys=keys
    )
    (own,) = (
        each
        for one in gallery.identity_ids()
        for each in gallery.templates([one])
        if each.face_id == face_id
    )
    return float(own.embedding @ face.embedding)


def test_a_picture_of_each_face_is_kept_sealed_and_is_of_that_face(settings, genesis):
    tallies = imported(settings, genesis)
    photos = kept(settings)
    assert counts(tallies["kept photos"]) == (2, 2, 0, 2)
    assert {(photo.face_id, photo.identity_id) for photo in photos} == faces(settings)
    assert {photo.identity_id for photo in photos} == {
        identity_of(settings, person_id) for person_id in ("person_001", "person_002")
    }
    store, embedder = KeptPhotos(identity_folder(settings)), ColourEmbedder()
    for photo in photos:
        assert b"JFIF" not in store.sealed(photo)
        picture = read_face_picture(store.picture(photo, tenant_keys(settings)))
        assert len(embedder.faces_in(picture)) == 1
    assert (kept_figures(settings).people, kept_figures(settings).without) == (2, ())


def test_where_a_face_is_in_its_photo_is_stored_beside_it(settings, genesis):
    imported(settings, genesis)
    traits, folder = ColourEmbedder(), identity_folder(settings)
    face_ids = [face_id for face_id, _ in faces(settings)]
    stored = stored_places(folder, traits.name, traits.dimension, face_ids)
    photos = sorted(genesis.faces.glob("*/*.png"))
    seen = {traits.faces_in(cv2.imread(str(photo)))[0].place for photo in photos}
    assert set(stored.values()) == seen
    assert len(stored) == len(photos) == 2


def test_no_picture_is_kept_where_nobody_asked_for_it(settings, genesis):
    tallies = imported(without_photos(settings), genesis)
    assert "kept photos" not in tallies
    assert kept(settings) == []
    assert not (identity_folder(settings) / "photos").exists()


def test_again_keeps_no_second_picture(settings, genesis):
    imported(settings, genesis)
    before = kept(settings)
    tallies = imported(settings, genesis)
    assert counts(tallies["kept photos"]) == (2, 0, 2, 2)
    assert kept(settings) == before


def test_faces_that_were_brought_in_without_pictures_get_them_once_these_are_kept(
    settings, genesis
):
    imported(without_photos(settings), genesis)
    before = faces(settings)
    assert counts(imported(settings, genesis)["kept photos"]) == (2, 2, 0, 2)
    assert {(photo.face_id, photo.identity_id) for photo in kept(settings)} == before
    assert faces(settings) == before


def test_a_face_that_was_split_off_stays_whose_it_is_when_it_is_imported_again(
    settings, genesis, monkeypatch
):
    photo = genesis.faces / "person_001" / "photo.png"
    shutil.copy(genesis.faces / "person_002" / "photo.png", photo.with_name("other.png"))
    with monkeypatch.context() as patch:
        patch.setattr(FaceDoubts, "among", lambda *_, **__: {})  # as it was once imported
        imported(settings, genesis)
    before, ada = faces(settings), identity_of(settings, "person_001")
    (strange,) = (
        face_id
        for face_id, owner in before
        if owner == ada and likeness(settings, face_id, photo) < 0.9
    )
    with Repairs(settings, by="eve", why="") as repairs:
        split = repairs.split(ada, [], [strange], None)
    tallies = imported(settings, genesis)
    assert faces(settings) == before
    assert counts(tallies["faces by photo"]) == (3, 0, 3, 3)
    assert counts(tallies["kept photos"]) == (3, 0, 3, 3)
    who = who_is_who(settings)
    assert [each["face_id"] for each in faces_of(settings, who, split.new_id)] == [strange]


def in_another_light(photo: Path, name: str) -> Path:
    """Make a photo of the same face that is not the same face."""
    hsv = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0] + 3) % 180
    other = photo.with_name(name)
    cv2.imwrite(str(other), cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR))
    return other


def test_a_face_of_somebody_who_is_known_by_another_identity_is_told_and_left_out(
    settings, genesis, tmp_path
):
    photo = genesis.faces / "person_001" / "photo.png"
    known = in_another_light(photo, "badge.png").rename(tmp_path / "badge.png")
    ada = enroll(settings, "Ada", [known])
    tallies = imported(settings, genesis)
    tally = tallies["faces by photo"]
    assert counts(tally) == (2, 1, 0, 1)
    assert tally.left_out == {"may be somebody else's": 1}
    (example,) = tally.examples
    assert example.startswith("person_001/photo.png: the face is that of Ada")
    assert "person_001 would be named neither" in example
    assert counts(tallies["people"]) == (2, 2, 0, 2)
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.merge(ada.identity_id, identity_of(settings, "person_001"))
    assert counts(imported(settings, genesis)["faces by photo"]) == (2, 1, 1, 2)


def test_one_person_twice_in_the_source_is_known_by_the_first_alone(settings, genesis):
    photo = in_another_light(genesis.faces / "person_001" / "photo.png", "again.png")
    photo.rename(genesis.faces / "person_002" / "photo.png")
    tally = imported(settings, genesis)["faces by photo"]
    assert tally.left_out == {"may be somebody else's": 1}
    assert {owner for _, owner in faces(settings)} == {identity_of(settings, "person_001")}
    assert "the face is that of person_001" in tally.examples[0]


def test_of_photos_of_two_people_in_one_folder_none_is_brought_in(settings, genesis):
    photo = genesis.faces / "person_001" / "photo.png"
    for number, person_id in enumerate(("person_001", "person_002")):
        other = genesis.faces / person_id / "photo.png"
        copy = photo.with_name(f"{person_id} {number}.png")
        shutil.copy(other, copy)
        in_another_light(copy, f"{person_id} 9.png")
    tally = imported(settings, genesis)["faces by photo"]
    assert tally.left_out == {"may be somebody else's": 5}
    assert {owner for _, owner in faces(settings)} == {identity_of(settings, "person_002")}


def test_an_import_waits_for_whoever_has_the_turn(settings, genesis, monkeypatch):
    monkeypatch.setattr(turns, "WITHIN_S", 0.05)
    identity_folder(settings).mkdir(parents=True)
    holding = WriteLock(identity_folder(settings) / "turn.lock")
    with pytest.raises(StoreError, match="nothing is changed: try again"):
        imported(settings, genesis)
    holding.release()
    assert counts(imported(settings, genesis)["people"]) == (2, 2, 0, 2)


def test_one_photo_twice_is_one_face_and_one_picture(settings, genesis):
    photo = genesis.faces / "person_001" / "photo.png"
    shutil.copy(photo, photo.with_name("copy.png"))
    tallies = imported(settings, genesis)
    assert counts(tallies["faces by photo"]) == (3, 2, 1, 3)
    assert counts(tallies["kept photos"]) == (2, 2, 0, 2)


def test_a_picture_that_a_lost_key_sealed_is_kept_anew(settings, genesis):
    imported(settings, genesis)
    photo = kept(settings)[0]
    store = KeptPhotos(identity_folder(settings))
    store.put(
        KeptPhoto(
            face_id=photo.face_id, identity_id=photo.identity_id, key_version=photo.key_version,
            fingerprint="of a lost key", at=photo.at,
        ),
        store.sealed(photo),
    )  # fmt: skip
    assert counts(imported(settings, genesis)["kept photos"]) == (2, 1, 1, 2)


def test_a_text_in_the_place_of_a_photo_is_told_and_holds_nobody_up(settings, genesis):
    (genesis.faces / "person_001" / "photo.png").write_text("this is no picture, but words\n")
    (genesis.faces / "person_002" / "notes.txt").write_text("not looked at")
    tallies = imported(settings, genesis)
    assert tallies["faces by photo"].left_out == {"no usable face": 1}
    assert tallies["faces by photo"].examples == [
        "person_001/photo.png: not a picture that can be read; use JPEG or PNG"
    ]
    assert counts(tallies["people"]) == (2, 2, 0, 2)
    assert {photo.identity_id for photo in kept(settings)} == {identity_of(settings, "person_002")}


KILLED = """
import os, signal, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from genesis_ray.migration.genesis_files import find_layout
from genesis_ray.migration.genesis_source import GenesisSource
from genesis_ray.running.imports.importing import import_genesis
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

left, replace = int(sys.argv[4]), os.replace

def killed(source, target):
    global left
    if str(target).endswith(".photo"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)

os.replace = killed
settings = Settings(
    data_dir=Path(sys.argv[1]), faces={"embedder": "synthetic", "keep_photos": True}
)
source = GenesisSource.open(find_layout(Path(sys.argv[2])), ZoneInfo("UTC"))
run = RunFolder.create(Path(sys.argv[3]))
import_genesis(settings, source, run, lambda *_: None)
"""


@pytest.mark.parametrize("pictures", [0, 1])
def test_killed_before_a_picture_is_kept_it_is_kept_by_the_next(settings, genesis, pictures):
    run = settings.data_dir.parent / "run"
    arguments = [settings.data_dir, genesis.root, run, pictures]
    command = [sys.executable, "-c", KILLED, *map(str, arguments)]
    assert subprocess.run(command, check=False).returncode == -9
    assert len(kept(settings)) == pictures
    assert {(photo.face_id, photo.identity_id) for photo in kept(settings)} <= faces(settings)
    imported(settings, genesis)
    assert {(photo.face_id, photo.identity_id) for photo in kept(settings)} == faces(settings)
    assert len(faces(settings)) == 2
    assert {path.suffix for path in (identity_folder(settings) / "photos").iterdir()} == {".photo"}
