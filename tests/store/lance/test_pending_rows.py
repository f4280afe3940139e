import pyarrow as pa
import pytest

from genesis_ray.store.lance.pending_rows import PendingRows

SCHEMA = pa.schema([("face_id", pa.string()), ("quality", pa.float32())])


def rows(*ids: str) -> pa.Table:
    return pa.table({"face_id": list(ids), "quality": [0.5] * len(ids)}, schema=SCHEMA)


@pytest.fixture
def pending() -> PendingRows:
    pending = PendingRows(SCHEMA)
    pending.add(rows("a", "b"))
    pending.add(rows("c"))
    return pending


def test_rows_wait_in_the_order_in_which_they_came(pending):
    assert pending.ids_of(pending.added()) == ["a", "b", "c"]


def test_a_row_that_waits_goes_at_once_and_one_that_is_stored_by_the_next_commit(pending):
    pending.remove(["b", "stored"])
    assert pending.ids_of(pending.added()) == ["a", "c"]
    assert pending.removed() == ["stored"]
    assert len(pending) == 3


def test_what_is_here_is_what_will_be_after_the_next_commit(pending):
    pending.remove(["a", "old"])
    assert pending.here(["a", "b", "old", "new", "other"], ["old", "new"]) == ["b", "new"]


def test_a_commit_that_was_cut_off_between_its_halves_leaves_what_is_to_go(pending):
    pending.remove(["old"])
    pending.are_stored()
    assert (len(pending.added()), pending.removed()) == (0, ["old"])
    pending.are_gone()
    assert len(pending) == 0
