import threading

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.tenant.picture_place import PicturePlace, parted
from tests import faulty_files
from tests.faulty_files import failing, unreachable


@pytest.fixture(autouse=True)
def _empty():
    faulty_files.empty()


@pytest.fixture(params=["memory", "file"])
def place(request, tmp_path) -> PicturePlace:
    root = f"file://{tmp_path}" if request.param == "file" else f"memory://{tmp_path.name}"
    return PicturePlace(f"{root}/photos/default")


def test_what_is_stored_is_read_back_listed_and_removed(place):
    assert (place.get("a"), place.names(), place.is_marked()) == (None, [], False)
    place.mark()
    place.put("a", b"one")
    place.put("a", b"two")
    assert (place.get("a"), place.names(), place.is_marked()) == (b"two", ["a"], True)
    place.remove("a")
    place.remove("a")
    assert (place.get("a"), place.names()) == (None, [])
    place.check()


def test_of_a_local_file_nobody_else_may_read_a_byte(tmp_path):
    PicturePlace(f"file://{tmp_path}/new/folder").put("a", b"sealed")
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert (file.name, file.stat().st_mode & 0o077) == ("a", 0)


def test_a_place_without_its_mark_is_told_to_be_another(place):
    with pytest.raises(StoreError, match=r"it has no genesis-photos\. See that it is mounted"):
        place.check()


@pytest.mark.parametrize("address", ["oss://bucket/faces", "nothing://bucket/faces"])
def test_what_is_not_installed_is_told(address):
    with pytest.raises(StoreError, match=f"{address}.*(install it, as s3fs|not known)"):
        PicturePlace(address).get("a")


def test_a_place_that_is_not_reached_is_named_with_the_reason():
    with unreachable(), pytest.raises(StoreError, match=r"stored in faulty://b \(connection ref"):
        PicturePlace("faulty://b").put("a", b"")


def test_one_that_does_not_answer_is_given_up_and_not_asked_again():
    answer, asked = threading.Event(), []

    def hang(what: str, path: str) -> None:
        asked.append(what)
        answer.wait()

    place = PicturePlace("faulty://b", within_s=0.05)
    with failing(hang):
        for _ in range(3):
            with pytest.raises(StoreError, match=r"no answer within 0\.05 s"):
                place.get("a")
        answer.set()
    assert asked == ["read"]


def test_what_lets_one_in_is_in_no_message(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7")

    def refuse(what: str, path: str) -> None:
        raise PermissionError(
            "AKIAIOSFODNN7 with wJalrXUtnFEMI may not, at https://ann:pa55word@10.0.0.1/x"
        )

    with failing(refuse), pytest.raises(StoreError, match="may not") as told:
        PicturePlace("faulty://b").get("a")
    said = str(told.value)
    assert not any(each in said for each in ("wJalrXUtnFEMI", "AKIAIOSFODNN7", "pa55word"))
    assert told.value.__cause__ is None


def test_an_address_is_a_place_and_a_name():
    assert parted("s3://bucket/faces/default/a.sealed") == ("s3://bucket/faces/default", "a.sealed")
