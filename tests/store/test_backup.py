import io
import stat
import tarfile
from datetime import UTC, datetime

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store import sealed_file
from genesis_ray.store.backup import back_up, restore
from genesis_ray.store.gallery import FaceGallery
from genesis_ray.store.people import People, Person
from genesis_ray.store.stored_faces import stored_places
from tests.store.keys import holders, key, protected, ring, unit
from tests.store.places import places

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


def test_while_somebody_writes_nothing_is_backed_up(folder, tmp_path):
    with (
        gallery(folder, writer=True),
        pytest.raises(StoreError, match="being written to by process"),
    ):
        back_up(folder, tmp_path / "b.sealed", b"open")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_nothing_that_is_there_is_replaced(folder, tmp_path):
    file = tmp_path / "b.sealed"
    back_up(folder, file, b"open")
    with pytest.raises(StoreError, match="is there already"):
        back_up(folder, file, b"open")
    with pytest.raises(StoreError, match="has people in it"):
        restore(file, folder, b"open")


@pytest.mark.parametrize("how", ["another passphrase", "cut off"])
def test_what_cannot_be_opened_leaves_nothing(folder, tmp_path, how):
    file, again = tmp_path / "b.sealed", tmp_path / "again" / "default"
    back_up(folder, file, b"open")
    if how == "cut off":
        file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoreError, match="nothing was restored"):
        restore(file, again, b"shut" if how == "another passphrase" else b"open")
    assert list((tmp_path / "again").iterdir()) == []


def test_where_there_is_nothing_nothing_is_backed_up(tmp_path):
    with pytest.raises(StoreError, match=r"nothing in .* to back up"):
        back_up(tmp_path / "none", tmp_path / "b.sealed", b"open")


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
    assert sorted(path.name for path in tmp_path.rglob("*") if "data" not in path.parts) == [
        "again",
        "b.sealed",
    ]
