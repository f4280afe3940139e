from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.events import TrackObserved
from genesis_ray.domain.figures.event_page import PageRequest
from genesis_ray.store.events import parquet_file, row_groups
from genesis_ray.store.events.damaged import DamagedFiles
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.event_pages import page_of, place_behind, read_page
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.events.rows import in_order
from genesis_ray.store.events.selection import Selection
from genesis_ray.store.events.wal import encode
from genesis_ray.store.schemas import to_tables

TABLE = "track_observations"
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)


def seen(second: float, track_id: int = 1, camera_id: str = "door", tenant_id: str = "default"):
    return TrackObserved(
        tenant_id=tenant_id,
        site_id="site",
        camera_id=camera_id,
        occurred_at=MIDNIGHT + timedelta(seconds=second),
        track_id=track_id,
        frame_index=0,
        x1=0.1,
        y1=0.2,
        x2=0.3,
        y2=0.4,
        confidence=0.5,
    )


def write_file(folder: Path, sequence: int, events: list[TrackObserved]) -> Path:
    """Write a segment's file as a commit does, without merging it with others."""
    path = EventFolder(folder).partition(
        TABLE, events[0].tenant_id, f"{events[0].occurred_at:%Y-%m-%d}"
    )
    path.mkdir(parents=True, exist_ok=True)
    file = path / f"{sequence:08d}.parquet"
    parquet_file.write(file, in_order(to_tables(events)[TABLE]))
    return file


def leave_waiting(folder: Path, events: list[TrackObserved]) -> None:
    """Write events as a log does that is open."""
    layout = EventFolder(folder)
    layout.prepare()
    layout.segment(99).write_bytes(encode(to_tables(events)))


def page(folder: Path, limit: int = 100, damaged: DamagedFiles | None = None, **wanted) -> pa.Table:
    selection = Selection(folder=EventFolder(folder), table=TABLE, tenant_id="default")
    return read_page(selection, PageRequest(limit=limit, **wanted), damaged or DamagedFiles())


def pages(folder: Path, limit: int, **wanted) -> list[dict]:
    """Return the rows of all pages, one after the other."""
    rows, after = [], None
    while len(found := page(folder, limit, after=after, **wanted)):
        rows += found.to_pylist()
        after = place_behind(found)
    return rows


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "events"


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """The days whose files are opened, an entry each time."""
    days: list[str] = []
    real = row_groups.pq.ParquetFile

    def noted(path: Path) -> object:
        days.append(path.parent.name)
        return real(path)

    monkeypatch.setattr(row_groups.pq, "ParquetFile", noted)
    return days


@pytest.fixture
def read(monkeypatch) -> list[int]:
    """How many rows of each row group are taken, with all its columns."""
    rows: list[int] = []
    real = row_groups.RowGroups.take

    def noted(self, group, schema, places):
        found = real(self, group, schema, places)
        rows.append(len(found))
        return found

    monkeypatch.setattr(row_groups.RowGroups, "take", noted)
    return rows


def test_a_table_that_nobody_wrote_is_an_empty_page(folder):
    assert len(page(folder)) == 0
    assert not folder.exists()


_WHEN = st.tuples(
    st.integers(-2, 3), st.integers(0, 5), st.integers(1, 2), st.sampled_from(["door", "till"])
)
_BATCH = st.lists(_WHEN, max_size=8)


@settings(max_examples=25, deadline=None)
@given(
    committed=st.lists(_BATCH, max_size=3),
    waiting=_BATCH,
    limit=st.integers(1, 5),
    camera_id=st.sampled_from([None, "door"]),
    bounds=st.tuples(st.none() | st.integers(-2, 3), st.none() | st.integers(-2, 3)),
)
def test_pages_together_are_the_rows_that_are_meant_once(
    tmp_path_factory, committed, waiting, limit, camera_id, bounds
):
    folder = tmp_path_factory.mktemp("log") / "events"

    def events(batch: list) -> list[TrackObserved]:
        return [seen(day * 86_400 + second, track, camera) for day, second, track, camera in batch]

    since, until = (
        None if day is None else MIDNIGHT + timedelta(days=day, seconds=2) for day in bounds
    )
    for sequence, batch in enumerate(committed, start=1):
        for day in {day for day, *_ in batch}:
            write_file(folder, sequence, events([when for when in batch if when[0] == day]))
    leave_waiting(folder, events(waiting))
    found = pages(folder, limit, camera_id=camera_id, since=since, until=until)
    every = {row["event_id"]: row for row in read_table(folder, TABLE).to_pylist()}.values()
    assert found == [
        row
        for row in every
        if (camera_id in (None, row["camera_id"]))
        and (since is None or row["occurred_at"] >= since)
        and (until is None or row["occurred_at"] < until)
    ]


def test_rows_of_one_instant_are_not_lost_between_pages(folder):
    write_file(folder, 1, [seen(1, track) for track in range(10)])
    write_file(folder, 2, [seen(1, track) for track in range(10, 20)])
    tracks = [row["track_id"] for row in pages(folder, 3)]
    assert sorted(tracks) == list(range(20))


def test_a_row_that_was_written_twice_is_there_once(folder):
    write_file(folder, 1, [seen(1), seen(2)])
    write_file(folder, 2, [seen(1), seen(3)])
    leave_waiting(folder, [seen(3), seen(4)])
    seconds = [row["occurred_at"].second for row in pages(folder, 2)]
    assert seconds == [1, 2, 3, 4]


def test_a_row_that_comes_later_is_on_the_pages_behind_its_place_alone(folder):
    with EventLog(folder) as log:
        log.append([seen(1), seen(3), seen(5)])
        first = page(folder, 2)
        log.append([seen(2), seen(4)])
        rest = page(folder, 9, after=place_behind(first))
    assert [row["occurred_at"].second for row in rest.to_pylist()] == [4, 5]


def test_only_files_of_the_page_s_days_are_opened(folder, opened):
    days = [date(2026, 1, 5) + timedelta(days=number) for number in range(40)]
    for number in range(40):
        write_file(folder, number + 1, [seen(number * 86_400 + second) for second in range(3)])
    place = place_behind(page(folder, 6))
    assert set(opened) == {f"day={day}" for day in days[:2]}
    opened.clear()
    page(folder, 3, after=place)
    assert set(opened) == {f"day={day}" for day in days[1:3]}
    opened.clear()
    page(folder, 3, since=MIDNIGHT + timedelta(days=30))
    assert set(opened) == {f"day={days[30]}"}


def test_files_of_a_day_that_begin_behind_the_page_are_not_read(folder, read):
    for number in range(40):
        write_file(folder, number + 1, [seen(10 * number + second) for second in range(10)])
    assert len(page(folder, 15)) == 15
    assert read == [10, 10]


def test_what_is_read_and_held_does_not_grow_with_the_log(folder, read, monkeypatch):
    monkeypatch.setattr(parquet_file, "ROW_GROUP_ROWS", 1_000)
    for number in range(1, 4):
        events = [seen(number * 10_000 + second) for second in range(5_000)]
        write_file(folder, number, events)
    found = page(folder, 100, since=MIDNIGHT + timedelta(seconds=12_500))
    assert len(found) == 100
    assert read == [100]
    read.clear()
    assert len(page(folder, 100, camera_id="yard")) == 0
    assert read == []


def test_row_groups_without_rows_of_the_camera_are_passed_over(folder, read):
    write_file(folder, 1, [seen(second) for second in range(10)])
    write_file(folder, 2, [seen(10 + second, camera_id="till") for second in range(10)])
    write_file(folder, 3, [seen(20, camera_id="alley"), seen(21, camera_id="yard")])
    assert len(page(folder, 50, camera_id="till")) == 10
    assert read == [10]


def test_files_of_other_tenants_are_not_opened(folder):
    write_file(folder, 1, [seen(1)])
    write_file(folder, 2, [seen(1, tenant_id="other")]).write_bytes(b"not for this tenant")
    assert len(page(folder)) == 1


def test_a_damaged_file_is_left_out_and_told_once(folder, caplog):
    damaged = DamagedFiles()
    write_file(folder, 1, [seen(1)])
    torn = write_file(folder, 2, [seen(second) for second in (2, 3)])
    torn.write_bytes(torn.read_bytes()[:-20])
    broken = write_file(folder, 3, [seen(second, track) for second in (4, 5) for track in (1, 2)])
    content = broken.read_bytes()
    broken.write_bytes(content[:4] + bytes(56) + content[60:])
    write_file(folder, 4, [seen(6)])
    for _ in range(2):
        found = page(folder, damaged=damaged).to_pylist()
        assert [row["occurred_at"].second for row in found] == [1, 6]
    assert sorted(record.args[0].name for record in caplog.records) == [torn.name, broken.name]


def test_a_file_that_is_merged_meanwhile_is_found_again(folder, monkeypatch):
    first = write_file(folder, 1, [seen(1)])
    second = write_file(folder, 2, [seen(2)])
    real = row_groups.pq.ParquetFile

    def merging(path: Path) -> object:
        if first.exists():
            merged = in_order(pa.concat_tables([real(each).read() for each in (first, second)]))
            parquet_file.write(first.with_name("00000001-00000002.parquet"), merged)
            first.unlink()
            second.unlink()
        return real(path)

    monkeypatch.setattr(row_groups.pq, "ParquetFile", merging)
    assert [row["occurred_at"].second for row in page(folder).to_pylist()] == [1, 2]


def test_a_page_of_rows_in_memory_is_the_same(folder):
    events = [seen(second, track) for second in range(5) for track in (1, 2)]
    write_file(folder, 1, events)
    every = to_tables(events)[TABLE]
    wanted = PageRequest(limit=3, since=MIDNIGHT + timedelta(seconds=2))
    assert page_of(every, wanted) == page(folder, 3, since=wanted.since)
