"""Stores that are one LanceDB table each."""

import pyarrow as pa

from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lance.lance_table import LanceTable


class OneTable(Closeable):
    """A store whose rows are in a table of its own, where they wait for the next `flush`."""

    def __init__(self, table: LanceTable) -> None:
        """Take the table, to be closed with this."""
        self._table = table

    def pending(self) -> pa.Table:
        """Return what was added since the last `flush`, for `recover` in another process."""
        return self._table.pending()

    def flush(self) -> None:
        """Store what was added and removed since the last time.

        Raises:
            StoreError: The disk is full or refuses; a later flush tries again.
        """
        self._table.flush()

    def clean_up(self) -> bool:
        """Remove what earlier versions are made of, see `LanceTable.tidy`."""
        return self._table.tidy()

    def close(self) -> None:
        """Flush, tidy up and let others write."""
        self._table.close()
