"""Bringing back people and faces from a backup or a snapshot, without who was forgotten since."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from genesis_ray.errors import LostKeyError, StoreError
from genesis_ray.running.backups.backup_notes import note_copy
from genesis_ray.running.erasure.forgetting import begun, finish
from genesis_ray.running.erasure.forgetting_intent import Intent, is_unfinished
from genesis_ray.running.erasure.forgotten_before import Doubtful, ForgottenBefore, forgotten_before
from genesis_ray.running.people.giving_way import systems_of
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.reach import reach
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import this_user
from genesis_ray.store.keys.backup import check_empty, put_in_place, unpacked
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.keys.receipts import Receipt
from genesis_ray.store.keys.sealed_file import Secret, key_of
from genesis_ray.store.tenant.tenants import unpacking_folder


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes:
        folder: It is in.
        forgotten: The receipt of forgetting again who was forgotten since the backup was made;
            None where nobody was.
        doubtful: Of whom the audit log says that they were to be forgotten, and no receipt.
    """

    folder: Path
    forgotten: tuple[Path, Receipt] | None
    doubtful: tuple[Doubtful, ...]


def takes_passphrase(file: Path) -> bool:
    """Tell whether a backup is opened with a passphrase; a snapshot is with the tenant's key.

    Raises:
        StoreError: It is neither, or cannot be read.
    """
    return key_of(file) is None


def restore(
    settings: Settings,
    file: Path,
    passphrase: bytes | None = None,
    *,
    receipts: Sequence[Path] = (),
) -> Restored:
    """Bring back all that is in a backup or a snapshot, or nothing.

    Who was forgotten since it was made, by receipts in the data folder and `receipts`, is forgotten
    again: that is noted in what is put in place, so that a process that is killed then is followed
    by one that goes on with it.

    Raises:
        ConfigurationError: A receipt is not there.
        LostKeyError: A snapshot's key is not here; or somebody is forgotten again, and the
            tenant's is not.
        StoreError: There are people already, or a system runs; the passphrase is another one, the
            file is damaged, it cannot be told of a receipt whom it is about, or the disk is full.
    """
    folder = identity_folder(settings).absolute()
    check_empty(folder)
    _see_none_runs(settings)
    secret = passphrase if takes_passphrase(file) else _key(settings, file)
    note_copy(settings, "restore", file.name)
    place = unpacking_folder(settings.data_dir, settings.tenant_id)
    with unpacked(file, secret or b"", place) as opened:
        before = forgotten_before(settings, opened.folder, opened.taken_at, receipts)
        if before:
            _intend(settings, opened.folder, before)
        put_in_place(opened.folder, folder)
    done = finish(settings) if is_unfinished(folder) else None
    return Restored(folder, done, before.doubtful)


def _see_none_runs(settings: Settings) -> None:
    """Make sure that no system has the tenant's people open, if only those that were moved away.

    It would write to what is brought back, and know nobody of it.

    Raises:
        StoreError: One has.
    """
    if running := systems_of(settings, reach(settings).runs):
        raise StoreError(
            f"a system writes to {running[0].path}, and goes by the people that it began with; "
            f"stop it first, and start it again when they are back"
        )


def _key(settings: Settings, file: Path) -> Secret:
    keys = open_key_store(settings.templates.key_store).read(settings.tenant_id)
    named = key_of(file) or ""
    key = keys.named(named)
    if key is None:
        raise LostKeyError(
            f"{file} is sealed with the key of tenant {settings.tenant_id!r} that has the "
            f"fingerprint {named}, which is not in {keys.place}; put it back from your copy"
        )
    return key


def _intend(settings: Settings, folder: Path, before: ForgottenBefore) -> None:
    """Note in an unpacked folder that people in it are to be forgotten again, and nobody else.

    Receipts tell of all identities that a person had: whom the ledger in the folder takes for one
    of them beside these was parted from them since. A forgetting that was cut off before the copy
    was made had looked for its own already.
    """
    intent = Intent.load(folder)
    if intent is None:
        key = open_key_store(settings.templates.key_store).read(settings.tenant_id).current
        told = ", ".join(before.receipt_ids)
        why = f"forgotten before, by receipt {told}, and brought back by a backup"
        whom = before.identity_ids or (str(uuid4()),)  # nobody's but for faces
        intent = begun(settings, whom, by=this_user(), why=why, key=key)
    intent.identity_ids = [*dict.fromkeys([*intent.identity_ids, *before.identity_ids])]
    intent.face_ids = sorted({*intent.face_ids, *before.face_ids})
    intent.is_exact = True
    intent.save(folder)
