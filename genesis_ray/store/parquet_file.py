"""One Parquet file of event rows, written whole and read with its own columns alone."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import write_file
from genesis_ray.store.schemas import in_this_version


def write(path: Path, rows: pa.Table) -> None:
    """Write the rows durably; the same rows always give the same bytes."""
    content = pa.BufferOutputStream()
    pq.write_table(rows, content, compression="zstd")
    write_file(path, memoryview(content.getvalue()))


def read(path: Path, schema: pa.Schema) -> pa.Table:
    """Return the columns of `schema`, not those that the folders' names would add.

    Those that came after the file was written are null.

    Raises:
        FileNotFoundError: A compaction has replaced the file meanwhile.
        StoreError: It is damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            written = [name for name in schema.names if name in file.schema_arrow.names]
            return in_this_version(file.read(columns=written), schema)
    except (pa.ArrowException, ValueError) as error:
        raise StoreError(
            f"{path} is damaged ({error}); move it out of the folder to go on without its rows"
        ) from error
