import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.keys.gallery_keys import GalleryKeys, protected_galleries
from genesis_ray.store.keys.template_keys import KeyRing
from tests.store.some_keys import key, ring


def noted(folder) -> dict[int, str]:
    return GalleryKeys(folder, "faces_fused").fingerprints


def test_a_key_is_noted_before_its_first_row_and_struck_out_after_its_last(tmp_path):
    keys = GalleryKeys(tmp_path / "tenant", "faces_fused")
    keys.note(ring(1))
    keys.note(ring(1, 2))
    assert noted(tmp_path / "tenant") == {1: key(1).fingerprint, 2: key(2).fingerprint}
    keys.strike(ring(1, 2))
    assert noted(tmp_path / "tenant") == {2: key(2).fingerprint}


def test_what_is_noted_gives_no_key_away(tmp_path):
    GalleryKeys(tmp_path, "faces_fused").note(ring(1))
    (file,) = tmp_path.iterdir()
    assert key(1).secret.hex() not in file.read_text()


def test_the_protected_galleries_of_a_tenant_are_found(tmp_path):
    assert list(protected_galleries(tmp_path / "none")) == []
    for name in ("faces_sface", "faces_fused"):
        GalleryKeys(tmp_path, name).note(ring(1))
    assert [each.gallery for each in protected_galleries(tmp_path)] == [
        "faces_fused",
        "faces_sface",
    ]


def test_where_all_keys_are_gone_the_lost_one_is_named(tmp_path):
    keys = GalleryKeys(tmp_path, "faces_fused")
    keys.note(ring(1))
    nothing = KeyRing("file", "default", "/keys/default")
    with pytest.raises(StoreError, match=r"there is no such key in /keys/default\. Put that key"):
        keys.check({1}, nothing)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"one": "ab"}', b"\xff"])
def test_a_damaged_file_is_told(tmp_path, content):
    (tmp_path / "faces_fused.keys.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"cannot be read .*; restore it from a copy"):
        GalleryKeys(tmp_path, "faces_fused")
