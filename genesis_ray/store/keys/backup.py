"""A tenant's people and faces as one sealed file, and back."""

import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast
from uuid import uuid4

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import (
    make_folder,
    sync_folder,
    writing_file,
    writing_to,
)
from genesis_ray.store.giving_way import lock_within
from genesis_ray.store.keys.frozen_folder import FrozenFolder
from genesis_ray.store.keys.sealed_file import SealedReader, SealedWriter, Secret

_OTHERS_UNPACK_S = 60.0


def write_sealed(folder: FrozenFolder, file: Path, secret: Secret) -> None:
    """Write all of a tenant's folder to a file, which is there as a whole or not at all.

    Raises:
        StoreError: The disk is full or refuses.
    """
    with writing_to(file.parent), writing_file(file, mode=0o600) as out:
        sealed = SealedWriter(cast(BinaryIO, out), secret)
        with tarfile.open(fileobj=cast(BinaryIO, sealed), mode="w|") as tar:
            folder.write_to(tar)
        sealed.close()


class Unpacked(NamedTuple):
    """A tenant's folder of a backup, in the open.

    Attributes:
        taken_at: When the tenant's folder was as this one is.
    """

    folder: Path
    taken_at: datetime


@contextmanager
def unpacked(file: Path, secret: Secret, place: Path) -> Iterator[Unpacked]:
    """Unpack a sealed file to a folder in `place`.

    What is there at the end, unless it was moved, is removed; so is what was left of a process
    that was killed.

    Raises:
        UnopenedError: The secret is another one, or the file is damaged or no backup.
        StoreError: Another process unpacks one, or the disk is full.
    """
    with _alone_at(place):
        folder = place / uuid4().hex  # LanceDB remembers tables by their paths
        with writing_to(place.parent), file.open("rb") as content:
            folder.mkdir(parents=True)
            sealed = SealedReader(content, secret)
            with tarfile.open(fileobj=cast(BinaryIO, sealed), mode="r|") as tar:
                taken_at = _unpack(tar, folder)
            while sealed.read(1 << 20):
                pass  # to the end, which shows whether all was there
        yield Unpacked(folder, taken_at)


def remove_unpacked(place: Path) -> None:
    """Remove what a process that was killed left at `place`.

    Raises:
        StoreError: Another process is unpacking, or the disk refuses.
    """
    if place.exists():
        with _alone_at(place):
            pass


def check_empty(folder: Path) -> None:
    """Make sure that a tenant's folder has nothing in it.

    Raises:
        StoreError: It has.
    """
    if folder.exists() and any(folder.iterdir()):
        raise StoreError(f"{folder} has people in it; move it away first, nothing is replaced")


def put_in_place(unpacked: Path, folder: Path) -> None:
    """Make an unpacked folder the tenant's, durably: all of it or nothing.

    Raises:
        StoreError: The folder has something in it, or the disk refuses.
    """
    check_empty(folder)
    with writing_to(folder.parent):
        for path in (unpacked, *unpacked.rglob("*")):
            sync_folder(path)
        unpacked.rename(folder)
        sync_folder(folder.parent)


@contextmanager
def _alone_at(place: Path) -> Iterator[None]:
    """Be the only one to unpack there, and leave nothing."""
    with writing_to(place.parent):
        make_folder(place.parent)
    lock = lock_within(place.with_name(f"{place.name}.lock"), within_s=_OTHERS_UNPACK_S)
    try:
        shutil.rmtree(place, ignore_errors=True)
        yield
    finally:
        shutil.rmtree(place, ignore_errors=True)
        lock.release()


def _unpack(tar: tarfile.TarFile, folder: Path) -> datetime:
    """Unpack files and folders, and nothing that would lie elsewhere; return how old they are.

    Python's own filter for that came with 3.11.4, and some systems have an earlier one.

    Raises:
        StoreError: There is anything else in it.
    """
    taken_at = datetime.fromtimestamp(0, UTC)
    for member in tar:
        path = folder / member.name
        content = tar.extractfile(member) if member.isfile() else None
        is_inside = path.is_relative_to(folder) and ".." not in path.parts
        if is_inside and member.isdir():
            path.mkdir(parents=True, exist_ok=True)
            if path == folder:
                taken_at = datetime.fromtimestamp(member.mtime, UTC)
        elif is_inside and content is not None:
            with path.open("xb") as file:
                shutil.copyfileobj(content, file)
        else:
            raise StoreError(f"{member.name} is no file of a backup")
        path.chmod(member.mode & 0o755)
    return taken_at
