import os
import warnings
from datetime import timedelta

import lancedb
import pyarrow as pa
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.lance import cleanup_schedule, lance_table
from genesis_ray.store.lance.lance_table import LanceTable

SCHEMA = pa.schema([("word", pa.string())])


def opened(folder, *, writer=True):
    return LanceTable(folder, "words", SCHEMA, writer=writer)


def words(*values):
    return pa.table({"word": list(values)}, schema=SCHEMA)


def stored(folder):
    return opened(folder, writer=False).rows()["word"].to_pylist()


def test_rows_are_stored_by_a_flush_in_their_order(tmp_path):
    table = opened(tmp_path)
    table.add(words("b", "a"))
    table.add(words("c"))
    assert stored(tmp_path) == []
    table.flush()
    assert stored(tmp_path) == ["b", "a", "c"]
    table.close()


@pytest.fixture
def cleanups(monkeypatch):
    """Clean up every 5 commits, and keep nothing of what was."""
    monkeypatch.setattr(cleanup_schedule, "_COMMITS_A_CLEANUP", 5)
    monkeypatch.setattr(cleanup_schedule, "_CLEANUPS_APART_S", 0.0)
    # Merging makes two versions, less than a millisecond apart if it is quick: the first holds
    # what was merged.
    monkeypatch.setattr(lance_table, "_KEEP_VERSIONS", timedelta(0))
    warnings.filterwarnings("ignore", "optimize.cleanup_older_than=0", UserWarning)


def bytes_in(folder) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.usefixtures("cleanups")
def test_thousands_of_rows_added_and_removed_leave_no_more_than_those_that_stay(tmp_path):
    table = opened(tmp_path)
    sizes = []
    for number in range(60):
        table.add(words(*(f"{number} {row} {'x' * 1000}" for row in range(50))))
        table.remove([f"{number - 4} {row} {'x' * 1000}" for row in range(50)])
        table.flush()
        sizes.append(bytes_in(tmp_path))
    assert len(table.rows()) == 4 * 50
    assert max(sizes[30:]) < 1.5 * max(sizes[10:30])
    table.close()


def test_earlier_versions_go_when_told_to_though_few_were_committed(tmp_path, monkeypatch):
    monkeypatch.setattr(lance_table, "_KEEP_VERSIONS", timedelta(0))
    warnings.filterwarnings("ignore", "optimize.cleanup_older_than=0", UserWarning)
    table = opened(tmp_path)
    for number in range(3):
        table.add(words(f"{number}"))
        table.flush()
    before = len(list(tmp_path.rglob("*.lance/data/*")))
    assert (table.tidy(), table.tidy()) == (True, False)
    assert len(list(tmp_path.rglob("*.lance/data/*"))) < before == 3
    assert sorted(table.rows()["word"].to_pylist()) == ["0", "1", "2"]
    table.close()
    with pytest.raises(StoreError, match="writer=True"):
        opened(tmp_path, writer=False).tidy()


@pytest.mark.usefixtures("cleanups")
def test_files_that_a_killed_process_left_behind_are_removed(tmp_path):
    opened(tmp_path).close()
    left = tmp_path / "words.lance" / "data" / "101010101010101010101010deadbeef.lance"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"half a file")
    table = opened(tmp_path)
    for number in range(6):
        table.add(words(f"{number}"))
        table.flush()
    assert not left.exists()
    table.close()


def test_a_large_table_is_not_written_anew_for_a_few_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(cleanup_schedule, "_COMMITS_A_CLEANUP", 5)
    monkeypatch.setattr(cleanup_schedule, "_CLEANUPS_APART_S", 0.0)
    table = opened(tmp_path)
    table.add(words(*(f"{number}" for number in range(10_000))))
    table.close()
    table = opened(tmp_path)
    (before,) = (tmp_path / "words.lance" / "data").iterdir()
    for number in range(8):
        table.add(words(f"more {number}"))
        table.flush()
    assert len(list((tmp_path / "words.lance" / "data").iterdir())) == 9
    table.close()
    assert before.exists()


@pytest.mark.usefixtures("cleanups")
def test_many_short_lived_writers_do_not_leave_many_files(tmp_path):
    for number in range(12):
        table = opened(tmp_path)
        table.add(words(f"{number}"))
        table.close()
    assert stored(tmp_path) == [f"{number}" for number in range(12)]
    assert len(list((tmp_path / "words.lance" / "data").iterdir())) < 8


@pytest.mark.usefixtures("cleanups")
def test_many_commits_do_not_leave_many_files(tmp_path):
    table = opened(tmp_path)
    for number in range(12):
        table.add(words(f"{number}"))
        table.flush()
    table.close()
    assert stored(tmp_path) == [f"{number}" for number in range(12)]
    stats = lancedb.connect(tmp_path).open_table("words").stats()
    assert stats["fragment_stats"]["num_fragments"] < 5


def test_a_full_disk_is_named_and_a_later_flush_stores_everything(small_disk):
    table = opened(small_disk.path / "gallery")
    table.add(words("first"))
    table.flush()
    table.add(words(*(os.urandom(100).hex() for _ in range(10_000))))
    with pytest.raises(StoreError, match=f"{small_disk.path}/gallery is full"):
        table.flush()
    assert stored(small_disk.path / "gallery") == ["first"]
    small_disk.grow()
    table.close()
    assert len(stored(small_disk.path / "gallery")) == 10_001


def test_a_commit_that_finds_no_room_leaves_no_file_and_stores_nothing_twice(small_disk):
    folder = small_disk.path / "gallery"
    table = opened(folder)
    table.add(words("first"))
    table.flush()
    table.add(words(*(os.urandom(100).hex() for _ in range(2000))))
    before = {path for path in folder.rglob("*") if path.is_file()}
    full_at = []
    for pages in range(40, 80):  # so also at the last files, which are written when all rows are
        small_disk.fill(leaving=4096 * pages)
        try:
            table.flush()
        except StoreError:
            full_at.append(pages)
            assert {path for path in folder.rglob("*") if path.is_file()} == before
        finally:
            small_disk.free()
    assert 10 < len(full_at) < 40
    table.close()
    assert len(stored(folder)) == 2001


def test_a_table_that_found_no_room_to_begin_begins_later(small_disk):
    folder = small_disk.path / "gallery"
    opened(folder).close()
    small_disk.fill()
    with pytest.raises(StoreError, match="is full"):
        LanceTable(folder, "others", SCHEMA, writer=True)
    small_disk.grow()
    LanceTable(folder, "others", SCHEMA, writer=True).close()


def test_a_damaged_table_is_named(tmp_path):
    table = opened(tmp_path)
    table.add(words("a"))
    table.close()
    for path in (tmp_path / "words.lance" / "data").iterdir():
        path.write_bytes(b"no such thing")
    with pytest.raises(StoreError, match=r"words.lance cannot be used .*restore it"):
        stored(tmp_path)


def test_a_closed_table_takes_nothing_and_lets_others_write(tmp_path):
    table = opened(tmp_path)
    table.close()
    table.close()
    with pytest.raises(StoreError, match="closed"):
        table.add(words("a"))
    opened(tmp_path).close()


def files_with(folder, word: str) -> list:
    return [p for p in folder.rglob("*") if p.is_file() and word.encode() in p.read_bytes()]


def test_of_rows_that_are_replaced_no_byte_is_left(tmp_path):
    table = opened(tmp_path)
    for word in ("secret one", "secret two"):
        table.add(words(word))
        table.flush()
    assert files_with(tmp_path, "secret")
    table.replace(words("open"))
    table.add(words("more"))
    table.close()
    assert stored(tmp_path) == ["open", "more"]
    assert files_with(tmp_path, "secret") == []


def test_what_a_killed_process_left_of_replaced_rows_is_removed_by_the_next_writer(
    tmp_path, monkeypatch
):
    table = opened(tmp_path)
    table.add(words("secret"))
    table.flush()
    with monkeypatch.context() as patch:
        patch.setattr(LanceTable, "_purge", lambda _: None)
        table.replace(words("open"))
    table._release()
    assert files_with(tmp_path, "secret")
    opened(tmp_path).close()
    assert files_with(tmp_path, "secret") == []
    assert stored(tmp_path) == ["open"]


def test_a_reader_replaces_nothing(tmp_path):
    opened(tmp_path).close()
    with pytest.raises(StoreError, match="closed"):
        LanceTable(tmp_path, "words", SCHEMA, writer=False).replace(words("a"))
