import os
import threading

import pytest

from genesis_ray.store.events import wal_tails as module
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.events.selection import Selection
from genesis_ray.store.events.wal import encode
from genesis_ray.store.events.wal_tails import WalTails, wal_tails
from genesis_ray.store.schemas import to_tables

TABLE = "track_observations"


@pytest.fixture
def folder(tmp_path):
    folder = EventFolder(tmp_path / "events")
    folder.prepare()
    return folder


@pytest.fixture
def tails():
    return WalTails()


@pytest.fixture
def record(observed):
    return lambda *numbers: encode(to_tables([observed(number) for number in numbers]))


def numbers(tails, folder) -> list[int]:
    return tails.rows(folder, TABLE)["track_id"].to_pylist()


def test_each_record_of_a_segment_is_decoded_once(folder, tails, record, monkeypatch):
    decoded = []
    read = module.read_rows
    monkeypatch.setattr(module, "read_rows", lambda new: decoded.append(len(new)) or read(new))
    segment = folder.segment(1)
    segment.write_bytes(record(1, 2))
    assert numbers(tails, folder) == numbers(tails, folder) == [1, 2]
    with segment.open("ab") as file:
        file.write(record(3))
    assert numbers(tails, folder) == [1, 2, 3]
    assert decoded == [len(record(1, 2)), len(record(3))]


def test_a_record_that_is_not_whole_yet_counts_once_it_is(folder, tails, record):
    new = record(2)
    segment = folder.segment(1)
    segment.write_bytes(record(1) + new[:-1])
    assert numbers(tails, folder) == [1]
    with segment.open("ab") as file:
        file.write(new[-1:])
    assert numbers(tails, folder) == [1, 2]


def test_what_was_torn_off_and_written_again_is_read_again(folder, tails, record):
    segment = folder.segment(1)
    segment.write_bytes(record(1) + record(2)[:-1])
    assert numbers(tails, folder) == [1]
    os.truncate(segment, len(record(1)))
    with segment.open("ab") as file:
        file.write(record(3, 4))
    assert numbers(tails, folder) == [1, 3, 4]


@pytest.mark.parametrize("content", [(1,), (7, 8, 9), (7,)])
def test_another_file_of_the_same_name_and_inode_is_read_anew(folder, tails, record, content):
    segment = folder.segment(1)
    segment.write_bytes(record(1, 2, 3) + record(4))
    assert numbers(tails, folder) == [1, 2, 3, 4]
    inode = segment.stat().st_ino
    segment.write_bytes(record(*content))  # as a folder that was removed and made again
    assert segment.stat().st_ino == inode
    assert numbers(tails, folder) == [*content]


def test_nothing_of_a_segment_that_has_gone_is_given_out_or_kept(folder, tails, record):
    folder.segment(1).write_bytes(record(1))
    folder.segment(2).write_bytes(record(2))
    assert numbers(tails, folder) == [1, 2]
    folder.segment(1).unlink()
    assert numbers(tails, folder) == [2]
    assert tails.kept() == [folder.segment(2)]


def test_nothing_is_kept_once_nobody_asks(folder, tails, record, monkeypatch):
    monkeypatch.setattr(module, "KEPT_S", 0.01)
    folder.segment(1).write_bytes(record(1))
    assert numbers(tails, folder) == [1]
    for timer in [each for each in threading.enumerate() if each.name == "wal-tails"]:
        timer.join()
    while watching := [each for each in threading.enumerate() if each.name == "wal-tails"]:
        watching[0].join()
    assert tails.kept() == []


def test_of_many_segments_no_more_is_kept_than_the_most(folder, tails, record, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 2 * len(record(1)))
    for number in range(1, 5):
        folder.segment(number).write_bytes(record(number))
    assert numbers(tails, folder) == [1, 2, 3, 4]
    assert len(tails.kept()) == 2
    assert numbers(tails, folder) == [1, 2, 3, 4]


def test_tenants_never_meet_in_it(tmp_path, observed):
    with EventLog(tmp_path) as log:
        log.append([observed(1, "a"), observed(2, "b")])
        found = {
            tenant: RunTables(tmp_path, tenant)[TABLE].fresh["track_id"].to_pylist()
            for tenant in ("a", "b", "c")
        }
    assert found == {"a": [1], "b": [2], "c": []}


def test_a_process_that_was_forked_has_its_own(folder, record):
    folder.segment(1).write_bytes(record(1))
    selection = Selection(folder=folder, table=TABLE)
    assert len(selection.waiting()) == 1
    assert folder.segment(1) in wal_tails().kept()
    with wal_tails()._lock:
        if (child := os.fork()) == 0:
            is_right = wal_tails().kept() == [] and len(selection.waiting()) == 1
            os._exit(0 if is_right else 1)
        _, status = os.waitpid(child, 0)
    assert status == 0
