import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.events.spool import Spool


def test_notes_wait_in_order_of_their_names_until_they_are_removed(tmp_path):
    spool = Spool(tmp_path / "spool")
    assert spool.notes() == {}
    spool.put("b", {"why": "ü"})
    spool.put("a", {"why": "1"})
    spool.put("a", {"why": "2"})
    assert [*Spool(tmp_path / "spool").notes().items()] == [
        ("a", {"why": "2"}),
        ("b", {"why": "ü"}),
    ]
    spool.remove("a")
    spool.remove("a")
    assert [*spool.notes()] == ["b"]


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_what_is_no_note_is_set_aside_and_kept(tmp_path, caplog, content):
    (tmp_path / "bad.json").write_bytes(content)
    Spool(tmp_path).put("good", {})
    assert Spool(tmp_path).notes() == {"good": {}}
    assert (tmp_path / "bad.unreadable").read_bytes() == content
    assert "bad.json is set aside" in caplog.text


def test_a_note_that_was_not_written_to_its_end_is_none(tmp_path):
    (tmp_path / "half.json.tmp").write_bytes(b'{"why"')
    assert Spool(tmp_path).notes() == {}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot write"):
        Spool(tmp_path / "file" / "spool").put("a", {})
