"""What the log of a service says of how well people are recognised, for who examines it.

What reads logs is imported where there is one: an examination takes a few seconds.
"""

from collections.abc import Iterator

from genesis_ray.errors import GenesisError
from genesis_ray.machine import Finding
from genesis_ray.settings import Settings


def matches(settings: Settings) -> Iterator[Finding]:
    """Tell whether people are recognised as surely as at first, where a service keeps a log."""
    from genesis_ray.running.live_run import live_run_path
    from genesis_ray.running.people.matches import match_levels
    from genesis_ray.store.runs.run_folder import RunFolder

    if not (live_run_path(settings) / "run.json").is_file():
        return
    try:
        levels = match_levels(RunFolder.open(live_run_path(settings)).events, settings)
    except GenesisError as error:
        yield Finding("matches", "problem", str(error), "see docs/faults.md")
        return
    drifting = [
        f"{camera_id}: {level.mean:.3f}, was {level.baseline:.3f}"
        for camera_id, level in levels.items()
        if level.is_drifting
    ]
    if drifting:
        message = f"less alike than at first at {'; '.join(drifting)}"
        yield Finding("matches", "warning", message, "see docs/calibration.md")
    elif levels:
        yield Finding("matches", "ok", f"as alike as at first at {len(levels)} cameras")


def gallery_of_system(settings: Settings) -> Iterator[Finding]:
    """Tell of a system that runs and names people by another gallery than is in use by now."""
    from genesis_ray.running.assembly import embedder_traits
    from genesis_ray.running.people.identities import identity_folder
    from genesis_ray.running.people.intake import taker

    if not identity_folder(settings).is_dir() or (system := taker(settings)) is None:
        return
    if system.embedder != embedder_traits(settings.faces).name:
        until = "it has the other loaded" if system.follows else "it is started again"
        yield Finding(
            "gallery in use",
            "warning",
            f"process {system.process}, which runs, names people by {system.embedder} until "
            f"{until}, and takes in nobody who is enrolled",
            "see system_states for why it does not go over by itself, or genesis down, then "
            "genesis up CONFIG",
        )


def false_merges(settings: Settings) -> Iterator[Finding]:
    """Tell of people in two places at once and tracks of two, where the service has a log."""
    from genesis_ray.running.live_run import live_run_path
    from genesis_ray.store.events.reader import read_table

    run = live_run_path(settings)
    if not run.is_dir():
        return
    try:
        found = read_table(run / "events", "false_merges", settings.tenant_id)
    except GenesisError as error:
        yield Finding("false merges", "problem", str(error), "see docs/faults.md")
        return
    if len(found):
        times = "once" if len(found) == 1 else f"{len(found)} times"
        told = f"{times} one identity was in two places at once, or a track two people"
        remedy = f"they are in the table false_merges of {run} (docs/gate.md)"
        yield Finding("false merges", "warning", told, remedy)
    else:
        yield Finding("false merges", "ok", "nobody was in two places at once")
