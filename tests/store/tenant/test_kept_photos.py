from dataclasses import replace
from datetime import UTC, datetime

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos, seal

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
PICTURE = b"a picture of Ada" * 100
OLD, NEW = TemplateKey.new("default"), TemplateKey.new("default", 2)


def ring(*keys: TemplateKey) -> KeyRing:
    return KeyRing("file", "default", "the keys' file", keys)


def photo(face_id: str = "face-1", key: TemplateKey = OLD) -> KeptPhoto:
    return KeptPhoto(
        face_id=face_id, identity_id="ada", key_version=key.version, fingerprint=key.fingerprint,
        at=NOON,
    )  # fmt: skip


@pytest.fixture
def kept(tmp_path) -> KeptPhotos:
    kept = KeptPhotos(tmp_path)
    kept.put(photo(), seal(PICTURE, "face-1", OLD))
    return kept


def test_a_photo_is_read_with_its_key_and_is_nowhere_in_the_clear(kept):
    assert kept.all() == [photo()]
    assert kept.picture(photo(), ring(OLD)) == PICTURE
    (file,) = kept.folder.iterdir()
    assert PICTURE[:16] not in file.read_bytes()
    assert "face-1" not in file.name
    assert file.stat().st_mode & 0o077 == 0


def test_without_the_key_it_is_useless(kept):
    another = TemplateKey.new("default")
    for keys in (ring(), ring(NEW), ring(another)):
        with pytest.raises(StoreError, match=r"key 1, fingerprint .* put it back"):
            kept.picture(photo(), keys)
    assert [photo().is_under(ring(key)) for key in (OLD, another)] == [True, False]


def test_one_that_was_changed_or_put_in_anothers_place_is_refused(kept):
    kept.put(photo("face-2"), kept.sealed(photo()))
    with pytest.raises(StoreError, match="it was changed"):
        kept.picture(photo("face-2"), ring(OLD))
    file = kept.folder / photo().file
    file.write_bytes(file.read_bytes()[:-1] + b"\0\0")
    with pytest.raises(StoreError, match="it was changed"):
        kept.picture(photo(), ring(OLD))
    file.write_bytes(b"no photo")
    with pytest.raises(StoreError, match=r"photo, a kept photo, cannot be read"):
        kept.all()


def test_under_a_new_key_the_old_one_opens_nothing(kept):
    assert kept.renew(ring(OLD, NEW)) == 1
    (renewed,) = kept.all()
    assert renewed == photo(key=NEW)
    assert kept.picture(renewed, ring(NEW)) == PICTURE
    assert kept.renew(ring(OLD, NEW)) == 0


def test_one_whose_key_is_lost_is_left_and_holds_up_no_other(kept):
    lost = TemplateKey.new("default")
    kept.put(photo("face-2", lost), seal(PICTURE, "face-2", lost))
    assert kept.renew(ring(OLD, NEW)) == 1
    assert {each.face_id: each.key_version for each in kept.all()} == {"face-1": 2, "face-2": 1}


def test_a_photo_is_given_to_somebody_else_and_removed(kept):
    kept.put(photo("face-2"), seal(PICTURE, "face-2", OLD))
    kept.give(photo("face-2"), "bob")
    half = kept.folder / "of-a-process-that-was-killed.photo.tmp"
    half.write_bytes(b"half a photo")
    kept.remove([photo()])
    (left,) = kept.all()
    assert left == replace(photo("face-2"), identity_id="bob")
    assert kept.picture(left, ring(OLD)) == PICTURE
    assert not half.exists()


def test_where_none_is_kept_there_is_none_and_no_folder(tmp_path):
    kept = KeptPhotos(tmp_path)
    kept.remove([])
    assert (kept.all(), kept.renew(ring(OLD)), list(tmp_path.iterdir())) == ([], 0, [])
