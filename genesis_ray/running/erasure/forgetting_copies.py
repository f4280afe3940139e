"""What becomes of copies when a person is forgotten: snapshots go, backups are named."""

import logging
from collections.abc import Callable
from pathlib import Path

from genesis_ray.domain.recognition.redaction import redacted
from genesis_ray.errors import GenesisError
from genesis_ray.running.backups.backup_notes import noted_copies
from genesis_ray.running.backups.snapshots import (
    half_written,
    remove_files,
    snapshots_of,
    write_to,
)
from genesis_ray.running.erasure.forgetting_intent import Intent
from genesis_ray.running.erasure.forgotten_search import search_snapshot
from genesis_ray.settings import Settings
from genesis_ray.store.keys.backup import remove_unpacked
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.keys.receipts import Purged
from genesis_ray.store.keys.traces import Tracer
from genesis_ray.store.tenant.tenants import unpacking_folder

_log = logging.getLogger(__name__)

SNAPSHOTS = "snapshots"
"""What they are called in a receipt."""


def remove_snapshots(
    settings: Settings, intent: Intent, own: Tracer, note: Callable[[Purged], None]
) -> None:
    """Remove the snapshots that hold a person, as well as those that cannot be opened.

    With them goes what was left of one that was being written or restored. `note` is told of each
    folder before it changes.

    Raises:
        StoreError: The disk is full or refuses, or another process unpacks a backup.
    """
    remove_unpacked(unpacking_folder(settings.data_dir, settings.tenant_id))
    keys = open_key_store(settings.templates.key_store).read(settings.tenant_id)
    theirs = half_written(settings)
    for snapshot in snapshots_of(settings):
        if search_snapshot(settings, snapshot.file, keys, own, intent.traces).residue:
            theirs.append(snapshot.file)
    for folder in dict.fromkeys(file.parent for file in theirs):
        files = tuple(sorted(file.name for file in theirs if file.parent == folder))
        note(Purged(store=SNAPSHOTS, place=str(folder), files=files))
    remove_files(theirs)


def take_another(settings: Settings, intent: Intent) -> None:
    """Take a snapshot without the person in place of those that were removed, if any were.

    That it fails does not undo the forgetting: it is told, and the job takes the next one.
    """
    places = [Path(purged.place) for purged in intent.purged if purged.store == SNAPSHOTS]
    if places:
        try:
            write_to(places[-1], settings)
        except GenesisError as error:
            _log.warning("no snapshot is there in place of those that were removed: %s", error)


def copies_left(settings: Settings, intent: Intent) -> list[str]:
    """Return the copies that may hold the person and were not reached, in words for the receipt.

    Raises:
        StoreError: The audit log, which knows of them, cannot be read.
    """
    since = intent.first_known
    backups = [each for each in noted_copies(settings, "backup") if each.at >= since]
    snapshots = [each for each in noted_copies(settings, "snapshot") if each.at >= since]
    sources = [each for each in noted_copies(settings, "restore") if each.at >= since]
    folders = dict.fromkeys(Path(each.where).parent for each in snapshots)
    left = [
        f"snapshots in {folder}, which is not there" for folder in folders if not folder.is_dir()
    ]
    if sources:
        told = ", ".join(
            f"{redacted(e.where, intent.names, any_case=True)} ({e.at:%Y-%m-%d})" for e in sources
        )
        left.insert(0, f"what people were brought back from: {told}")
    if backups:
        told = ", ".join(f"{each.where} ({each.at:%Y-%m-%d})" for each in backups)
        left.insert(0, f"backups that were made since they were known: {told}")
    return left
