"""Snapshots: backups of people and faces that a job writes, of which the newest are kept.

They are sealed with the tenant's template key, since nobody is there to give a passphrase. That
gives nothing away: who has the key and a copy of the data folder knows as much.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.running.backups.backup import frozen
from genesis_ray.running.backups.backup_notes import note_copy, noted_copies
from genesis_ray.running.erasure.forgetting_intent import at_it, check_whole
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.disk import TEMPORARY, make_folder, sync_folder, writing_to
from genesis_ray.store.keys.backup import write_sealed
from genesis_ray.store.keys.sealed_file import key_of
from genesis_ray.store.tenant.tenants import folder_name


class Snapshot(NamedTuple):
    """A snapshot that is there."""

    at: datetime
    file: Path


class Taken(NamedTuple):
    """A snapshot that was taken, and how many older ones were removed for it."""

    file: Path
    removed: int


def take(settings: Settings) -> Taken:
    """Take a snapshot, and remove those that are too many with it.

    Raises:
        ConfigurationError: It is not set where to, or into the data folder.
        StoreError: That folder is not there; a system does not give way; another command writes to
            people or faces, or somebody is half forgotten; the key is lost, or the disk full.
    """
    place = _place(settings)
    with at_it(identity_folder(settings)):
        check_whole(identity_folder(settings))
        file = write_to(place, settings)
        old = [each.file for each in snapshots_of(settings)][: -settings.snapshots.keep]
        remove_files([*old, *half_written(settings)])
    return Taken(file, len(old))


def write_to(place: Path, settings: Settings) -> Path:
    """Write a snapshot to a folder, for who is `at_it`; return its file.

    Raises:
        StoreError: A system does not give way, another command writes to people or faces, the key
            is lost, or the disk is full.
    """
    key = tenant_keys(settings).current
    with writing_to(place):
        make_folder(place)
    file = place / f"people-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.sealed"
    note_copy(settings, "snapshot", str(file))
    with frozen(settings) as folder:
        write_sealed(folder, file, key)
    return file


def snapshots_of(settings: Settings) -> list[Snapshot]:
    """Return the tenant's snapshots that are there, in whatever folder, oldest first.

    Raises:
        StoreError: The audit log, which says where they are, cannot be read.
    """
    noted = [Snapshot(each.at, Path(each.where)) for each in noted_copies(settings, "snapshot")]
    return [each for each in noted if _is_snapshot(each.file)]


def remove_files(files: Sequence[Path]) -> None:
    """Remove files durably; those that are gone already are no matter.

    Raises:
        StoreError: The disk refuses.
    """
    for folder in dict.fromkeys(file.parent for file in files):
        with writing_to(folder):
            for file in files:
                if file.parent == folder:
                    file.unlink(missing_ok=True)
            sync_folder(folder)


def half_written(settings: Settings) -> list[Path]:
    """Return what processes left that were killed while they wrote a snapshot."""
    noted = noted_copies(settings, "snapshot")
    paths = [Path(f"{each.where}{TEMPORARY}") for each in noted]
    return [path for path in paths if path.is_file()]


def _is_snapshot(file: Path) -> bool:
    try:
        return key_of(file) is not None
    except StoreError:  # it is gone, or somebody put another file there
        return False


def _place(settings: Settings) -> Path:
    folder = settings.snapshots.folder
    if folder is None:
        raise ConfigurationError(
            "snapshots.folder is not set, so there is nowhere to put a snapshot; name a folder on "
            "another disk than data_dir"
        )
    if folder.resolve().is_relative_to(settings.data_dir.resolve()):
        raise ConfigurationError(
            f"snapshots.folder {folder} lies in data_dir {settings.data_dir}, with which it would "
            f"be lost; name a folder on another disk"
        )
    if not folder.is_dir():
        raise StoreError(f"snapshots.folder {folder} is not there; mount it, or make it")
    return folder.absolute() / folder_name(settings.tenant_id)
