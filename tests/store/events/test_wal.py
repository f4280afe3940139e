import errno
import os
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.events import ZoneCrossed
from genesis_ray.store.events import wal
from genesis_ray.store.events.wal import Segment, encode, read_rows, whole_bytes
from genesis_ray.store.schemas import to_tables

APPENDS = ([1], [2, 3, 4], [5], [6, 7])


@pytest.fixture(scope="session")
def records(observed):
    return [encode(to_tables([observed(number) for number in numbers])) for numbers in APPENDS]


def numbers_in(content: bytes) -> list[int]:
    rows = read_rows(content).get("track_observations")
    return rows["track_id"].to_pylist() if rows else []


def test_a_record_gives_back_its_tables(observed):
    crossing = ZoneCrossed(
        tenant_id="default",
        site_id="site",
        camera_id="door",
        occurred_at=observed(1).occurred_at,
        zone_id="désk, 'left'",
        track_id=3,
        direction="enter",
    )
    tables = to_tables([observed(1), crossing, observed(2)])
    record = encode(tables)
    assert read_rows(record) == tables
    assert read_rows(record, "zone_crossings") == {"zone_crossings": tables["zone_crossings"]}


@given(data=st.data())
def test_a_log_cut_at_any_byte_has_the_appends_before_the_cut(data, records):
    content = b"".join(records)
    cut = data.draw(st.integers(0, len(content)))
    whole = sum(len(b"".join(records[: n + 1])) <= cut for n in range(len(records)))
    assert numbers_in(content[:cut]) == list(chain(*APPENDS[:whole]))
    assert whole_bytes(content[:cut]) == sum(len(record) for record in records[:whole])


@given(data=st.data())
def test_a_log_with_any_byte_changed_has_the_appends_before_the_change(data, records):
    content = bytearray(b"".join(records))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    whole = sum(len(b"".join(records[: n + 1])) <= place for n in range(len(records)))
    assert numbers_in(bytes(content)) == list(chain(*APPENDS[:whole]))


def test_zeros_that_a_power_cut_left_are_no_records(records):
    assert numbers_in(records[0] + bytes(4096)) == APPENDS[0]


def test_an_append_that_fails_half_way_leaves_nothing(tmp_path, records, monkeypatch):
    segment = Segment(tmp_path / "1.wal")
    segment.append(records[0])
    file = segment._file

    class FullFile:
        def write(self, content: memoryview) -> int:
            if len(content) < 100:
                raise OSError(28, "No space left on device")
            return file.write(content[:100])

        truncate = file.truncate
        seek = file.seek

    with monkeypatch.context() as full:
        full.setattr(segment, "_file", FullFile())
        with pytest.raises(OSError, match="No space"):
            segment.append(records[1])
    assert (tmp_path / "1.wal").read_bytes() == records[0]
    segment.append(records[2])
    segment.close()
    assert (tmp_path / "1.wal").read_bytes() == records[0] + records[2]


def test_a_record_that_found_no_room_leaves_nothing_in_the_way_of_the_next(small_disk, records):
    path = small_disk.path / "segment.wal"
    segment = Segment(path)
    segment.append(records[0])
    small_disk.fill(leaving=4096)
    with pytest.raises(OSError, match="No space"):
        segment.append(bytes(100_000))
    small_disk.free()
    segment.append(records[1])
    segment.close()
    assert path.read_bytes() == records[0] + records[1]


def test_what_a_failed_sync_may_have_lost_is_written_again(tmp_path, records, monkeypatch):
    path = tmp_path / "segment.wal"
    segment = Segment(path)
    segment.append(records[0])
    segment.sync()
    segment.append(records[1])
    segment.append(records[2])

    def fails_and_forgets(descriptor: int) -> None:
        os.pwrite(descriptor, bytes(len(records[1] + records[2])), len(records[0]))
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", fails_and_forgets)
        with pytest.raises(OSError, match="quota"):
            segment.sync()
    segment.append(records[3])
    segment.sync()
    segment.close()
    assert path.read_bytes() == b"".join(records)


def test_a_segment_that_cannot_begin_leaves_no_file_in_the_way_of_the_next_attempt(
    tmp_path, monkeypatch
):
    path = tmp_path / "segment.wal"

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as failing:
        failing.setattr(wal, "sync_folder", full)
        with pytest.raises(OSError, match="No space"):
            Segment(path)
    Segment(path).close()
