"""Rollups of a run on disk: a file for each group, tenant and UTC day.

    rollups/writer.lock
    rollups/<group>/tenant_id=T/day=D.parquet    the figures of a day's quarters of an hour
    rollups/<group>/tenant_id=T/sealed.json      {"through": D, "open": [...]}: days up to D stay
                                                 as they are, but for those that are open

A file says what it was made of: a digest over the names, sizes and footers of the event files
concerned, each of these, and what they held. Where they have changed since, it is out of date; a
copy of a run is not. What it was made of may go for good, by retention: so the days that it goes
from are sealed before.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from genesis_ray.domain.figures.rollups import GROUPS, Group
from genesis_ray.errors import StoreError
from genesis_ray.store.disk import TEMPORARY, make_folder, write_file, writing_to
from genesis_ray.store.events.event_contents import Content
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.tenant.tenants import folder_name

_MADE_OF = b"made_of"
_FILES = b"files"
_CONTENT = b"content"


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What figures of a day were made of.

    Attributes:
        mark: Of all of it, see `Sources.made_of`.
        states: Of each event file, see `Sources.states`.
        held: What was in them, by partition.
    """

    mark: str
    states: frozenset[str]
    held: Mapping[str, Content]


@dataclass(frozen=True, slots=True)
class Seal:
    """Which days' figures stay as they are, because what they were made of may be gone.

    Attributes:
        through: The last of them; `date.min`: none is.
        left_open: Days before that are not, because an event file of theirs is damaged.
    """

    through: date = date.min
    left_open: frozenset[date] = frozenset()

    def __contains__(self, day: date) -> bool:
        return day <= self.through and day not in self.left_open


class RollupFolder:
    """The rollups of one run. Any number of processes may read, one at a time writes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one that writes, and delete what a crash of another left half written.

        Raises:
            StoreError: Another process is it.
        """
        with writing_to(self.path):
            make_folder(self.path)
        lock = WriteLock(self.path / "writer.lock")
        try:
            with writing_to(self.path):
                for path in self.path.rglob(f"*{TEMPORARY}"):
                    path.unlink()
            yield
        finally:
            lock.release()

    def remove_former_groups(self) -> None:
        """Delete the figures of groups that earlier versions kept up: nothing reads them."""
        with writing_to(self.path):
            for path in self.path.glob("*/"):
                if path.name not in GROUPS:
                    shutil.rmtree(path)

    def days(self, group: str, tenant_id: str) -> list[date]:
        """Return the days that there are rollups of, in order."""
        found = self._of(group, tenant_id).glob("day=*.parquet")
        return sorted(date.fromisoformat(path.stem.removeprefix("day=")) for path in found)

    def tenants(self) -> list[str]:
        """Return the tenants that there are rollups of."""
        found = self.path.glob("*/tenant_id=*")
        return sorted({path.name.removeprefix("tenant_id=") for path in found})

    def made_of(self, group: str, tenant_id: str, day: date) -> str | None:
        """Return the digest of what a day's figures were made of; None where there are none."""
        try:
            metadata = pq.read_schema(self.file(group, tenant_id, day)).metadata or {}
        except (FileNotFoundError, pa.ArrowException):  # a damaged one is made again
            return None
        return metadata.get(_MADE_OF, b"").decode() or None

    def made_of_files(
        self, group: str, tenant_id: str, day: date
    ) -> tuple[frozenset[str], Mapping[str, Content] | None]:
        """Return the states of the files that a day's figures were made of, and what they held.

        Without figures there are no files; None: what they held is not known.
        """
        try:
            metadata = pq.read_schema(self.file(group, tenant_id, day)).metadata or {}
        except (FileNotFoundError, pa.ArrowException):
            return frozenset(), None
        states = frozenset(json.loads(metadata.get(_FILES, b"[]")))
        if _CONTENT not in metadata:
            return states, None
        held = json.loads(metadata[_CONTENT])
        return states, {name: Content(frozenset(of), rows) for name, (of, rows) in held.items()}

    def read(
        self,
        group: Group,
        tenant_id: str,
        day: date,
        figures: Sequence[str] | None = None,
        *,
        made_of: str | None = None,
    ) -> pa.Table | None:
        """Return a day's figures, all or some; None where there are none.

        Args:
            group: Which.
            tenant_id: Whose.
            day: Of when.
            figures: Beside the keys; None: all.
            made_of: Only those that were made of this; then a damaged file counts as none.

        Raises:
            StoreError: The file is damaged.
        """
        path = self.file(group, tenant_id, day)
        try:
            with pq.ParquetFile(path) as file:
                schema = file.schema_arrow
                marked = (schema.metadata or {}).get(_MADE_OF, b"").decode()
                if made_of is not None and marked != made_of:
                    return None
                chosen = ["bucket", *GROUPS[group].keys, *(figures or GROUPS[group].measures)]
                return file.read(chosen, use_threads=False).replace_schema_metadata(None)
        except FileNotFoundError:
            return None
        except pa.ArrowException as error:
            if made_of is not None:
                return None
            raise StoreError(
                f"{path} is damaged ({error}); delete it: it is made again where the events of "
                f"that day are still there"
            ) from error

    def write(self, group: str, tenant_id: str, day: date, rows: pa.Table, made: MadeOf) -> None:
        """Store a day's figures, durably and in one step."""
        path = self.file(group, tenant_id, day)
        content = pa.BufferOutputStream()
        marked = rows.replace_schema_metadata(
            {
                _MADE_OF: made.mark.encode(),
                _FILES: json.dumps(sorted(made.states)).encode(),
                _CONTENT: json.dumps(
                    {name: (sorted(of), rows) for name, (of, rows) in made.held.items()}
                ).encode(),
            }
        )
        pq.write_table(marked, content, compression="zstd")
        with writing_to(path.parent):
            make_folder(path.parent)
        write_file(path, memoryview(content.getvalue()))

    def sealed(self, group: str, tenant_id: str) -> Seal:
        """Return which days' figures stay as they are.

        Raises:
            StoreError: The file that says so is damaged.
        """
        path = self._seal(group, tenant_id)
        try:
            content = json.loads(path.read_bytes())
            return Seal(
                date.fromisoformat(content["through"]),
                frozenset(map(date.fromisoformat, content.get("open", ()))),
            )
        except FileNotFoundError:
            return Seal()
        except (ValueError, LookupError, TypeError) as error:
            raise StoreError(
                f"{path} does not say up to which day rollups stay as they are ({error}); "
                f'restore it: {{"through": "2026-01-31"}}, the last day that retention took '
                f"events from"
            ) from error

    def seal(
        self, group: str, tenant_id: str, through: date, *, leave_open: Iterable[date] = ()
    ) -> None:
        """Keep the figures of all days up to one as they are, for ever.

        Those of `leave_open` may still change, as far as they are not sealed already.
        """
        before = self.sealed(group, tenant_id)
        last = max(before.through, through)
        left = frozenset(day for day in leave_open if day <= last and day not in before)
        after = Seal(last, left)
        if after != before:
            path = self._seal(group, tenant_id)
            with writing_to(path.parent):
                make_folder(path.parent)
            content = {"through": str(last), "open": sorted(map(str, left))}
            write_file(path, json.dumps(content).encode())

    def remove(self, group: str, tenant_id: str, day: date) -> None:
        """Delete a day's figures."""
        path = self.file(group, tenant_id, day)
        with writing_to(path.parent):
            path.unlink(missing_ok=True)

    def file(self, group: str, tenant_id: str, day: date) -> Path:
        """Return the path of a day's figures."""
        return self._of(group, tenant_id) / f"day={day}.parquet"

    def _of(self, group: str, tenant_id: str) -> Path:
        return self.path / group / f"tenant_id={folder_name(tenant_id)}"

    def _seal(self, group: str, tenant_id: str) -> Path:
        return self._of(group, tenant_id) / "sealed.json"
