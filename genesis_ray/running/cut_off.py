"""Runs that came to no end of their own."""

from pathlib import Path

from genesis_ray.running.result import RUNNING
from genesis_ray.store.giving_way import Presence
from genesis_ray.store.runs.run_folder import RunFolder


def cut_off_run(path: Path) -> RunFolder | None:
    """Return the run in a folder, where what made it was killed; None where there is no such one.

    Raises:
        StoreError: Another schema version wrote it.
    """
    if not (path / "run.json").exists():
        return None
    run = RunFolder.open(path)
    is_cut_off = run.summary().get("state") == RUNNING and not Presence.at(run.watching)
    return run if is_cut_off else None
