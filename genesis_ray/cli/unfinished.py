"""Finishing what was cut off, before a command that writes to the same people begins."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genesis_ray.settings import Settings


def finish_forgetting(settings: "Settings") -> None:
    """Forget for good whom a process that was killed was at, if there is somebody.

    Raises:
        StoreError: Another command writes to these people, or something cannot be written.
    """
    from genesis_ray.running.forgetting_intent import is_unfinished
    from genesis_ray.store.tenants import gallery_folder

    if not is_unfinished(gallery_folder(settings.data_dir, settings.tenant_id)):
        return
    from genesis_ray.cli.console import stderr
    from genesis_ray.running.forgetting import finish  # LanceDB, which is seldom needed here

    if done := finish(settings):
        path, receipt = done
        left = len(receipt.searched.residue)
        stderr.print(
            f"Somebody was being forgotten when that was cut off; it is finished now, with "
            f"{left or 'no'} residue. The receipt: {path}",
            markup=False,
            soft_wrap=True,
        )
