import numpy as np
import pytest

from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.running.enrolling import gallery_changes
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.enrolling.face_removal import Removed, remove_face
from genesis_ray.running.enrolling.photo_search import search_photos
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments, enrolments_folder
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.identities import faces_of, identity_folder, who_is_who
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.galleries.stored_faces import stored_faces
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.tenant.kept_photos import KeptPhotos
from genesis_ray.store.tenant.people import PEOPLE_LOCK
from tests.running.enrolling.test_bulk_enrolment import photo


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Ada is known by two photos, which are kept, and Bob by one."""
    faces = {"embedder": "synthetic", "keep_photos": True}
    settings = Settings(data_dir=tmp_path / "data", faces=faces)
    enroll(settings, "Ada", [photo(tmp_path / f"ada{tint}.png", 0, tint=tint) for tint in (0, 1)])
    enroll(settings, "Bob", [photo(tmp_path / "bob.png", 1)])
    return settings


def ids(settings: Settings, name: str) -> list[str]:
    who = who_is_who(settings)
    (person,) = who.by_name(name)
    return [face["face_id"] for face in faces_of(settings, who, person.identity_id)]


def remove(settings: Settings, name: str, face_id: str) -> Removed:
    return remove_face(settings, name, face_id, by="eve", within_s=0)


def template(settings: Settings, face_id: str) -> np.ndarray:
    rows = stored_faces(identity_folder(settings), "colour", 16)
    (row,) = [each for each in rows.to_pylist() if each["face_id"] == face_id]
    return np.array(row["embedding"], np.float32)


def files_with(settings: Settings, content: bytes) -> list[str]:
    """Return the files of the tenant's folder that have these bytes anywhere."""
    files = (path for path in identity_folder(settings).rglob("*") if path.is_file())
    return [path.name for path in files if content in path.read_bytes()]


def test_face_goes_with_every_byte_and_its_kept_photo_and_the_others_stay(settings):
    first, second = ids(settings, "Ada")
    assert files_with(settings, first.encode())
    done = remove(settings, "Ada", first)
    assert (done.person.name, done.left, done.process) == ("Ada", 1, None)
    assert ids(settings, "Ada") == [second]
    assert files_with(settings, first.encode()) == []
    kept = {each.face_id for each in KeptPhotos(identity_folder(settings)).all()}
    assert kept == {second, *ids(settings, "Bob")}


def test_who_has_no_face_left_is_known_and_recognised_no_more(settings, tmp_path):
    for face_id in ids(settings, "Ada"):
        remove(settings, "Ada", face_id)
    assert [person.name for person in who_is_who(settings).people] == ["Ada", "Bob"]
    (found,) = search_photos(settings, [tmp_path / "ada0.png"], limit=3)
    assert [person.name for person, _ in found.people] == ["Bob"]


def test_it_is_in_the_audit_log_with_who_did_it(settings):
    remove(settings, "Ada", ids(settings, "Ada")[0])
    last = [each for each in audit_log(settings).entries() if each.action == "remove"][-1]
    assert (last.by, last.reason, len(last.people)) == ("eve", "removes 1 face", 1)


def test_beginning_of_a_face_is_enough_and_another_persons_is_none_of_theirs(settings):
    (bobs,) = ids(settings, "Bob")
    with pytest.raises(NotFoundError, match=r"no face '\w+' of 'Ada'"):
        remove(settings, "Ada", bobs)
    with pytest.raises(NotFoundError, match="no face '' of 'Bob'"):
        remove(settings, "Bob", "")
    remove(settings, "Bob", bobs[:8])
    assert ids(settings, "Bob") == []


def test_face_goes_from_the_galleries_of_other_embedders_too(settings):
    first, second = ids(settings, "Ada")
    with FaceGallery(
        identity_folder(settings), embedder="other", dimension=16, keys=tenant_keys(settings),
        writer=True,
    ) as other:  # fmt: skip
        own = np.eye(2, 16, dtype=np.float32)
        (ada,) = who_is_who(settings).by_name("Ada")
        at = ada.enrolled_at
        other.enroll(ada.identity_id, own, qualities=[1, 1], at=at, face_ids=[first, second])
    remove(settings, "Ada", first)
    faces = stored_faces(identity_folder(settings), "other", 16)
    assert faces["face_id"].to_pylist() == [second]


def test_where_a_process_names_that_takes_nothing_in_it_is_refused_and_nothing_waits(settings):
    first, _ = ids(settings, "Ada")
    lock = WriteLock(identity_folder(settings) / PEOPLE_LOCK)
    with pytest.raises(StoreError, match="only one may"):
        remove(settings, "Ada", first)
    lock.release()
    assert first in ids(settings, "Ada")
    assert not WaitingEnrolments(settings)


def test_who_is_killed_meanwhile_leaves_what_the_next_one_finishes(settings, tmp_path, monkeypatch):
    first, second = ids(settings, "Ada")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(gallery_changes, "resting_galleries", killed)
        patch.setattr(WaitingEnrolments, "withdraw", killed)
        with pytest.raises(KeyboardInterrupt):
            remove(settings, "Ada", first)
    assert len([*enrolments_folder(settings).glob("*.json")]) == 1
    enroll(settings, "Cleo", [photo(tmp_path / "cleo.png", 2)])
    assert ids(settings, "Ada") == [second]
    assert [*enrolments_folder(settings).glob("*.json")] == []
