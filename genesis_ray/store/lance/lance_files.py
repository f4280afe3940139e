"""The files of a LanceDB table, as far as LanceDB leaves their care to others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genesis_ray.errors import FullDiskError
from genesis_ray.store.disk import sync_folder
from genesis_ray.store.folder_tree import files_in


class LanceFiles:
    """What a table's writer does for its files to outlast the machine, and to leave no others."""

    def __init__(self, table: Path) -> None:
        """Take the folder of a table, which may be there or come."""
        self._table = table
        self._synced: set[Path] = set()

    def sync(self) -> None:
        """Make new files durable, which Lance leaves to the operating system."""
        files = self._all()
        for path in files - self._synced:
            sync_folder(path)
            sync_folder(path.parent)
        self._synced = files

    @contextmanager
    def leaving_nothing(self) -> Iterator[None]:
        """Remove what a commit has written that found no room: no version has it."""
        before = self._all()
        try:
            yield
        except FullDiskError:
            left = self._all() - before
            if not any(path.suffix == ".manifest" for path in left):
                for path in left:
                    path.unlink(missing_ok=True)
            raise

    def _all(self) -> set[Path]:
        return set(files_in(self._table))
