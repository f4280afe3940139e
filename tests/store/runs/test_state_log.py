import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store import disk
from genesis_ray.store.runs.state_log import Restored, StateLog, new_key

KEY = new_key()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def left_in(folder: Path) -> Restored | None:
    """What the next process finds."""
    return StateLog(folder, KEY).restore()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_at_first_there_is_nothing(folder):
    assert left_in(folder) is None


def test_the_last_state_comes_back_with_what_was_taken_since(folder):
    log = StateLog(folder, KEY)
    log.checkpoint("first")
    log.append("forgotten, for a state came after")
    log.checkpoint({"visits": 2})
    log.append(("door", 1))
    log.append(("till", 2))
    assert left_in(folder) == ({"visits": 2}, [("door", 1), ("till", 2)])


def test_one_state_is_kept_at_a_time(folder):
    log = StateLog(folder, KEY)
    for number in range(5):
        log.checkpoint(number)
        log.append(number)
    assert files(folder) == ["00000005.state", "00000005.taken"]


def test_a_state_that_a_killed_process_had_replaced_goes_with_the_next_process(folder, monkeypatch):
    log = StateLog(folder, KEY)
    log.checkpoint("who is to be forgotten")
    log.append("their face")
    with monkeypatch.context() as patch:
        patch.setattr(StateLog, "_remove", lambda *_: os.kill)  # it is killed before that
        log.checkpoint("nobody")
    assert len(files(folder)) == 3
    assert left_in(folder) == ("nobody", [])
    assert files(folder) == ["00000002.state"]


def test_a_process_goes_on_with_the_log_of_another(folder):
    StateLog(folder, KEY).checkpoint("one")
    second = StateLog(folder, KEY)
    second.restore()
    second.append("taken")
    second.checkpoint("two")
    assert left_in(folder) == ("two", [])


def test_what_was_appended_outlives_a_kill(folder):
    script = f"""
import os, signal
from pathlib import Path
from genesis_ray.store.runs.state_log import StateLog
log = StateLog(Path({str(folder)!r}), bytes.fromhex({KEY.hex()!r}))
log.checkpoint("state")
for number in range(100):
    log.append(number)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert left_in(folder) == ("state", list(range(100)))


@pytest.mark.parametrize("torn", [1, 3, 20])
def test_a_record_cut_short_never_counted(folder, torn):
    log = StateLog(folder, KEY)
    log.checkpoint("state")
    log.append("whole")
    log.append("cut short")
    path = folder / "00000001.taken"
    os.truncate(path, path.stat().st_size - torn)
    assert left_in(folder) == ("state", ["whole"])


def test_a_crash_between_a_new_state_and_the_removal_of_the_old_one_is_harmless(folder):
    log = StateLog(folder, KEY)
    log.checkpoint("old")
    log.append("of the old one")
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    log.checkpoint("new")
    for path, content in kept.items():
        path.write_bytes(content)
    assert left_in(folder) == ("new", [])


def test_another_systems_state_is_left_aside_and_said_so(folder, caplog):
    StateLog(folder, new_key()).checkpoint("theirs")
    assert left_in(folder) is None
    assert "another system wrote it" in caplog.text
    StateLog(folder, KEY).checkpoint("ours")
    assert left_in(folder) == ("ours", [])


def test_a_state_of_another_format_is_left_aside_and_said_so(folder, caplog):
    StateLog(folder, KEY).checkpoint("state")
    (path,) = folder.glob("*.state")
    path.write_bytes(path.read_bytes().replace(b"genesis-state ", b"genesis-state 1"))
    assert left_in(folder) is None
    assert "genesis-state 1" in caplog.text


class Gone:
    """What a state is of; a later version may not have it any more."""


@pytest.fixture
def gone(monkeypatch) -> Callable[[], None]:
    """Have the class go, as with an update."""
    return lambda: monkeypatch.delattr(sys.modules[__name__], "Gone")


@pytest.mark.parametrize("is_taken", [False, True])
def test_what_is_of_a_class_that_is_no_more_is_left_aside_and_said_so(
    folder, caplog, gone, is_taken
):
    log = StateLog(folder, KEY)
    log.checkpoint("state" if is_taken else Gone())
    if is_taken:
        log.append(Gone())
    gone()
    assert left_in(folder) is None
    assert "of another version: Can't get attribute 'Gone'" in caplog.text


def test_a_state_of_a_module_that_is_no_more_is_left_aside(folder, caplog, monkeypatch):
    module = ModuleType("gone_with_an_update")
    module.Kept = type("Kept", (), {"__module__": module.__name__})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    StateLog(folder, KEY).checkpoint(module.Kept())
    monkeypatch.delitem(sys.modules, module.__name__)
    assert left_in(folder) is None
    assert "No module named 'gone_with_an_update'" in caplog.text


def test_a_state_of_another_version_of_a_library_is_left_aside_and_said_so(folder, caplog):
    StateLog(folder, KEY).checkpoint("state")
    (path,) = folder.glob("*.state")
    own = f"numpy {version('numpy')}".encode()
    path.write_bytes(path.read_bytes().replace(own, b"numpy 1.0.0"))
    assert left_in(folder) is None
    assert "numpy 1.0.0" in caplog.text


def test_a_state_that_somebody_changed_is_never_unpickled(folder):
    StateLog(folder, KEY).checkpoint("state")
    (path,) = folder.glob("*.state")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert left_in(folder) is None


def test_two_owners_cannot_be_mistaken_for_each_other(tmp_path):
    StateLog(tmp_path / "journal", KEY).checkpoint("journal's")
    (state,) = (tmp_path / "journal").iterdir()
    (tmp_path / "resolver").mkdir()
    state.rename(tmp_path / "resolver" / state.name)
    assert left_in(tmp_path / "resolver") is None


def test_nothing_can_be_read_on_the_disk(folder):
    log = StateLog(folder, KEY)
    log.checkpoint("a face that nobody enrolled")
    log.append("another one")
    written = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"face" not in written
    assert b"another" not in written


def test_at_the_end_nothing_is_left(folder):
    log = StateLog(folder, KEY)
    log.checkpoint("state")
    log.append("taken")
    log.clear()
    assert files(folder) == []
    assert left_in(folder) is None


def test_a_full_disk_leaves_what_was(small_disk):
    log = StateLog(small_disk.path / "journal", KEY)
    log.checkpoint("state")
    log.append("taken")
    small_disk.fill()
    with pytest.raises(StoreError, match="is full"):
        log.checkpoint("x" * 100_000)
    assert left_in(small_disk.path / "journal") == ("state", ["taken"])


def test_a_full_disk_leaves_no_half_record_in_the_way_of_the_next(small_disk):
    log = StateLog(small_disk.path / "journal", KEY)
    log.checkpoint("state")
    log.append("taken")
    small_disk.fill(leaving=4096)
    with pytest.raises(StoreError, match="is full"):
        log.append("x" * 100_000)
    small_disk.grow()
    log.append("taken when there was room again")
    restored = left_in(small_disk.path / "journal")
    assert restored.taken == ["taken", "taken when there was room again"]


def test_a_state_whose_folder_cannot_be_made_durable_takes_nothing_away(folder, monkeypatch):
    log = StateLog(folder, KEY)
    log.checkpoint("state")

    def full(_: object) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with monkeypatch.context() as failing:
        failing.setattr(disk, "sync_folder", full)
        with pytest.raises(StoreError, match="is full"):
            log.checkpoint("next")
    log.append("taken")
    assert left_in(folder) == ("state", ["taken"])
