import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.errors import ConfigurationError, SourceError, StoreError
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.templates.gallery_figures import gallery_figures
from genesis_ray.running.templates.re_embedding import re_embed
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.galleries.stored_faces import stored_places
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import ColourEmbedder, SyntheticFilm

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NAMES = ("Ada", "Bob", "Cid")
OLD = "sface"


def gallery(settings: Settings, embedder: str = ColourEmbedder.name, **options) -> FaceGallery:
    dimension = ColourEmbedder.dimension if embedder == ColourEmbedder.name else 128
    return FaceGallery(
        identity_folder(settings), embedder=embedder, dimension=dimension,
        keys=tenant_keys(settings), **options,
    )  # fmt: skip


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Three people who were enrolled and a visitor, by an embedder that is to be replaced."""
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": OLD})
    with ExitStack() as opened:
        people = opened.enter_context(People(identity_folder(settings), writer=True))
        faces = opened.enter_context(gallery(settings, OLD, writer=True))
        for number, name in enumerate(NAMES):
            people.add(
                Person(identity_id=name.lower(), name=name, kind="enrolled", enrolled_at=NOON)
            )
            face = np.eye(128, dtype=np.float32)[number]
            faces.enroll(name.lower(), face[None], qualities=[0.9], at=NOON)
        people.add(visitor("passer-by", at=NOON))
        faces.enroll("passer-by", np.eye(128, dtype=np.float32)[9][None], qualities=[1], at=NOON)
    return settings


@pytest.fixture
def photos(tmp_path):
    """A folder with two photos each of Ada and of Bob, whose is called by his identity."""
    film = SyntheticFilm(people=2, width=320, height=240)
    for number, name in enumerate(("Ada", "bob")):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        image = film.image_at(0)[number * 120 :][:120]
        cv2.imwrite(str(folder / "1.png"), image)
        cv2.imwrite(str(folder / "2.png"), cv2.flip(image, 1))
    return tmp_path / "photos"


def test_people_get_faces_in_the_new_gallery_and_keep_those_in_the_old(settings, photos):
    result = re_embed(settings, "synthetic", photos)
    assert (result.embedder, result.done, result.missing) == ("colour", ("Ada", "Bob"), ("Cid",))
    assert (result.before, result.failed) == ((), {})
    assert [gallery(settings).faces_of(each) for each in ("ada", "bob", "cid")] == [2, 2, 0]
    assert gallery(settings, OLD).count == 4


def test_what_is_stored_is_under_the_tenants_key(settings, photos):
    re_embed(settings, "synthetic", photos)
    image = cv2.imread(str(photos / "Ada" / "1.png"))
    (plain,) = ColourEmbedder().faces_in(np.asarray(image, np.uint8))
    assert gallery(settings).nearest(plain.embedding, limit=1)[0].similarity < 0.9


def test_where_faces_are_in_their_photos_is_stored_beside_them(settings, photos):
    re_embed(settings, "synthetic", photos)
    face_ids = gallery(settings).faces()["face_id"].to_pylist()
    embedder = ColourEmbedder()
    stored = stored_places(identity_folder(settings), "colour", embedder.dimension, face_ids)
    images = [cv2.imread(str(photo)) for photo in photos.glob("*/*.png")]
    assert set(stored.values()) == {embedder.faces_in(image)[0].place for image in images}
    assert len(stored) == len(images) == 4


def test_galleries_tell_which_is_in_use_and_who_has_no_face_in_them(settings, photos):
    re_embed(settings, "synthetic", photos)
    new, old = gallery_figures(settings)
    assert (new.embedder, new.is_current, new.faces, new.people) == ("colour", False, 4, 2)
    assert (new.visitors, new.missing) == (0, ("Cid",))
    assert (old.embedder, old.is_current, old.faces, old.people) == (OLD, True, 4, 3)
    assert (old.visitors, old.missing) == (1, ())


def test_a_gallery_that_is_to_be_used_is_told_though_it_is_not_there(settings):
    faces = settings.faces.model_copy(update={"embedder": "synthetic"})
    new, old = gallery_figures(settings.model_copy(update={"faces": faces}))
    assert (new.is_current, new.faces, new.missing) == (True, 0, NAMES)
    assert not old.is_current


def test_who_is_there_already_is_left_as_they_are(settings, photos):
    re_embed(settings, "synthetic", photos)
    again = re_embed(settings, "synthetic", photos)
    assert (again.done, again.before) == ((), ("Ada", "Bob"))
    assert gallery(settings).count == 4


def test_whoever_cannot_be_taken_over_holds_up_nobody(settings, photos):
    (photos / "Ada" / "3.png").write_bytes(b"no picture")
    (photos / "Zoe").mkdir()
    (photos / "Cid").mkdir()
    (photos / ".cache").mkdir()
    result = re_embed(settings, "synthetic", photos)
    assert result.done == ("Bob",)
    assert set(result.failed) == {"Ada", "Cid", "Zoe"}
    assert "3.png: not a picture" in result.failed["Ada"]
    assert "no photo in it" in result.failed["Cid"]
    assert "nobody is called 'Zoe'" in result.failed["Zoe"]
    assert gallery(settings).faces_of("ada") == 0


def test_photos_of_two_people_or_of_somebody_else_are_not_taken_over(settings, photos):
    for name in ("1.png", "2.png"):
        shutil.copy(photos / "bob" / name, photos / "Ada" / f"bob {name}")
    (photos / "Cid").mkdir()
    shutil.copy(photos / "bob" / "1.png", photos / "Cid")
    result = re_embed(settings, "synthetic", photos)
    assert set(result.failed) == {"Ada", "bob"}
    assert "the faces for Ada seem to be 2 people's" in result.failed["Ada"]
    assert "the face is that of Cid" in result.failed["bob"]
    assert gallery(settings).faces_of("ada") == 0
    again = re_embed(settings, "synthetic", photos, anyway=True)
    assert again.done == ("Ada", "Bob")


def test_the_old_gallery_may_be_written_to_meanwhile(settings, photos):
    with gallery(settings, OLD, writer=True) as in_use:
        assert re_embed(settings, "synthetic", photos).done == ("Ada", "Bob")
        in_use.enroll("ada", np.eye(128, dtype=np.float32)[0][None], qualities=[1], at=NOON)
    assert gallery(settings, OLD).count == 5


def test_two_cannot_fill_one_gallery_at_once(settings, photos):
    with gallery(settings, writer=True), pytest.raises(StoreError, match="only one may"):
        re_embed(settings, "synthetic", photos)


def test_how_far_it_is_is_told(settings, photos):
    told = []
    re_embed(settings, "synthetic", photos, on_progress=lambda *what: told.append(what))
    assert told == [("Ada", 0, 2), ("bob", 1, 2)]


def test_the_embedder_in_use_and_folders_without_anybody_are_refused(settings, photos, tmp_path):
    with pytest.raises(ConfigurationError, match="sface is the embedder that is in use"):
        re_embed(settings, OLD, photos)
    with pytest.raises(ConfigurationError, match="no face embedder 'arcface'"):
        re_embed(settings, "arcface", photos)
    with pytest.raises(SourceError, match="no such folder"):
        re_embed(settings, "synthetic", tmp_path / "gone")
    shutil.rmtree(photos / "Ada")
    shutil.rmtree(photos / "bob")
    with pytest.raises(SourceError, match="no folder in it"):
        re_embed(settings, "synthetic", photos)


def test_killed_in_between_it_goes_on_with_whoever_is_not_done(settings, photos):
    script = Path(__file__).with_name("killed_re_embedding.py")
    arguments = [settings.data_dir, photos, photos / "bob" / "2.png"]
    died = subprocess.run([sys.executable, script, *arguments], check=False)
    assert died.returncode == -signal.SIGKILL
    assert [gallery(settings).faces_of(each) for each in ("ada", "bob")] == [2, 0]
    result = re_embed(settings, "synthetic", photos)
    assert (result.before, result.done) == (("Ada",), ("Bob",))
    assert [gallery(settings).faces_of(each) for each in ("ada", "bob")] == [2, 2]
