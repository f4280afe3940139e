"""Notes for whoever writes a log: any process leaves them, the one that writes takes them in."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genesis_ray.store.disk import make_folder, sync_folder, write_file, writing_to

_log = logging.getLogger(__name__)

_NOTE = ".json"
_UNREADABLE = ".unreadable"


class Spool:
    """A folder of notes, each a file that is there as a whole or not at all.

    A note is removed once what it says is logged. Who is killed before takes it in again, so what
    it leads to has to be the same the second time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, note: Mapping[str, object]) -> None:
        """Leave a note, durably; one of the same name takes the place of the other.

        Raises:
            StoreError: The disk is full or refuses.
        """
        with writing_to(self._folder):
            make_folder(self._folder)
        write_file(self._folder / f"{name}{_NOTE}", json.dumps(note).encode())

    def names(self) -> list[str]:
        """Return the names of the notes in their order, of what may be none too."""
        return sorted(path.stem for path in self._folder.glob(f"*{_NOTE}"))

    def notes(self) -> dict[str, dict[str, Any]]:
        """Return the notes by their names, in order of names; what is none is set aside."""
        found = {}
        for path in sorted(self._folder.glob(f"*{_NOTE}")):
            try:
                content = json.loads(path.read_bytes())
                if not isinstance(content, dict):
                    raise ValueError(f"expected an object, got {content!r:.60}")
            except FileNotFoundError:  # taken in by somebody else
                continue
            except ValueError as error:
                self.refuse(path.stem, str(error))
                continue
            found[path.stem] = content
        return found

    def refuse(self, name: str, reason: str) -> None:
        """Set a note aside that means nothing."""
        path = self._folder / f"{name}{_NOTE}"
        _log.warning("%s is set aside as %s: %s", path, path.stem + _UNREADABLE, reason)
        path.replace(path.with_suffix(_UNREADABLE))

    def remove(self, name: str) -> None:
        """Remove a note that has been taken in."""
        (self._folder / f"{name}{_NOTE}").unlink(missing_ok=True)
        if self._folder.is_dir():
            sync_folder(self._folder)
