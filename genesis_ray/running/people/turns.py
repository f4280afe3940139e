"""Taking turns at a tenant's people: who notes something does it in a moment, and others wait.

A command that decides, enrols, tags or notes consent has the turn while it looks at what there is
and writes; a system while it opens what it will hold; who forgets somebody as long as anything of
them goes. Whoever comes meanwhile waits, and finds all of it done or nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genesis_ray.errors import StoreError
from genesis_ray.settings import Settings
from genesis_ray.store.giving_way import lock_within
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.tenant.tenants import gallery_folder

WITHIN_S = 60.0
"""For the turn; forgetting somebody is what takes longest."""

DECIDING_S = 10.0
"""For a command that decides or enrols at the moment, while a resolver has given way already."""

_FILE = "turn.lock"


@contextmanager
def turn(settings: Settings, *, within_s: float | None = None) -> Iterator[None]:
    """Have the turn, which is waited for, a minute unless told otherwise; not twice at once.

    Raises:
        StoreError: Another process has had it all that time, which the message names.
    """
    path = _path(settings)
    wait_s = WITHIN_S if within_s is None else within_s
    try:
        lock = lock_within(path, within_s=wait_s)
    except StoreError as error:
        raise StoreError(
            f"process {WriteLock.holder(path)} has been writing to the people in {path.parent} for "
            f"{wait_s:.0f} s, and only one may at a time; nothing is changed: try again"
        ) from error
    try:
        yield
    finally:
        lock.release()


def whose_turn(settings: Settings) -> str | None:
    """Return the id of the process that has the turn; None where it is free."""
    return WriteLock.holder(_path(settings))


def _path(settings: Settings) -> Path:
    return gallery_folder(settings.data_dir, settings.tenant_id) / _FILE
