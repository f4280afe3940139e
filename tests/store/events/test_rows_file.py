import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.events.rows_file import new_file, writer_of
from genesis_ray.store.events.rows_format import RowsFormat

ROWS = pa.table({"n": [1, 2, 3]})


def written(form: RowsFormat, *pieces: pa.Table) -> bytes:
    file = io.BytesIO()
    writer = writer_of(form, file, ROWS.schema)
    for piece in pieces:
        writer.write(piece)
    writer.finish()
    return file.getvalue()


@pytest.mark.parametrize(
    "pieces",
    [[], [ROWS[:0]], [ROWS], [ROWS[:1], ROWS[:0], ROWS[1:]]],
    ids=["no piece", "an empty one", "one", "several"],
)
def test_pieces_make_one_whole_in_every_format(pieces):
    rows = pa.concat_tables([ROWS[:0], *pieces])
    numbers = rows["n"].to_pylist()
    assert json.loads(written(RowsFormat.JSON, *pieces)) == rows.to_pylist()
    lines = written(RowsFormat.JSONL, *pieces).decode().splitlines()
    assert [json.loads(line) for line in lines] == rows.to_pylist()
    assert written(RowsFormat.CSV, *pieces).decode().splitlines() == ["n", *map(str, numbers)]
    assert pq.read_table(io.BytesIO(written(RowsFormat.PARQUET, *pieces))) == rows


def test_what_breaks_off_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), new_file(path) as file:  # noqa: PT012
        file.write(b"half")
        file.flush()
        raise KeyboardInterrupt
    assert [each.name for each in tmp_path.iterdir()] == ["rows.csv"]
    assert path.read_text() == "before"


def test_a_file_is_not_there_before_it_is_whole(tmp_path):
    path = tmp_path / "rows.csv"
    with new_file(path) as file:
        file.write(b"all")
        assert not path.exists()
    assert path.read_bytes() == b"all"


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with (
        pytest.raises(StoreError, match=r"cannot write to .*missing"),
        new_file(tmp_path / "missing" / "rows.csv"),
    ):
        pass
