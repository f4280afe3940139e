from pathlib import Path

import pytest

from genesis_ray.errors import FullDiskError
from genesis_ray.store.lance import lance_files
from genesis_ray.store.lance.lance_files import LanceFiles


@pytest.fixture
def table(tmp_path) -> Path:
    """A table of one version."""
    folder = tmp_path / "words.lance"
    for name in ("data/1.lance", "_versions/1.manifest"):
        write(folder / name)
    return folder


def write(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def names(table: Path) -> list[str]:
    return sorted(path.name for path in table.rglob("*") if path.is_file())


def commit(table: Path, *written: str) -> None:
    """Write files, and find no room for more."""
    with LanceFiles(table).leaving_nothing():
        write(*(table / name for name in written))
        raise FullDiskError(table)


def test_a_commit_that_found_no_room_leaves_no_file(table):
    with pytest.raises(FullDiskError):
        commit(table, "data/2.lance", "_transactions/2.txn")
    assert names(table) == ["1.lance", "1.manifest"]


def test_of_a_commit_that_made_its_version_all_stays_though_there_was_no_room_after(table):
    with pytest.raises(FullDiskError):
        commit(table, "data/2.lance", "_versions/2.manifest")
    assert names(table) == ["1.lance", "1.manifest", "2.lance", "2.manifest"]


def test_each_file_is_made_durable_once_with_the_folder_that_names_it(table, monkeypatch):
    synced: list[str] = []
    monkeypatch.setattr(lance_files, "sync_folder", lambda path: synced.append(path.name))
    files = LanceFiles(table)
    files.sync()
    assert sorted(synced) == ["1.lance", "1.manifest", "_versions", "data"]
    synced.clear()
    write(table / "data/2.lance")
    files.sync()
    assert synced == ["2.lance", "data"]
