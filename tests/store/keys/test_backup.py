import io
import stat
import tarfile
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.errors import StoreError, UnopenedError
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.galleries.stored_faces import stored_places
from genesis_ray.store.keys import sealed_file
from genesis_ray.store.keys.backup import put_in_place, remove_unpacked, unpacked, write_sealed
from genesis_ray.store.keys.frozen_folder import FrozenFolder
from genesis_ray.store.keys.sealed_file import key_of
from genesis_ray.store.tenant.people import People, Person
from tests.store.places import places
from tests.store.some_keys import holders, key, protected, ring, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ADA = Person(identity_id="a", name="Ada Lovelace", kind="enrolled", enrolled_at=NOON)
PLACES = places(1, 3)
TEMPLATES = protected(unit(1, 3, 16), key())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sealed_file, "_WORK", {"n": 2, "r": 8, "p": 1})
    folder = tmp_path / "data" / "gallery" / "default"
    with gallery(folder, writer=True) as faces, People(folder, writer=True) as people:
        people.add(ADA)
        faces.enroll(
            "a", TEMPLATES, qualities=[1, 1, 1], at=NOON, face_ids=list("abc"), places=PLACES
        )
    return folder


def gallery(folder, *, writer=False):
    return FaceGallery(folder, embedder="fused", dimension=16, keys=ring(), writer=writer)


def back_up(folder, file, secret=b"open"):
    with FrozenFolder(folder) as copied:
        write_sealed(copied, file, secret)


def restore(file, folder, secret=b"open"):
    with unpacked(file, secret, folder.with_name(".unpacked")) as opened:
        put_in_place(opened.folder, folder)
        return opened.taken_at


def left_in(folder):
    return [path.name for path in folder.iterdir() if path.suffix != ".lock"]


def test_people_and_faces_come_back_from_a_file_that_shows_neither(folder, tmp_path):
    file, again = tmp_path / "b.sealed", tmp_path / "again" / "gallery" / "default"
    back_up(folder, file, b"open")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"Lovelace" not in file.read_bytes()
    assert "b.sealed" not in holders(tmp_path, TEMPLATES)
    restore(file, again, b"open")
    assert People(again).everyone() == [ADA]
    assert gallery(again).nearest(TEMPLATES[1]) == gallery(folder).nearest(TEMPLATES[1])
    assert stored_places(again, "fused", 16, "ac") == {"a": PLACES[0], "c": PLACES[2]}
    with gallery(again, writer=True) as faces:
        faces.enroll("a", TEMPLATES[:1], qualities=[1], at=NOON)


def test_nothing_that_is_there_is_replaced(folder, tmp_path):
    file = tmp_path / "b.sealed"
    back_up(folder, file)
    with pytest.raises(StoreError, match="has people in it"):
        restore(file, folder)
    assert left_in(folder.parent) == ["default"]


def test_what_a_killed_process_left_under_the_name_is_no_part_of_the_file(folder, tmp_path):
    file = tmp_path / "b.sealed"
    (tmp_path / "b.sealed.tmp").write_bytes(bytes(1 << 20))  # longer than what comes
    back_up(folder, file)
    restore(file, tmp_path / "again" / "default")
    assert People(tmp_path / "again" / "default").everyone() == [ADA]


def test_who_restores_learns_when_the_copy_was_taken(folder, tmp_path):
    before = datetime.now(UTC)
    back_up(folder, tmp_path / "b.sealed")
    after = datetime.now(UTC)
    taken_at = restore(tmp_path / "b.sealed", tmp_path / "again" / "default")
    assert before - timedelta(seconds=1) < taken_at <= after


def test_a_backup_of_an_earlier_version_is_brought_back(folder, tmp_path):
    with (tmp_path / "b.sealed").open("wb") as out:
        sealed = sealed_file.SealedWriter(out, b"open")
        with tarfile.open(fileobj=sealed, mode="w|") as tar:
            tar.add(folder, arcname=".")
        sealed.close()
    taken_at = restore(tmp_path / "b.sealed", tmp_path / "again" / "default")
    assert People(tmp_path / "again" / "default").everyone() == [ADA]
    assert taken_at.timestamp() == pytest.approx(folder.stat().st_mtime, abs=1)


def test_what_a_killed_process_had_unpacked_is_removed(folder, tmp_path):
    place = folder.with_name(".unpacked")
    place.mkdir()
    (place / "faces").write_bytes(b"of somebody")
    remove_unpacked(place)
    assert left_in(folder.parent) == ["default"]


def test_a_tenants_key_opens_what_it_sealed_and_no_other(folder, tmp_path):
    file = tmp_path / "b.sealed"
    back_up(folder, file, key())
    assert key_of(file) == key().fingerprint
    with pytest.raises(UnopenedError, match="is no backup"):
        restore(file, tmp_path / "again" / "default", key(1, seed=9))
    with pytest.raises(UnopenedError, match="is no backup"):
        restore(file, tmp_path / "again" / "default", b"open")
    restore(file, tmp_path / "again" / "default", key())
    assert People(tmp_path / "again" / "default").everyone() == [ADA]


@pytest.mark.parametrize("how", ["another passphrase", "cut off"])
def test_what_cannot_be_opened_leaves_nothing(folder, tmp_path, how):
    file, again = tmp_path / "b.sealed", tmp_path / "again" / "default"
    back_up(folder, file, b"open")
    if how == "cut off":
        file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(UnopenedError, match="cannot be opened"):
        restore(file, again, b"shut" if how == "another passphrase" else b"open")
    assert left_in(tmp_path / "again") == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../beside", tarfile.REGTYPE),
        ("/tmp/elsewhere", tarfile.REGTYPE),
        ("../beside", tarfile.DIRTYPE),
        ("link", tarfile.SYMTYPE),
        ("pipe", tarfile.FIFOTYPE),
    ],
)
def test_of_what_is_no_backup_nothing_is_unpacked(folder, tmp_path, name, kind):
    file, again = tmp_path / "b.sealed", tmp_path / "again" / "default"
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc"
    with file.open("wb") as out:
        sealed = sealed_file.SealedWriter(out, b"open")
        with tarfile.open(fileobj=sealed, mode="w|") as tar:
            tar.addfile(member, io.BytesIO())
        sealed.close()
    with pytest.raises(StoreError, match=f"{name} is no file of a backup"):
        restore(file, again, b"open")
    assert left_in(tmp_path / "again") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "b.sealed", "data"]
