"""Searching for what was forgotten: in the bytes of all files, and in all that tables hold."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from genesis_ray.errors import StoreError, UnopenedError
from genesis_ray.running.backups.snapshots import snapshots_of
from genesis_ray.running.people.auditing import note
from genesis_ray.running.reach import reach
from genesis_ray.running.templates.tenant_keys import present_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.events.wal import read_rows
from genesis_ray.store.keys.backup import unpacked
from genesis_ray.store.keys.receipts import Purged, Receipt, Searched, tracer
from genesis_ray.store.keys.sealed_file import key_of
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.keys.traces import Trace, Tracer, numbers_in, texts_in
from genesis_ray.store.tenant.kept_photos import PHOTOS
from genesis_ray.store.tenant.picture_place import PicturePlace
from genesis_ray.store.tenant.tenants import unpacking_folder

_CHUNK_BYTES = 16 << 20

_ATTEMPTS = 3
_PAUSE_S = 0.5
"""A system that runs may remove a version of a table while it is read."""


def verify(settings: Settings, receipt: Receipt, runs: Sequence[Path] = ()) -> Searched:
    """Search a data folder, its runs and its snapshots for what a receipt says is gone.

    The files of galleries are among them, so that it is noted first. Snapshots are opened that are
    older than the receipt; later ones are of a folder that was searched.

    Raises:
        StoreError: It is another tenant's, nothing signed it or the key that did is not here, or
            the search cannot be noted.
    """
    if receipt.tenant_id != settings.tenant_id:
        raise StoreError(
            f"receipt {receipt.receipt_id} is of tenant {receipt.tenant_id!r}, and this is "
            f"{settings.tenant_id!r}; set tenant_id"
        )
    receipt.check_signed()
    keys = present_keys(settings)
    key = receipt.key_in(keys)
    reason = f"searches all files for what receipt {receipt.receipt_id} says is gone"
    note(settings, keys, Access(action="verify-forgotten", reason=reason))
    files = reach(settings, runs).files(settings)
    own = tracer(key, receipt.salt)
    found = search_places(receipt.purged, search(files, own, receipt.traces))
    for each in snapshots_of(settings):
        if each.at < receipt.ended_by:
            found = found.also(search_snapshot(settings, each.file, keys, own, receipt.traces))
    return found


def search_snapshot(
    settings: Settings, file: Path, keys: KeyRing, own: Tracer, traces: Sequence[Trace]
) -> Searched:
    """Search what is in a snapshot; one that cannot be opened has residue, for all that is known.

    Raises:
        StoreError: The disk is full, or another process unpacks a backup.
    """
    named = key_of(file)
    key = keys.named(named or "")
    if key is None:
        why = f"the key with fingerprint {named} is not in {keys.place}"
        return Searched(files=1, residue=(f"{file}: cannot be opened ({why})",))
    place = unpacking_folder(settings.data_dir, settings.tenant_id)
    try:
        with unpacked(file, key, place) as opened:
            files = (path for path in opened.folder.rglob("*") if path.is_file())
            found = search(files, own, traces)
    except UnopenedError as error:
        return Searched(files=1, residue=(str(error),))
    what = dict.fromkeys(each.rpartition(": ")[2] for each in found.residue)
    return replace(found, residue=tuple(f"{file}: {each}" for each in what))


def search_places(purged: Sequence[Purged], searched: Searched) -> Searched:
    """Add to what was searched the pictures that were elsewhere: none of them may be read back."""
    files = size = 0
    residue: list[str] = []
    for each in _elsewhere(purged):
        there = PicturePlace(each.place)
        try:
            there.check()
            for name in each.files:
                content = there.get(name)
                files += 1
                if content is not None:
                    size += len(content)
                    residue.append(f"{each.place}/{name}: a photo")
        except StoreError as error:
            residue.append(f"{each.place}: cannot be searched ({error})")
    return replace(
        searched,
        files=searched.files + files,
        bytes=searched.bytes + size,
        residue=(*searched.residue, *residue),
    )


def unsearched(purged: Sequence[Purged]) -> list[str]:
    """Return in words what nobody can vouch for of pictures that were elsewhere."""
    return [
        f"earlier versions, replicas and backups that {each.place} may keep by its own rules of "
        f"objects that are removed: pictures in them are encrypted with the tenant's key"
        for each in _elsewhere(purged)
    ]


def _elsewhere(purged: Sequence[Purged]) -> list[Purged]:
    return [each for each in purged if each.store == PHOTOS and "://" in each.place]


def search(files: Iterator[Path], own: Tracer, traces: Sequence[Trace]) -> Searched:
    """Search files for traces: their bytes, and of tables what they say when they are read."""
    searching = _Search(own, traces)
    tables: dict[Path, None] = {}
    for path in files:
        searching.look_at(path)
        tables |= {parent: None for parent in path.parents if parent.suffix == ".lance"}
    for table in tables:
        searching.read_versions(table)
    return searching.result()


class _Search:
    def __init__(self, own: Tracer, traces: Sequence[Trace]) -> None:
        self._own = own
        self._traces = traces
        self._longest = max((trace.length for trace in traces), default=0)
        self._files = self._bytes = self._versions = 0
        self._residue: dict[str, None] = {}

    def result(self) -> Searched:
        return Searched(
            files=self._files,
            bytes=self._bytes,
            versions=self._versions,
            residue=tuple(self._residue),
        )

    def look_at(self, path: Path) -> None:
        """Search the bytes of a file, and what it says if it has rows of events."""
        try:
            self._look_through(path)
            if path.suffix == ".wal":
                for rows in read_rows(path.read_bytes()).values():
                    self._read(str(path), rows)
            elif ".parquet" in path.suffixes:
                with pq.ParquetFile(path) as file:
                    self._read(str(path), file.read())
        except FileNotFoundError:
            return  # a system that runs has compacted it meanwhile
        except (pa.ArrowException, OSError) as error:
            self._residue[f"{path}: cannot be read ({error})"] = None

    def read_versions(self, table: Path) -> None:
        """Search what each version of a table says."""
        for left in reversed(range(_ATTEMPTS)):
            try:
                self._read_versions(table)
                return
            except (RuntimeError, ValueError) as error:
                if not left:
                    self._residue[f"{table}: cannot be read ({error})"] = None
            time.sleep(_PAUSE_S)

    def _read_versions(self, table: Path) -> None:
        from genesis_ray.store.lance.quick_lancedb import lancedb

        opened = lancedb.connect(table.parent).open_table(table.stem)
        found = opened.list_versions()
        for version in found:
            opened.checkout(version["version"])
            self._read(f"{table}, version {version['version']}", opened.to_arrow())
        self._versions += len(found)

    def _look_through(self, path: Path) -> None:
        self._files += 1
        with path.open("rb") as file:
            kept = b""
            while chunk := file.read(_CHUNK_BYTES):
                self._bytes += len(chunk)
                self._note(str(path), self._own.found(kept + chunk, self._traces))
                kept = (kept + chunk)[-self._longest :]

    def _read(self, place: str, rows: pa.Table) -> None:
        found = self._own.found(texts_in(rows), self._traces, in_words=True)
        for numbers in numbers_in(rows):
            found |= self._own.found(numbers, self._traces)
        self._note(f"{place}, read as a table", found)

    def _note(self, place: str, found: Collection[Trace]) -> None:
        for what in sorted({trace.what for trace in found}):
            article = "an" if what == "identity" else "a"
            self._residue[f"{place}: {article} {what}"] = None
