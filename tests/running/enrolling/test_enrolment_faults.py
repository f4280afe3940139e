"""What enrolment does with what is wrong: a clear error, and the gallery as it was."""

import hashlib
import importlib.util
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

import genesis_ray
from genesis_ray.errors import FaceError, SourceError, StoreError
from genesis_ray.running.enrolling import enrolment
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.galleries.stored_faces import stored_faces
from genesis_ray.store.keys.template_keys import TemplateKey
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import ColourEmbedder, SyntheticFilm

KILLS = 50
EMBEDDER = ColourEmbedder()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})


@pytest.fixture
def photo(tmp_path) -> Path:
    return taken(tmp_path / "ada.png")


def taken(path: Path, *, tint: int = 0) -> Path:
    """Take a photo; in another light, `tint`, a face is a little different."""
    image = SyntheticFilm(people=1, width=160, height=120).image_at(0)
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0] + tint) % 180
    cv2.imwrite(str(path), cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR))
    return path


def state_of(settings: Settings) -> dict[str, str]:
    """Return what is in the tenant's folder, byte by byte; of locks who held them says nothing."""
    folder = identity_folder(settings)
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


class Sees:
    """An embedder that sees such faces, whatever the photo."""

    name, dimension, threshold = EMBEDDER.name, EMBEDDER.dimension, EMBEDDER.threshold

    def __init__(self, key: TemplateKey, *changes: dict) -> None:
        self._key = key.fingerprint
        self._changes = changes

    def faces_in(self, photo):
        (face,) = EMBEDDER.faces_in(photo)
        return [replace(face, key=self._key, **each) for each in self._changes]


@pytest.fixture
def seeing(monkeypatch):
    def seeing(*changes: dict) -> None:
        monkeypatch.setattr(
            enrolment, "load_protected_embedder", lambda _, key: Sees(key, *changes)
        )

    return seeing


def refused(settings: Settings, photo: Path, error: type[Exception], said: str) -> None:
    """See that somebody known is not given such a photo, and that nothing changes by it."""
    before = state_of(settings)
    with pytest.raises(error, match=said):
        enroll(settings, "Ada", [photo])
    assert state_of(settings) == before


def test_a_face_that_tells_little_is_refused_with_how_little(settings, photo, seeing):
    enroll(settings, "Ada", [photo])
    seeing({"quality": 0.19})
    refused(settings, photo, FaceError, r"ada\.png: the face is too small.*0\.19, expected 0\.20")
    seeing({"quality": 0.2})
    enroll(settings, "Ada", [photo], anyway=True)


def test_a_photo_of_none_or_several_changes_nothing(settings, photo, seeing):
    enroll(settings, "Ada", [photo])
    seeing()
    refused(settings, photo, FaceError, "no face found")
    seeing({}, {})
    refused(settings, photo, FaceError, "2 faces found")


@pytest.mark.parametrize(
    ("content", "said"), [(b"a text", "not a picture"), (bytes(2**26 + 1), "64 MB or less")]
)
def test_a_file_that_is_no_photo_changes_nothing(settings, photo, tmp_path, content, said):
    enroll(settings, "Ada", [photo])
    file = tmp_path / "text.jpg"
    file.write_bytes(content)
    refused(settings, file, SourceError, said)


@pytest.mark.parametrize(
    ("embedding", "said"),
    [
        (np.eye(1, 8, dtype=np.float32)[0], r"holds embeddings \[n, 16\], got \[1, 8\]"),
        (np.full(16, np.nan, np.float32), "an embedding has length 1"),
        (np.ones(16, np.float32), "an embedding has length 1"),
    ],
)
def test_an_embedding_of_another_model_or_length_changes_nothing(
    settings, photo, seeing, embedding, said
):
    enroll(settings, "Ada", [photo])
    seeing({"embedding": embedding})
    refused(settings, photo, StoreError, said)
    with pytest.raises(StoreError, match=said):
        enroll(settings, "Somebody new", [photo])
    assert [each.name for each in People(identity_folder(settings)).everyone()] == ["Ada"]


def test_a_gallery_of_another_schema_is_refused(settings, photo):
    schema = pa.schema([("face_id", pa.string()), ("embedding", pa.list_(pa.float32(), 16))])
    LanceTable(identity_folder(settings), "faces_colour", schema, writer=True).close()
    refused(settings, photo, StoreError, "has other columns than expected")


def test_a_gallery_of_another_length_is_refused(settings, photo):
    keys = tenant_keys(settings)
    folder = identity_folder(settings)
    FaceGallery(folder, embedder="colour", dimension=8, keys=keys, writer=True).close()
    refused(settings, photo, StoreError, "has other columns than expected")


def test_a_gallery_under_another_key_is_refused(settings, photo, tmp_path):
    enroll(settings, "Ada", [photo])
    others = settings.templates.model_copy(update={"key_store": f"file:{tmp_path / 'others'}"})
    stranger = settings.model_copy(update={"templates": others})
    tenant_keys(stranger.model_copy(update={"data_dir": tmp_path / "other"}))
    refused(stranger, photo, StoreError, "Put that key back")


def test_a_second_process_that_would_write_is_told_of_the_first(settings, photo, tmp_path):
    enroll(settings, "Ada", [photo])
    other = taken(tmp_path / "other.png", tint=1)
    keys = tenant_keys(settings)
    with FaceGallery(
        identity_folder(settings), embedder="colour", dimension=16, keys=keys, writer=True
    ):
        refused(settings, other, StoreError, f"being written to by process {os.getpid()}; only one")
    enroll(settings, "Ada", [other])


def test_who_could_not_be_stored_has_no_face_either(settings, photo, monkeypatch):
    def full(_: People) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(People, "flush", full)
        with pytest.raises(StoreError, match="is full"):
            enroll(settings, "Ada", [photo])
    assert len(stored_faces(identity_folder(settings), "colour", 16)) == 0


@pytest.mark.timeout(400)  # fifty processes, each of which opens and writes tables
def test_killed_at_any_moment_it_has_enrolled_all_of_a_person_or_no_face(settings, photo, tmp_path):
    # Spread over all that an enrolment takes, and the beginning of the next. In no order: nobody
    # tidies up, so that it takes longer from one to the next.
    moments = [2 * (number + 0.5) / KILLS for number in range(KILLS)]
    random.Random(1).shuffle(moments)
    script = Path(__file__).with_name("killed_enrolments.py")
    environment = {**os.environ, "PYTHONPATH": str(Path(genesis_ray.__file__).parent.parent)}
    folder = identity_folder(settings)
    made: set[str] = set()
    in_the_middle = 0
    with subprocess.Popen(
        [sys.executable, script, settings.data_dir, photo, taken(tmp_path / "b.png", tint=1)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as enrolling:
        assert enrolling.stdin
        assert enrolling.stdout
        for moment in moments:
            print(moment, file=enrolling.stdin, flush=True)
            said = list(iter(enrolling.stdout.readline, "killed\n"))
            made |= {line.strip().removeprefix("made ") for line in said if "made" in line}
            in_the_middle += bool(said) and "making" in said[-1]
            people = {each.identity_id: each.name for each in People(folder).everyone()}
            faces = Counter(stored_faces(folder, "colour", 16)["identity_id"].to_pylist())
            assert set(faces.values()) <= {2}
            assert faces.keys() <= people.keys()
            assert made <= {people[each] for each in faces}
            assert audit_log(settings).verify().problem is None
        enrolling.stdin.close()
    assert in_the_middle > KILLS / 4
    assert made
    more = taken(tmp_path / "c.png", tint=2)
    again = enroll(settings, "person 0-0", [more], anyway=True)
    gallery = FaceGallery(folder, embedder="colour", dimension=16, keys=tenant_keys(settings))
    assert gallery.faces_of(again.identity_id) in (1, 3)
    assert audit_log(settings).verify().notes == ()


@pytest.mark.models
@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (lambda man: cv2.GaussianBlur(man, (0, 0), 8), "too small, too blurred.*expected 0"),
        (lambda man: cv2.resize(man, None, fx=0.1, fy=0.1), "no face found.*large and sharp"),
    ],
)
def test_a_real_face_that_is_blurred_or_tiny_is_refused(tmp_path, spoilt, said):
    settings = Settings(data_dir=tmp_path / "data")
    package = importlib.util.find_spec("ultralytics")
    assert package
    assert package.origin
    picture = cv2.imread(str(Path(package.origin).parent / "assets" / "zidane.jpg"))
    man = picture[40:420, 820:1140]
    for name, image in (("good", man), ("spoilt", spoilt(man))):
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    enroll(settings, "Zinedine", [tmp_path / "good.png"])
    refused(settings, tmp_path / "spoilt.png", FaceError, said)
