"""What has to be over before a command writes to a tenant's people: what others do, or left."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genesis_ray.settings import Settings

_AT_ONCE_S = 1.0
"""What takes no longer is not worth a word."""


def finish_forgetting(settings: "Settings") -> None:
    """Wait for a process that writes to these people, and finish what a killed one was at.

    Raises:
        StoreError: Another command writes to these people, or something cannot be written.
    """
    from genesis_ray.running.erasure.forgetting_intent import is_unfinished, who_is_at_it
    from genesis_ray.store.tenant.tenants import gallery_folder

    folder = gallery_folder(settings.data_dir, settings.tenant_id)
    _wait_for_the_turn(settings)
    if not is_unfinished(folder) or who_is_at_it(folder):  # searches for what is left, at most
        return
    from genesis_ray.cli.console import stderr
    from genesis_ray.errors import StoreError
    from genesis_ray.running.erasure.forgetting import finish  # which is seldom needed here

    try:
        done = finish(settings)
    except StoreError as error:
        raise StoreError(
            f"somebody was being forgotten, that was cut off, and it cannot be finished: {error}; "
            f"nothing else is done before it is, by this or by `genesis people forget`"
        ) from error
    if done:
        path, receipt = done
        left = len(receipt.searched.residue)
        stderr.print(
            f"Somebody was being forgotten when that was cut off; it is finished now, with "
            f"{left or 'no'} residue. The receipt: {path}",
            soft_wrap=True,
        )


def _wait_for_the_turn(settings: "Settings") -> None:
    """Wait until nobody writes to these people, saying so where it takes longer than a moment."""
    from genesis_ray.running.people.turns import WITHIN_S, turn, whose_turn
    from genesis_ray.store.giving_way import wait_until

    if wait_until(lambda: whose_turn(settings) is None, within_s=_AT_ONCE_S):
        return
    from genesis_ray.cli.console import stderr

    stderr.print(
        f"Process {whose_turn(settings) or ''} forgets somebody, or writes to these people: "
        f"waiting, for {WITHIN_S:.0f} s at most.",
        soft_wrap=True,
    )
    with turn(settings):
        pass
