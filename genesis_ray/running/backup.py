"""A tenant's people and faces as one sealed file, and back, noted in the audit log."""

from pathlib import Path

from genesis_ray.running.auditing import note
from genesis_ray.settings import Settings
from genesis_ray.store import backup
from genesis_ray.store.audit_entry import Access
from genesis_ray.store.tenants import gallery_folder


def back_up(settings: Settings, file: Path, passphrase: bytes) -> Path:
    """Write what `store.backup.back_up` does; return the folder that it is of."""
    folder = gallery_folder(settings.data_dir, settings.tenant_id)
    if folder.is_dir():
        note(settings, None, Access(action="backup", reason="seals people and faces in a file"))
    backup.back_up(folder, file, passphrase)
    return folder


def restore(settings: Settings, file: Path, passphrase: bytes) -> Path:
    """Bring back what `back_up` wrote; return the folder that it is in."""
    folder = gallery_folder(settings.data_dir, settings.tenant_id).absolute()
    if file.is_file():
        note(settings, None, Access(action="restore", reason="brings people and faces back"))
    backup.restore(file, folder, passphrase)
    return folder
