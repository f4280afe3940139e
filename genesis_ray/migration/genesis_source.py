"""A Genesis installation that can be read: looked through before anything is made of it."""

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from genesis_ray.errors import SourceError
from genesis_ray.migration.genesis_database import GenesisDatabase
from genesis_ray.migration.genesis_files import GenesisLayout, photos_of, read_metrics
from genesis_ray.migration.genesis_rows import GenesisSample, Unreadable


@dataclass(frozen=True, slots=True)
class GenesisSource:
    """What there is to be brought in.

    Attributes:
        database: None where there is none.
        photos: By the person whose they are.
        zone: Whose times are that have no offset.
        sha256: Of every file that is read, from before it was.
    """

    layout: GenesisLayout
    database: GenesisDatabase | None
    photos: dict[str, list[Path]]
    zone: ZoneInfo
    sha256: dict[str, str]

    @classmethod
    def open(cls, layout: GenesisLayout, zone: ZoneInfo) -> Self:
        """Open what is there, and go through all but photos once, so that nothing stops half way.

        Args:
            layout: Where it is.
            zone: Whose times are that have no offset.

        Raises:
            SourceError: Some of it cannot be read. A row or a photo alone is no such thing: it is
                told of by its reader.
        """
        sha256 = _digests(layout)
        database = GenesisDatabase(layout.database, zone) if layout.database else None
        photos = photos_of(layout.faces) if layout.faces else {}
        for person_id in photos:
            if not person_id.isprintable():
                raise SourceError(
                    f"{layout.faces} has a folder {person_id!r}, which is no name of a person; "
                    f"rename it in a copy"
                )
        source = cls(layout, database, photos, zone, sha256)
        deque(source.samples(), maxlen=0)
        return source

    def samples(self) -> Iterator[GenesisSample | Unreadable]:
        """Yield the metrics of files, then those of the database."""
        for file in self.layout.metrics:
            yield from read_metrics(file, self.zone)
        if self.database:
            yield from self.database.samples()

    def is_unchanged(self) -> bool:
        """Tell whether every file still is what it was before it was read."""
        return _digests(self.layout) == self.sha256


def _digests(layout: GenesisLayout) -> dict[str, str]:
    found = {}
    for path in layout.files():
        with path.open("rb") as file:
            found[str(path)] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
