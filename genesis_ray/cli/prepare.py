"""Getting the models of a run before anything starts."""

from genesis_ray.cli.console import stderr
from genesis_ray.cli.models import pull_with_bar
from genesis_ray.running.assembly import models_of
from genesis_ray.settings import Settings
from genesis_ray.vision import models


def pull_models(settings: Settings) -> None:
    """Fetch what the settings need and this machine lacks, check all, and say whose it is.

    Raises:
        ModelError: A model cannot be had from any of its sources, or its file is not the right one.
    """
    used = models_of(settings)
    for name in used:
        pull_with_bar(name)
        models.weights(name)
    licences = ", ".join(f"{name} ({models.find(name).licence})" for name in used)
    if licences:
        stderr.print(f"Models and the licences of their weights: {licences}", style="dim")
