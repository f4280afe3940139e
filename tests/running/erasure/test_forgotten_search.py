from pathlib import Path

import lancedb
import pyarrow as pa
import pyarrow.parquet as pq

from genesis_ray.running.erasure import forgotten_search
from genesis_ray.running.erasure.forgotten_search import search
from genesis_ray.store.keys.traces import Tracer
from genesis_ray.store.lance.lance_table import LanceTable

TRACER = Tracer(b"k" * 32)
ADA = "0c5e4a52-6d0f-4c3b-9a3f-1e2d3c4b5a69"
TRACES = [*TRACER.of_id("identity", ADA), *TRACER.of_name("Ada")]
SCHEMA = pa.schema([("word", pa.string())])


def searched(folder: Path):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return search(files, TRACER, TRACES)


def residue(folder: Path) -> list[str]:
    return [each.removeprefix(f"{folder}/") for each in searched(folder).residue]


def test_how_much_was_searched_is_counted(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"")
    found = searched(tmp_path)
    assert (found.files, found.bytes, found.versions, found.residue) == (2, 5, 0, ())


def test_what_lies_over_the_edge_of_a_part_of_a_file_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(forgotten_search, "_CHUNK_BYTES", 64)
    for place in (0, 40, 63, 64, 100):
        (tmp_path / f"at-{place}").write_bytes(bytes(place) + ADA.encode() + bytes(70))
    assert len(residue(tmp_path)) == 5


def test_what_is_packed_in_a_file_of_rows_is_found(tmp_path):
    rows = pa.table({"name": ["Ada"] * 1000, "id": [ADA] * 1000})
    pq.write_table(rows, tmp_path / "rows.parquet", compression="gzip", write_statistics=False)
    assert ADA.encode() not in (tmp_path / "rows.parquet").read_bytes()
    assert residue(tmp_path) == [
        "rows.parquet, read as a table: an identity",
        "rows.parquet, read as a table: a name",
    ]


def test_earlier_versions_of_a_table_are_searched(tmp_path):
    table = LanceTable(tmp_path, "words", SCHEMA, writer=True)
    for word in ("Ada", "Ben"):
        table.add(pa.table({"word": [word]}, schema=SCHEMA))
        table.flush()
    table._table.delete("word = 'Ada'")
    table._release()
    found = residue(tmp_path)
    assert any("words.lance, version 2, read as a table: a name" in each for each in found)
    assert not any("version 4" in each for each in found)
    assert searched(tmp_path).versions == 4


def test_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "rows.parquet").write_bytes(b"nothing of the kind")
    (found,) = residue(tmp_path)
    assert found.startswith("rows.parquet: cannot be read")


def test_a_table_that_changes_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(forgotten_search, "_PAUSE_S", 0)
    table = LanceTable(tmp_path, "words", SCHEMA, writer=True)
    table.add(pa.table({"word": ["Ada"]}, schema=SCHEMA))
    table.close()
    real, calls = lancedb.connect, []

    def connect(folder):
        calls.append(folder)
        if len(calls) < 3:
            raise RuntimeError("gone")
        return real(folder)

    monkeypatch.setattr(lancedb, "connect", connect)
    assert any("a name" in each for each in residue(tmp_path))
    (tmp_path / "words.lance" / "_versions").rename(tmp_path / "words.lance" / "lost")
    assert any("words.lance: cannot be read" in each for each in residue(tmp_path))
