import os
import subprocess
import sys
import threading

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.lock import WriteLock

HOLD = """
import sys, pathlib, genesis_ray.store.lock as lock
held = lock.WriteLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_owner_is_refused_and_told_of_the_first(tmp_path):
    lock = WriteLock(tmp_path / "lock")
    with pytest.raises(
        StoreError, match=f"{tmp_path} is being written to by process {os.getpid()}"
    ):
        WriteLock(tmp_path / "lock")
    lock.release()
    WriteLock(tmp_path / "lock").release()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "lock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match=f"process {holder.pid}"):
            WriteLock(tmp_path / "lock")
        holder.kill()
        holder.wait()
        WriteLock(tmp_path / "lock").release()


def test_who_holds_a_lock_can_be_asked_without_taking_it(tmp_path):
    assert WriteLock.holder(tmp_path / "lock") is None
    assert list(tmp_path.iterdir()) == []
    lock = WriteLock(tmp_path / "lock")
    assert WriteLock.holder(tmp_path / "lock") == str(os.getpid())
    lock.release()
    assert WriteLock.holder(tmp_path / "lock") is None


def test_who_asks_for_the_holder_keeps_no_writer_out(tmp_path):
    path = tmp_path / "lock"
    WriteLock(path).release()
    enough = threading.Event()

    def ask() -> None:
        while not enough.is_set():
            WriteLock.holder(path)

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for each in asking:
        each.start()
    try:
        for _ in range(200):
            WriteLock(path).release()
    finally:
        enough.set()
        for each in asking:
            each.join()


def test_a_lock_that_was_there_can_be_taken_on_a_full_disk(small_disk):
    path = small_disk.path / "lock"
    WriteLock(path).release()
    path.write_text("1234567890")  # of a process with a longer id
    small_disk.fill()
    lock = WriteLock(path)
    assert WriteLock.holder(path) == str(os.getpid())
    lock.release()


def test_a_lock_is_one_too_where_there_is_no_room_to_say_whose(small_disk):
    path = small_disk.path / "lock"
    path.touch()
    small_disk.fill()
    lock = WriteLock(path)
    assert WriteLock.holder(path) == "(unknown)"
    with pytest.raises(StoreError, match=r"by process \(unknown\)"):
        WriteLock(path)
    lock.release()
