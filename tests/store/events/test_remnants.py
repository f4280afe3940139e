import shutil
from pathlib import Path

import pytest

from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.events.remnants import remove_remnants
from tests.hand_made import line
from tests.store.conftest import Mortality


@pytest.fixture
def folder(tmp_path: Path) -> EventFolder:
    return EventFolder(tmp_path / "events")


def files_of(folder: EventFolder) -> list[Path]:
    return sorted(folder.path.glob("line_crossings/*/*/*"))


def with_one_out(folder: EventFolder, aside: Path) -> Path:
    """Take the second of three files out, which the end of the log merges the others round."""
    with EventLog(folder.path) as log:
        for second in (1, 2, 3):
            log.append([line(second)])
            with log.tables():
                files = files_of(folder)
        shutil.move(files[1], aside)
    return files[1]


def seconds(folder: EventFolder) -> list[int]:
    return [
        at.second for at in read_table(folder.path, "line_crossings")["occurred_at"].to_pylist()
    ]


def test_what_a_crash_left_half_written_goes(folder):
    with EventLog(folder.path) as log:
        log.append([line(1)])
    (file,) = files_of(folder)
    file.with_name("00000009.parquet.tmp").write_bytes(b"half")
    remove_remnants(folder)
    assert files_of(folder) == [file]


def test_files_whose_rows_were_merged_go(folder, tmp_path):
    place = with_one_out(folder, tmp_path / "aside")
    (merged,) = files_of(folder)
    shutil.copy(merged, place)  # as if the crash had been before its end
    remove_remnants(folder)
    assert files_of(folder) == [merged]
    assert seconds(folder) == [1, 3]


def test_rows_of_a_file_that_is_put_back_are_taken_over_at_whatever_step_it_dies(folder, tmp_path):
    place = with_one_out(folder, tmp_path / "aside")
    assert seconds(folder) == [1, 3]
    shutil.copytree(folder.path, tmp_path / "as it was")
    mortality = Mortality()
    for step in range(100):
        shutil.rmtree(folder.path)
        shutil.copytree(tmp_path / "as it was", folder.path)
        shutil.copy(tmp_path / "aside", place)
        died = mortality.dies_at(step, lambda: remove_remnants(folder))
        remove_remnants(folder)
        assert seconds(folder) == [1, 2, 3]
        assert len(files_of(folder)) == 1
        if not died:
            break
    assert step > 1


@pytest.mark.parametrize("is_torn", ["file", "cover"])
def test_nothing_is_deleted_where_either_cannot_be_read(folder, tmp_path, is_torn, caplog):
    place = with_one_out(folder, tmp_path / "aside")
    (merged,) = files_of(folder)
    shutil.copy(tmp_path / "aside", place)
    (place if is_torn == "file" else merged).write_bytes(b"torn")
    remove_remnants(folder)
    assert files_of(folder) == sorted([merged, place])
    assert "left as it is" in caplog.text
