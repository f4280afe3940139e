"""A tenant's people and faces as one sealed file, and back."""

import os
import shutil
import tarfile
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import TEMPORARY, make_folder, sync_folder, writing_to
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.sealed_file import SealedReader, SealedWriter

_LOCK = ".lock"


def back_up(folder: Path, file: Path, passphrase: bytes) -> None:
    """Write all of a tenant's folder to a new file; nobody may write to the folder meanwhile.

    Raises:
        StoreError: There is nothing, the file is there, somebody writes, or the disk is full.
    """
    if not folder.is_dir():
        raise StoreError(f"there is nothing in {folder} to back up; `--data` names the data folder")
    if file.exists():
        raise StoreError(f"{file} is there already; name a new file")
    temporary = file.with_name(file.name + TEMPORARY)
    with ExitStack() as held, writing_to(file.parent):
        for path in folder.glob(f"*{_LOCK}"):
            held.callback(WriteLock(path).release)
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
                sealed = SealedWriter(out, passphrase)
                with tarfile.open(fileobj=cast(BinaryIO, sealed), mode="w|") as tar:
                    tar.add(folder, arcname=".", filter=_without_locks)
                sealed.close()
                out.flush()
                os.fsync(out.fileno())
            os.replace(temporary, file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(file.parent)


def restore(file: Path, folder: Path, passphrase: bytes) -> None:
    """Make a tenant's folder of what `back_up` wrote; all of it or nothing.

    Raises:
        StoreError: The folder has something in it, the passphrase is another one, the file is
            damaged, or the disk is full.
    """
    if folder.exists() and any(folder.iterdir()):
        raise StoreError(f"{folder} has people in it; move it away first, nothing is replaced")
    temporary = folder.with_name(folder.name + TEMPORARY)
    with writing_to(folder.parent):
        make_folder(folder.parent)
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            with file.open("rb") as content:
                sealed = SealedReader(content, passphrase)
                with tarfile.open(fileobj=cast(BinaryIO, sealed), mode="r|") as tar:
                    _unpack(tar, temporary)
                while sealed.read(1 << 20):
                    pass  # to the end, which shows whether all was there
            for path in temporary.rglob("*"):
                sync_folder(path)
            os.replace(temporary, folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        sync_folder(folder.parent)


def _without_locks(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.endswith(_LOCK) else member


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    """Unpack files and folders, and nothing that would lie elsewhere.

    Python's own filter for that came with 3.11.4, and some systems have an earlier one.

    Raises:
        StoreError: There is anything else in it.
    """
    for member in tar:
        path = folder / member.name
        content = tar.extractfile(member) if member.isfile() else None
        is_inside = path.is_relative_to(folder) and ".." not in path.parts
        if is_inside and member.isdir():
            path.mkdir(parents=True, exist_ok=True)
        elif is_inside and content is not None:
            with path.open("xb") as file:
                shutil.copyfileobj(content, file)
        else:
            raise StoreError(f"{member.name} is no file of a backup")
        path.chmod(member.mode & 0o755)
