import logging

import pytest

from genesis_ray.store.events.commit import commit_segment
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.events.wal import encode
from genesis_ray.store.schemas import to_tables


@pytest.fixture
def folder(tmp_path):
    folder = EventFolder(tmp_path / "events")
    folder.prepare()
    return folder


@pytest.fixture
def write(folder, observed):
    """Leave a segment of events behind, as a killed process does."""

    def write(sequence, numbers, **envelope):
        events = [observed(number, **envelope) for number in numbers]
        with folder.segment(sequence).open("ab") as file:
            file.write(encode(to_tables(events)))

    return write


def files(folder):
    return sorted(str(path.relative_to(folder.path)) for path in folder.path.rglob("*.parquet"))


def tracks(folder):
    return read_table(folder.path, "track_observations")["track_id"].to_pylist()


def test_rows_go_to_the_folder_of_their_tenant_and_utc_day(folder, write):
    write(7, [0], tenant_id="acme")
    write(7, [12 * 3600 - 1, 12 * 3600])
    commit_segment(folder, 7)
    assert files(folder) == [
        "track_observations/tenant_id=acme/day=2026-01-05/00000007.parquet",
        "track_observations/tenant_id=default/day=2026-01-05/00000007.parquet",
        "track_observations/tenant_id=default/day=2026-01-06/00000007.parquet",
    ]
    assert folder.segments() == []


def test_a_segment_that_is_found_again_after_its_commit_adds_nothing(folder, write):
    write(1, [1, 2])
    left = folder.segment(1).read_bytes()
    commit_segment(folder, 1)
    folder.segment(1).write_bytes(left)
    assert tracks(folder) == [1, 2]
    commit_segment(folder, 1)
    assert tracks(folder) == [1, 2]


def test_rows_that_an_earlier_segment_had_are_left_out(folder, write):
    write(1, [1, 2])
    commit_segment(folder, 1)
    write(2, [2, 3, 3])
    commit_segment(folder, 2)
    assert tracks(folder) == [1, 2, 3]


def test_a_segment_of_nothing_new_makes_no_file(folder, write):
    write(1, [1, 2])
    commit_segment(folder, 1)
    write(2, [2])
    commit_segment(folder, 2)
    assert len(files(folder)) == 1


def test_a_torn_record_is_dropped_and_reported(folder, write, caplog):
    write(1, [1])
    write(1, [2])
    content = folder.segment(1).read_bytes()
    folder.segment(1).write_bytes(content[:-1])
    with caplog.at_level(logging.WARNING):
        commit_segment(folder, 1)
    assert tracks(folder) == [1]
    assert "00000001.wal" in caplog.text


def test_a_death_at_any_step_loses_and_doubles_nothing(tmp_path, observed, mortality):
    step, alive = 0, False
    while not alive:
        folder = EventFolder(tmp_path / str(step))
        folder.prepare()
        for sequence in (1, 2):
            events = [observed(n, f"tenant{n % 2}") for n in range(4 * sequence)]
            folder.segment(sequence).write_bytes(encode(to_tables(events)))

        def commit_both(folder=folder):
            for sequence in folder.segments():
                commit_segment(folder, sequence)

        alive = not mortality.dies_at(step, commit_both)
        assert tracks(folder) == list(range(8))
        EventLog(folder.path).close()
        assert tracks(folder) == list(range(8))
        assert not list(folder.path.rglob("*.tmp"))
        step += 1
    assert step > 20  # it died in many places


def test_a_damaged_file_beside_does_not_stop_a_commit(folder, write, caplog):
    write(1, [1])
    commit_segment(folder, 1)
    (damaged,) = folder.path.rglob("*.parquet")
    damaged.write_bytes(b"torn")
    write(2, [2])
    commit_segment(folder, 2)
    assert damaged.read_bytes() == b"torn"
    assert "is damaged" in caplog.text
    damaged.unlink()
    assert tracks(folder) == [2]
