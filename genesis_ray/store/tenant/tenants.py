"""The folder of a tenant: names that stay where they are put."""

import re
from pathlib import Path

from genesis_ray.errors import StoreError

LEDGER = "ledger"
"""The table of what was decided about a tenant's identities."""

TAGS = "tags"
"""The table of people's tags; where nobody was tagged there is none."""

_SAFE = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


def folder_name(tenant_id: str) -> str:
    """Return `tenant_id` as the name of its folder.

    Lower case only, since some file systems take `Acme` and `acme` for one folder.

    Raises:
        StoreError: It would not be a safe name, such as `../other`.
    """
    if not _SAFE.fullmatch(tenant_id):
        raise StoreError(
            f"tenant id {tenant_id!r} cannot name a folder; expected 1 to 64 characters from "
            f"a-z, 0-9, '.', '_' and '-', beginning and ending with a letter or digit"
        )
    return tenant_id


def gallery_folder(data: Path, tenant_id: str) -> Path:
    """Return the folder of a tenant's faces and people, in the data folder `data`."""
    return data / "gallery" / folder_name(tenant_id)


def unpacking_folder(data: Path, tenant_id: str) -> Path:
    """Return where a backup of a tenant lies in the open while it is restored or searched.

    Beside the tenants' folders, under a name that no tenant can have.
    """
    return data / "gallery" / f".unpacked-{folder_name(tenant_id)}"


def audit_folder(data: Path, tenant_id: str) -> Path:
    """Return the folder of a tenant's audit log, in the data folder `data`.

    Not beside the faces: what a backup brings back is no part of what happened here.
    """
    return data / "audit" / folder_name(tenant_id)


def has_ledger(folder: Path) -> bool:
    """Tell whether anything was ever decided about the identities in a tenant's folder."""
    return (folder / f"{LEDGER}.lance").is_dir()
