"""Getting the models of a run before anything starts."""

from collections.abc import Collection

from genesis_ray.cli.console import stderr
from genesis_ray.cli.models import pull_with_bar
from genesis_ray.running.assembly import SYNTHETIC, models_of
from genesis_ray.settings import Settings
from genesis_ray.vision import engines, models


def prepare_models(settings: Settings, shapes: Collection[tuple[int, int]]) -> None:
    """Have all models here, and the detector's files made for inputs of `shapes`.

    Raises:
        ModelError: A model cannot be had, its file is not the right one, or the disk is full.
    """
    pull_models(settings)
    detector = settings.detector
    for shape in sorted(shapes) if detector.model != SYNTHETIC else ():
        if engines.is_exported(detector.model, shape, engine=detector.engine):
            continue
        size = f"{shape[0]}x{shape[1]}"
        with stderr.status(f"making {detector.model} fast on this machine, once ({size})"):
            engines.export(detector.model, shape, engine=detector.engine)


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
