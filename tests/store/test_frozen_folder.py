import io
import os
import resource
import shutil
import tarfile

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.frozen_folder import FrozenFolder
from genesis_ray.store.lock import WriteLock


@pytest.fixture
def folder(tmp_path):
    for name in ("people.lance/data/1", "photos/1.photo", "visitor-salt"):
        path = tmp_path / "default" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "default"


def copied(frozen):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w|") as tar:
        frozen.write_to(tar)
    archive.seek(0)
    with tarfile.open(fileobj=archive) as tar:
        files = [member for member in tar if member.isfile()]
        return {member.name: tar.extractfile(member).read() for member in files}


def test_a_copy_is_of_one_moment_whatever_becomes_of_the_folder(folder):
    with FrozenFolder(folder) as frozen:
        (folder / "visitor-salt").unlink()
        (folder / "visitor-salt").write_bytes(b"another")
        (folder / "new").write_bytes(b"later")
        shutil.rmtree(folder / "people.lance")
        taken = copied(frozen)
    assert taken == {
        name: name.encode() for name in ("people.lance/data/1", "photos/1.photo", "visitor-salt")
    }


def test_while_somebody_writes_to_a_table_no_copy_is_begun(folder):
    lock = WriteLock(folder / "people.lock")
    with pytest.raises(StoreError, match="being written to by process"):
        FrozenFolder(folder)
    lock.release()
    with FrozenFolder(folder):
        WriteLock(folder / "people.lock").release()  # and once it is begun they may


def test_locks_and_what_is_half_written_are_no_part_of_a_copy(folder):
    (folder / "turn.lock").write_bytes(b"1234")
    (folder / "visitor-salt.tmp").write_bytes(b"hal")
    with FrozenFolder(folder) as frozen:
        assert not {"turn.lock", "visitor-salt.tmp"} & copied(frozen).keys()


def test_a_file_that_goes_while_others_are_opened_is_no_part_of_a_copy(folder, monkeypatch):
    opened = os.open

    def settle(path, *flags):
        (folder / "photos" / "1.photo").unlink(missing_ok=True)
        return opened(path, *flags)

    monkeypatch.setattr(os, "open", settle)
    with FrozenFolder(folder) as frozen:
        assert "photos/1.photo" not in copied(frozen)


@pytest.fixture
def many(folder):
    """Have more files in the folder than the process may have open, unless it asks for more."""
    for number in range(150):
        (folder / "photos" / f"{number}.photo").write_bytes(b"")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many")
def test_more_files_than_are_usual_are_held_open(folder):
    with FrozenFolder(folder) as frozen:
        assert len(copied(frozen)) > 150


@pytest.mark.usefixtures("many")
def test_more_files_than_can_be_open_are_refused_with_what_to_do(folder, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 100))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)  # else it is so for good
    with pytest.raises(StoreError, match="ulimit -Hn"):
        FrozenFolder(folder)
