import io
import os
import resource
import shutil
import tarfile

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.keys.frozen_folder import FrozenFolder
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


def test_what_is_on_another_disk_is_part_of_a_copy(folder, tmp_path):
    (folder / "photos").rename(tmp_path / "elsewhere")
    (folder / "photos").symlink_to("../elsewhere")
    (folder / "photos" / "back").symlink_to(folder)
    with FrozenFolder(folder) as frozen:
        assert copied(frozen)["photos/1.photo"] == b"photos/1.photo"


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
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    may_be_open = 10 + max(int(number) for number in os.listdir("/proc/self/fd"))
    for number in range(may_be_open):
        (folder / "photos" / f"{number}.photo").write_bytes(b"")
    resource.setrlimit(resource.RLIMIT_NOFILE, (may_be_open, before[1]))
    yield may_be_open
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_more_files_than_are_usual_are_held_open(folder, many):
    with FrozenFolder(folder) as frozen:
        assert len(copied(frozen)) >= many


@pytest.mark.usefixtures("many")
def test_more_files_than_can_be_open_are_refused_with_what_to_do(folder, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 100))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)  # else it is so for good
    with pytest.raises(StoreError, match="ulimit -Hn"):
        FrozenFolder(folder)


def test_where_no_file_more_can_be_open_a_copy_is_refused_and_not_empty(folder, monkeypatch):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    next_one = os.open(os.devnull, os.O_RDONLY)
    os.close(next_one)
    resource.prlimit(0, resource.RLIMIT_NOFILE, (next_one, before[1]))
    try:
        with pytest.raises(StoreError, match="ulimit -Hn"):
            FrozenFolder(folder)
    finally:
        resource.prlimit(0, resource.RLIMIT_NOFILE, before)
