"""The index over a gallery's embeddings: LanceDB's IVF_HNSW_SQ, built by a process of its own."""

import logging
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from genesis_ray.store.lance_table import LanceTable
from genesis_ray.store.templates import Embeddings

if TYPE_CHECKING:
    import lancedb

_log = logging.getLogger(__name__)

_COLUMN = "embedding"

_NEIGHBOURS = 20
_BUILT_AMONG = 150
_SEARCHED_AMONG = 200
"""HNSW's M, ef_construction and ef: how well it finds, against what building and searching take."""

_NICE = 10
"""Searches go before."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """What an index covers.

    Attributes:
        indexed: Rows that a search of it can find.
        unindexed: Rows that it cannot, added since.
        parts: Built one after another; each is searched.
    """

    indexed: int
    unindexed: int
    parts: int


class VectorIndex:
    """The index of one table, whose writer this belongs to.

    Whoever builds it, it is part of the table once it is complete, in one step. Rows that are
    removed are found no more; rows that are added are once LanceDB has optimised the table.
    """

    def __init__(self, table: LanceTable) -> None:
        self._table = table
        self._builder: subprocess.Popen[bytes] | None = None

    def state(self) -> IndexState | None:
        """Return what the index covers; None where there is none."""
        for index in self._table.handle().list_indices():
            if index.columns == [_COLUMN]:
                return IndexState(
                    index.num_indexed_rows or 0,
                    index.num_unindexed_rows or 0,
                    index.num_segments or 1,
                )
        return None

    def nearest(self, probes: Embeddings, *, rows: int) -> list[pa.Table]:
        """Return, for each of the probes [n, dimension], about the nearest indexed rows."""
        return _searched(self._table.handle(), probes, rows, exactly=False)

    def exactly_nearest(self, probe: Embeddings, *, rows: int) -> pa.Table:
        """Return the rows of the table that are nearest to a probe [1, dimension], read from disk.

        Takes tenths of a second for 100,000 rows, and may be called from another thread.
        """
        path = self._table.path
        return _searched(_opened(str(path.parent), path.stem), probe, rows, exactly=True)[0]

    @property
    def is_building(self) -> bool:
        """Whether one was begun whose end nobody has asked for."""
        return self._builder is not None

    def build(self) -> None:
        """Begin to build it anew; rows may be added and removed meanwhile."""
        path = self._table.path
        command = [sys.executable, "-m", __name__, str(path.parent), path.stem]
        self._builder = subprocess.Popen(  # noqa: S603  this module, by this interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def built(self) -> bool | None:
        """Tell whether what was begun came to an index; None as long as it is not over."""
        builder = self._builder
        if builder is None or builder.poll() is None:
            return None
        _, said = builder.communicate()
        self._builder = None
        if builder.returncode:
            reason = said.decode(errors="replace").strip().rpartition("\n")[2]
            _log.warning("%s: no index could be built: %s", self._table.path, reason)
            return False
        self._table.handle().checkout_latest()
        return True

    def close(self) -> None:
        """Give up what is being built; it is begun anew when the table is opened again."""
        if self._builder:
            self._builder.kill()
            self._builder.communicate()
            self._builder = None


def create(table: "lancedb.table.Table") -> None:
    """Build the index of a table here and now."""
    from lancedb.index import HnswSq

    config = HnswSq(distance_type="dot", m=_NEIGHBOURS, ef_construction=_BUILT_AMONG)
    table.create_index(_COLUMN, config=config, replace=True)


def _searched(
    table: "lancedb.table.Table", probes: Embeddings, rows: int, *, exactly: bool
) -> list[pa.Table]:
    from lancedb.background_loop import LOOP

    # The table beneath goes to LanceDB's loop once a search; the one above it, six times.
    query = table._table.query().nearest_to(probes[0] if len(probes) == 1 else list(probes))
    query = query.column(_COLUMN).distance_type("dot").limit(rows)
    query = query.select(["face_id", "identity_id", _COLUMN, "_distance"])
    if exactly:
        query = query.bypass_vector_index()
    else:
        query = query.ef(max(_SEARCHED_AMONG, rows)).fast_search()
    found = LOOP.run(query.to_arrow())
    if len(probes) == 1:
        return [found]
    numbers = found["query_index"].to_numpy()
    return [found.filter(pa.array(numbers == number)) for number in range(len(probes))]


def _opened(folder: str, name: str) -> "lancedb.table.Table":
    from genesis_ray.store.quick_lancedb import lancedb

    return lancedb.connect(folder).open_table(name)


def _build(folder: str, name: str) -> None:
    """Build the index; end with the process that wanted it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(_NICE)
    create(_opened(folder, name))


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)  # returns when it closes its end, or dies
    os._exit(1)


if __name__ == "__main__":
    _build(*sys.argv[1:])
