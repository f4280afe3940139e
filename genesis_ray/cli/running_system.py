"""Whether what somebody decides counts in a system that runs, for who typed it."""

from typing import TYPE_CHECKING

from genesis_ray.running.people.patience import WAIT_S

if TYPE_CHECKING:
    from genesis_ray.settings import Settings


def tell_where_it_counts(settings: "Settings") -> None:
    """Wait until a system that runs goes by all that was decided; say whether one does."""
    from genesis_ray.cli.console import stderr, stdout
    from genesis_ray.running.people.identities import watcher
    from genesis_ray.running.people.intake import is_taken_in, taker

    process = watcher(settings)
    if process is None:
        return
    if taker(settings) is None:
        stderr.print(
            f"Process {process} names people by what was decided when it began, until it ends; "
            f"what it recorded shows this at once.",
            soft_wrap=True,
        )
    elif is_taken_in(settings, within_s=WAIT_S):
        stdout.print(f"The system that runs, process {process}, goes by it now.", soft_wrap=True)
    else:
        tell_of_waiting(process)


def tell_of_waiting(process: str) -> None:
    """Say that something is written, and not taken in yet."""
    from genesis_ray.cli.console import stderr

    stderr.print(
        f"It is written; the system that runs, process {process}, takes it in when a camera next "
        f"shows it something, else when it starts again.",
        soft_wrap=True,
    )


def still_named_by(process: str, embedder: str, *, follows: bool) -> str:
    """Say that a system that runs has not taken up a switch to another gallery, and what to do."""
    named = f"The system that runs, process {process}, names people by {embedder} still"
    if follows:
        return (
            f"{named}. It goes over when it has the models of the other loaded; where it cannot, "
            f'system_states says why: genesis query "FROM system_states ORDER BY occurred_at"'
        )
    return (
        f"{named}, and does so until it ends or is started again, as it looks at recordings at "
        f"full speed. Nobody can be enrolled before."
    )
