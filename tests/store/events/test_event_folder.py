import os
import time

import pytest

from genesis_ray.store.events import event_folder
from genesis_ray.store.events.event_folder import data_file, live_files

LONG_AGO_NS = time.time_ns() - 3600 * 1_000_000_000


@pytest.fixture
def partition(tmp_path):
    data_file(tmp_path, 1, 1).touch()
    settle(tmp_path)
    return tmp_path


def settle(folder):
    """Let a folder have changed for the last time an hour ago."""
    os.utime(folder, ns=(LONG_AGO_NS, LONG_AGO_NS))


def names(partition):
    return [file.path.name for file in live_files(partition)]


def test_a_partition_that_nothing_comes_to_is_listed_once(partition, monkeypatch):
    before = names(partition)
    monkeypatch.setattr(os, "listdir", lambda _: pytest.fail("it was listed again"))
    assert names(partition) == before == ["00000001.parquet"]


def test_a_file_that_comes_is_seen_at_once(partition):
    names(partition)
    data_file(partition, 2, 2).touch()
    assert names(partition) == ["00000001.parquet", "00000002.parquet"]


def test_files_that_take_the_place_of_others_are_seen_at_once(partition):
    names(partition)
    data_file(partition, 1, 2).touch()
    data_file(partition, 1, 1).unlink()
    assert names(partition) == ["00000001-00000002.parquet"]


def test_a_change_within_the_same_tick_of_the_clock_is_seen(partition):
    now = time.time_ns()
    os.utime(partition, ns=(now, now))
    names(partition)
    data_file(partition, 2, 2).touch()
    os.utime(partition, ns=(now, now))
    assert len(names(partition)) == 2


def test_what_is_made_of_a_listing_is_the_askers_own(partition):
    live_files(partition).clear()
    assert names(partition) == ["00000001.parquet"]


def test_a_partition_that_goes_has_no_files(partition):
    names(partition)
    data_file(partition, 1, 1).unlink()
    partition.rmdir()
    assert live_files(partition) == event_folder.covered_files(partition) == []
