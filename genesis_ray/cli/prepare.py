"""Getting the models of a run before anything starts."""

from functools import partial

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)

from genesis_ray.assembly import models_of
from genesis_ray.cli.console import stderr
from genesis_ray.settings import Settings
from genesis_ray.vision import models


def pull_models(settings: Settings) -> None:
    """Fetch what the settings need and this machine lacks, with progress.

    Raises:
        ModelError: A model cannot be had from any of its sources.
    """
    for name in models_of(settings):
        with Progress(
            TextColumn(f"fetching {name}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=stderr,
            transient=True,
        ) as bars:
            task = bars.add_task(name, total=None, visible=False)
            models.pull(
                name,
                progress=partial(_show, bars, task),
            )


def _show(bars: Progress, task: TaskID, done: int, total: int | None) -> None:
    bars.update(task, completed=done, total=total, visible=True)
