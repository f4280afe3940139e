"""A tenant's people and faces as one sealed file, noted in the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genesis_ray.domain.recognition.redaction import redacted
from genesis_ray.errors import StoreError
from genesis_ray.running.backups.backup_notes import note_copy
from genesis_ray.running.erasure.forgetting_intent import at_it, check_whole
from genesis_ray.running.people.giving_way import people_given
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.reach import reach
from genesis_ray.settings import Settings
from genesis_ray.store.keys.backup import write_sealed
from genesis_ray.store.keys.frozen_folder import FrozenFolder
from genesis_ray.store.tenant.people import People


def back_up(settings: Settings, file: Path, passphrase: bytes) -> Path:
    """Write people and faces to a new file; return the folder that it is of.

    A system that runs gives way while the files are opened, and goes on while they are sealed. Who
    forgets somebody or changes the key has to wait until the file is there.

    Raises:
        StoreError: There is nothing, or the file is there; a system does not give way, another
            command writes to people or faces, or somebody is half forgotten; or the disk is full.
    """
    folder = identity_folder(settings)
    if not folder.is_dir():
        raise StoreError(f"there is nothing in {folder} to back up; `--data` names the data folder")
    if file.exists():
        raise StoreError(f"{file} is there already; name a new file")
    with at_it(folder):
        check_whole(folder)
        names = [person.name for person in People(folder).everyone()]
        note_copy(settings, "backup", redacted(file.name, names, any_case=True))
        with frozen(settings) as copied:
            write_sealed(copied, file, passphrase)
    return folder


@contextmanager
def frozen(settings: Settings) -> Iterator[FrozenFolder]:
    """Yield the tenant's folder as it is at a moment when nobody writes to it.

    Raises:
        StoreError: A system does not give way, or another command writes to people or faces.
    """
    with people_given(settings, reach(settings).runs):
        copied = FrozenFolder(identity_folder(settings))
    with copied:
        yield copied
