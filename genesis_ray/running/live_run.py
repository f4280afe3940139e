"""The live system's log: the run folder of its data folder."""

from pathlib import Path

from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder


def live_run_path(settings: Settings) -> Path:
    """Return where the live system logs."""
    return settings.data_dir / "run"


def open_live_run(settings: Settings) -> RunFolder:
    """Return the live system's run: the one that its data folder has, else a new one.

    Raises:
        StoreError: It cannot be written, or another schema version wrote it.
    """
    path = live_run_path(settings)
    return RunFolder.open(path) if (path / "run.json").exists() else RunFolder.create(path)
