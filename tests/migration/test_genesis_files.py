import csv
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.errors import SourceError
from genesis_ray.migration.genesis_files import find_layout, photos_of, read_metrics
from genesis_ray.migration.genesis_rows import GenesisSample, Unreadable
from tests.genesis_installation import Genesis, metrics_at

ZONE = ZoneInfo("UTC")


@pytest.fixture
def genesis(tmp_path) -> Genesis:
    return Genesis(tmp_path / "genesis")


def test_lines_are_read_and_one_that_was_cut_off_is_told(genesis):
    path = genesis.write_metrics(
        [metrics_at("2026-02-15T10:30:00Z"), '{"timestamp": "2026-02-15T10:31', "", "[1]"]
    )
    sample, cut_off, no_object = read_metrics(path, ZONE)
    assert sample == GenesisSample(
        at=datetime(2026, 2, 15, 10, 30, tzinfo=UTC),
        camera_id="cam_0",
        people_total=12,
        queue_len=4,
        avg_wait_sec=125.5,
        people_by_zone={"queue_area": 4, "cashier_area": 2},
        new_faces=2,
        recognized_faces=10,
    )
    assert (cut_off.row, no_object.row) == ("metrics.jsonl line 2", "metrics.jsonl line 4")


def test_a_line_that_nests_for_ever_is_told(genesis):
    path = genesis.write_metrics(["[" * 100_000, metrics_at("2026-02-15T10:30:00Z")])
    nested, fine = read_metrics(path, ZONE)
    assert isinstance(nested, Unreadable)
    assert isinstance(fine, GenesisSample)


def test_a_csv_has_the_same_rows(genesis):
    path = genesis.outputs / "metrics.csv"
    row = metrics_at("1771151400", people_by_zone='{"queue_area": 4}', queue_len="")
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    (sample,) = read_metrics(path, ZONE)
    assert isinstance(sample, GenesisSample)
    assert sample.at == datetime(2026, 2, 15, 10, 30, tzinfo=UTC)
    assert (sample.queue_len, sample.people_by_zone) == (None, {"queue_area": 4})


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("people_total", -1),
        ("people_total", 2.5),
        ("people_total", 10**30),
        ("camera_id", "\ud800"),
        ("people_by_zone", {"\ud800": 1}),
        ("timestamp", "0001-01-01T00:00:00+14:00"),
        ("avg_wait_sec", "long"),
        ("avg_wait_sec", float("inf")),
        ("people_by_zone", [1, 2]),
        ("timestamp", "noon"),
        ("timestamp", ""),
    ],
)
def test_a_figure_that_is_none_is_told_with_its_column(genesis, column, value):
    path = genesis.write_metrics([metrics_at("2026-02-15T10:30:00Z") | {column: value}])
    (row,) = read_metrics(path, ZONE)
    assert isinstance(row, Unreadable)
    assert column.removesuffix("stamp") in row.reason


def test_an_installation_is_found_by_its_folder_its_data_or_one_of_its_files(genesis):
    genesis.write_metrics([])
    (genesis.faces / "person_001").mkdir(parents=True)
    whole = find_layout(genesis.root)
    assert whole == find_layout(genesis.root / "data")
    assert whole.database == genesis.database
    assert whole.faces == genesis.faces
    assert find_layout(genesis.database).database == genesis.database
    assert find_layout(genesis.outputs / "metrics.jsonl").metrics == whole.metrics


def test_lines_are_taken_and_not_the_csv_of_the_same_rows(genesis):
    genesis.write_metrics([])
    (genesis.outputs / "metrics.csv").write_text("timestamp\n")
    assert [path.name for path in find_layout(genesis.root).metrics] == ["metrics.jsonl"]


def test_a_folder_of_something_else_is_named(tmp_path):
    with pytest.raises(SourceError, match="has nothing of Genesis"):
        find_layout(tmp_path)


def test_photos_are_those_in_a_persons_folder(genesis):
    for name in ("person_001/photo.jpg", "person_001/embedding.npy", "person_002/photo.PNG"):
        (genesis.faces / name).parent.mkdir(parents=True, exist_ok=True)
        (genesis.faces / name).write_bytes(b"")
    found = {who: [path.name for path in own] for who, own in photos_of(genesis.faces).items()}
    assert found == {"person_001": ["photo.jpg"], "person_002": ["photo.PNG"]}
