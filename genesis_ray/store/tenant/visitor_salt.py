"""What ids of a tenant's new visitors are mixed with: one small file in the tenant's folder.

An id is made of what a track shows, so that the same film gives the same ones. Once somebody was
forgotten that is what must not be: nobody is to come back as who they were, and what was exported
of them is to be of nobody. A new salt does it for everybody, and says nothing about anybody.
"""

import re
import secrets
from pathlib import Path

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import write_file

FILE = "visitor-salt"

_BYTES = 16


def visitor_salt(folder: Path) -> str:
    """Return the salt of a tenant's folder, in hex digits; "" where nobody was ever forgotten.

    Raises:
        StoreError: It is damaged.
    """
    path = folder / FILE
    try:
        salt = path.read_text()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise StoreError(_damaged(path, str(error))) from error
    if not re.fullmatch(f"[0-9a-f]{{{2 * _BYTES}}}", salt):
        raise StoreError(_damaged(path, f"expected {2 * _BYTES} hex digits"))
    return salt


def renew_visitor_salt(folder: Path) -> None:
    """Make a new one, durably; who has the tenant's people open goes on with the one of before.

    Raises:
        StoreError: The disk is full or refuses.
    """
    write_file(folder / FILE, secrets.token_hex(_BYTES).encode())


def _damaged(path: Path, why: str) -> str:
    return (
        f"{path} cannot be read ({why}); restore it from a copy, or put {2 * _BYTES} random hex "
        f"digits there: `openssl rand -hex {_BYTES}`"
    )
