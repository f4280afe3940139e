from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.events import ZoneCrossed
from genesis_ray.store.schemas import to_tables
from genesis_ray.store.wal import Segment, encode, read_rows, whole_bytes

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

    monkeypatch.setattr(segment, "_file", FullFile())
    with pytest.raises(OSError, match="No space"):
        segment.append(records[1])
    file.close()
    assert (tmp_path / "1.wal").read_bytes() == records[0]
