import os
from dataclasses import replace

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.keys.template_keys import TemplateKey
from genesis_ray.store.tenant import far_pictures
from genesis_ray.store.tenant.far_pictures import Swept
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos, seal
from tests import faulty_files
from tests.faulty_files import FaultyFiles, failing, objects, unreachable
from tests.store.tenant.test_kept_photos import NEW, OLD, PICTURE, photo, ring

PLACE = "faulty://bucket/faces/default"


@pytest.fixture(autouse=True)
def _empty(monkeypatch):
    faulty_files.empty()
    monkeypatch.setattr(far_pictures, "_SETTLED_AFTER_S", 0)


@pytest.fixture
def kept(tmp_path) -> KeptPhotos:
    return KeptPhotos(tmp_path, PLACE)


def put(kept: KeptPhotos, face_id: str = "face-1", key: TemplateKey = OLD) -> KeptPhoto:
    kept.put(photo(face_id, key), seal(PICTURE, face_id, key))
    (stored,) = (each for each in kept.all() if each.face_id == face_id)
    return stored


def sweep(kept: KeptPhotos, *waiting: str) -> Swept:
    return kept.far.sweep(
        waiting=lambda: waiting, noted=lambda: [each.address for each in kept.all()]
    )


def test_the_picture_is_elsewhere_sealed_and_whose_it_is_only_here(kept):
    stored = put(kept)
    ((path, content),) = objects().items()
    assert stored.address == f"faulty:/{path}"
    assert PICTURE[:16] not in content
    assert not any(each in path or each.encode() in content for each in ("face-1", "ada"))
    (note,) = kept.folder.glob("*.photo")
    assert content not in note.read_bytes()
    assert kept.picture(stored, ring(OLD)) == PICTURE
    assert kept.far.strays() == []


@pytest.mark.parametrize("address", ["memory://{}", "file://{}"])
def test_so_it_is_in_any_file_system(tmp_path, address):
    kept = KeptPhotos(tmp_path / "data", address.format(tmp_path / "nas"))
    stored = put(kept)
    assert kept.picture(stored, ring(OLD)) == PICTURE
    kept.remove([stored])
    assert sweep(kept) == Swept(1, {})
    assert kept.far.read(stored.address) is None


def test_who_reads_goes_by_the_note_whatever_place_is_set(tmp_path, kept):
    stored = put(kept)
    for place in (None, "faulty://another"):
        assert KeptPhotos(tmp_path, place).picture(stored, ring(OLD)) == PICTURE


@pytest.mark.parametrize("operation", ["read", "store"])
def test_where_it_is_not_reached_nothing_tells_of_a_photo(kept, operation):
    with unreachable(operation), pytest.raises(StoreError, match="connection refused"):
        put(kept)
    assert (kept.all(), objects()) == ([], {})
    sweep(kept)
    assert kept.far.strays() == []


def test_one_that_was_stored_although_that_failed_is_swept_away(kept):
    put(kept)

    with unreachable("stored"), pytest.raises(StoreError, match="connection refused"):
        put(kept, "face-2")
    assert len(objects()) == 2
    assert sweep(kept) == Swept(1, {})
    assert len(objects()) == 1
    assert kept.picture(kept.all()[0], ring(OLD)) == PICTURE


def test_one_that_comes_after_it_was_given_up_is_swept_away_too(kept, monkeypatch):
    """As a file system may try again when nobody waits for it any more."""
    monkeypatch.setattr(far_pictures, "_SETTLED_AFTER_S", 3600)
    put(kept)
    with unreachable("store"), pytest.raises(StoreError, match="connection refused"):
        put(kept, "face-2")
    assert sweep(kept) == Swept(0, {})
    (late,) = kept.far.strays()
    FaultyFiles().pipe_file(late, b"sealed")
    assert sweep(kept) == Swept(1, {})
    assert kept.far.strays() == [late]
    (note,) = (kept.folder / "strays").iterdir()
    os.utime(note, (0, 0))
    assert sweep(kept) == Swept(0, {})
    assert kept.far.strays() == []
    assert len(objects()) == 1


@pytest.mark.parametrize("task", ["put", "renew", "remove"])
def test_whoever_is_killed_at_whichever_step_leaves_nothing_for_ever(tmp_path, mortality, task):
    """A step is one on the disk, or what is done elsewhere; before it and after it."""
    outcomes, died, step = set(), True, 0
    while died:
        faulty_files.empty()
        kept = KeptPhotos(tmp_path / f"{step}", PLACE)
        put(kept)
        tasks = {
            "put": lambda kept=kept: put(kept, "face-2"),
            "renew": lambda kept=kept: kept.renew(ring(OLD, NEW)),
            "remove": lambda kept=kept: (kept.remove(kept.all()), sweep(kept)),
        }
        died = mortality.dies_at(step, tasks[task], also=failing)
        after = KeptPhotos(tmp_path / f"{step}", PLACE)
        assert sweep(after).left == {}
        photos = after.all()
        assert {f"faulty:/{path}" for path in objects()} == {each.address for each in photos}
        assert all(after.picture(each, ring(OLD, NEW)) == PICTURE for each in photos)
        outcomes.add((len(photos), max((each.key_version for each in photos), default=0)))
        step += 1
    assert step > 10
    assert outcomes == {(1, 1), {"put": (2, 1), "renew": (1, 2), "remove": (0, 0)}[task]}


def test_what_waits_to_be_noted_is_not_swept_away(kept):
    with kept.far.storing():
        (address,) = kept.store([seal(PICTURE, "face-1", OLD)])
    assert sweep(kept, address) == Swept(0, {})
    assert kept.far.strays() == [address]
    kept.note(replace(photo(), address=address))
    assert sweep(kept) == Swept(0, {})
    assert kept.picture(kept.all()[0], ring(OLD)) == PICTURE


def test_while_one_is_stored_nothing_is_swept(kept, monkeypatch):
    monkeypatch.setattr("genesis_ray.store.tenant.far_pictures._LOCKED_WITHIN_S", 0.01)
    with kept.far.storing():
        kept.store([b"sealed"])
        with pytest.raises(StoreError, match="only one may"):
            sweep(KeptPhotos(kept.folder.parent))
    assert sweep(kept) == Swept(1, {})


def test_a_photo_goes_although_its_picture_is_not_reached_and_that_goes_later(kept):
    stored, other = put(kept), put(kept, "face-2")
    with unreachable():
        kept.remove([stored])
        left = sweep(kept)
    assert kept.all() == [other]
    assert list(left.left) == [stored.address]
    assert "1 sealed picture in faulty://bucket/faces/default could not be removed" in left.told()
    assert len(objects()) == 2
    assert sweep(kept) == Swept(1, {})
    assert sweep(kept).told() == ""
    assert [f"faulty:/{path}" for path in objects()] == [other.address]


def test_a_place_that_hangs_is_asked_once_for_all_that_goes(kept):
    photos = [put(kept, f"face-{number}") for number in range(5)]
    kept.remove(photos)
    asked = []

    def refuse(what: str, path: str) -> None:
        asked.append(what)
        raise TimeoutError

    with failing(refuse):
        assert len(sweep(kept).left) == 5
    assert len(asked) == 1


def test_others_have_their_turn_while_many_are_swept(kept, monkeypatch):
    monkeypatch.setattr(far_pictures, "_AT_ONCE_S", 0)
    stored: list[int] = []

    def store_one(_: float) -> None:
        with kept.far.storing():
            stored.append(len(objects()))

    monkeypatch.setattr(far_pictures.time, "sleep", store_one)
    kept.remove([put(kept, f"face-{number}") for number in range(3)])
    assert sweep(kept) == Swept(3, {})
    assert stored == [2, 1]


def test_one_that_is_still_there_after_it_was_removed_is_told(kept, monkeypatch):
    stored = put(kept)
    kept.remove([stored])
    with monkeypatch.context() as patch:
        patch.setattr(FaultyFiles, "_rm", lambda *_: None)
        assert "is still there" in sweep(kept).left[stored.address]
    assert sweep(kept) == Swept(1, {})


def test_where_the_place_is_another_nothing_is_taken_for_gone_and_nothing_is_stored(kept):
    stored, going = put(kept), put(kept, "face-2")
    kept.remove([going])
    store = dict(FaultyFiles.store)
    faulty_files.empty()  # the mount is gone, or the bucket another one
    assert list(sweep(kept).left) == [going.address]
    for attempt in (lambda: put(kept, "face-3"), lambda: kept.sealed(stored)):
        with pytest.raises(StoreError, match="is not where photos were kept"):
            attempt()
    FaultyFiles.store.update(store)
    assert sweep(kept).gone == 1
    assert kept.picture(stored, ring(OLD)) == PICTURE


def test_one_that_somebody_removed_or_changed_there_is_told(kept):
    stored = put(kept)
    ((path, content),) = objects().items()
    FaultyFiles().pipe_file(path, content[:-1] + b"\0")
    with pytest.raises(StoreError, match=r"faulty://.*\.sealed was changed"):
        kept.picture(stored, ring(OLD))
    FaultyFiles().rm_file(path)
    with pytest.raises(StoreError, match=r"a kept photo, cannot be read \(there is no faulty://"):
        kept.picture(stored, ring(OLD))


def test_under_a_new_key_they_go_to_the_place_that_is_set_now(tmp_path, kept):
    put(kept)
    here = KeptPhotos(tmp_path)
    assert here.renew(ring(OLD, NEW)) == 1
    (renewed,) = here.all()
    assert (renewed.address, here.picture(renewed, ring(NEW))) == ("", PICTURE)
    assert sweep(kept) == Swept(1, {})
    assert objects() == {}


def test_one_that_is_removed_while_it_is_sealed_anew_does_not_come_back(kept, monkeypatch):
    stored = put(kept)
    store = KeptPhotos.store

    def remove_meanwhile(self: KeptPhotos, pictures: list[bytes]) -> tuple[str, ...]:
        addresses = store(self, pictures)
        KeptPhotos(kept.folder.parent).remove([stored])
        return addresses

    monkeypatch.setattr(KeptPhotos, "store", remove_meanwhile)
    kept.renew(ring(OLD, NEW))
    assert kept.all() == []
    assert sweep(kept) == Swept(2, {})
    assert objects() == {}


def test_it_is_given_to_somebody_else_without_a_word_to_the_place(kept):
    stored = put(kept)
    with unreachable():
        kept.give(stored, "bob")
    assert kept.all() == [replace(stored, identity_id="bob")]
    assert kept.far.strays() == []
