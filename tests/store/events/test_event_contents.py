from pathlib import Path

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.events.event_contents import Content, contents_of, has_more, rows_in
from genesis_ray.store.events.event_log import EventLog
from tests.hand_made import line

DAY = "line_crossings/tenant_id=shop/day=2026-01-05"


def held(*segments: int, rows: int, partition: str = DAY) -> dict[str, Content]:
    return {partition: Content(frozenset(segments), rows)}


def test_files_hold_segments_and_rows_and_so_do_they_merged(tmp_path: Path):
    events = tmp_path / "events"
    with EventLog(events) as log:
        for second in (1, 2):
            log.append([line(second), line(second, "out")])
            with log.tables():
                files = list((events / DAY).glob("*"))
        apart = contents_of(events, rows_in(files))
        log.compact()
    merged = list((events / DAY).glob("*"))
    assert (len(files), len(merged)) == (2, 1)
    assert contents_of(events, rows_in(merged)) == apart
    (content,) = apart.values()
    assert (len(content.segments), content.rows) == (2, 4)


def test_a_damaged_file_tells_no_rows(tmp_path: Path):
    torn = tmp_path / "00000001.parquet"
    torn.write_bytes(b"torn")
    with pytest.raises(StoreError, match="damaged"):
        rows_in([torn])


@pytest.mark.parametrize(
    ("present", "is_more"),
    [
        (held(1, 2, rows=9), False),
        (held(1, 2, 3, rows=9), False),  # merged round one that is not there
        (held(1, 2, 3, rows=10), True),
        (held(1, 2, rows=10), True),  # one was mended
        (held(1, 2, rows=9) | held(1, rows=1, partition="another"), True),
        (held(1, 3, rows=20), False),  # one is gone
        (held(1, 2, 3, rows=8), False),  # rows were let go of
        (held(1, 2, 3, rows=20, partition="another"), False),
        ({}, False),
    ],
)
def test_more_is_all_that_there_was_and_something_else(present, is_more):
    assert has_more(present, held(1, 2, rows=9)) == is_more
