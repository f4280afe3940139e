"""`genesis models`: what there is, what is here, and getting the rest."""

import json
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import typer

from genesis_ray.cli.run import ConfigOption
from genesis_ray.errors import ConfigurationError

app = typer.Typer(name="models", help="List, fetch, check and export models.", no_args_is_help=True)

_DEFAULT_SHAPE = (480, 640)  # a 4:3 camera at the default input size

NameArgument = Annotated[str, typer.Argument(help="A model of `genesis models list`.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """List all models with their licences, and what is in the cache."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from genesis_ray.cli.console import stdout
    from genesis_ray.vision import embedders, models
    from genesis_ray.vision.catalog import CATALOG

    if as_json:
        typer.echo(json.dumps([_entry(name) for name in CATALOG], indent=2))
        return
    table = Table("model", "what", "MB", "here", box=SIMPLE_HEAD)
    table.columns[0].no_wrap = True
    for task, entries in groupby(CATALOG.values(), attrgetter("task")):
        table.add_section()
        table.add_row(task, style="bold")
        for model in entries:
            size = f"{model.size / 1e6:.1f}" if model.size else ""
            engines = ", ".join(model.engines) or "none, the package it comes in"
            details = f"\nlicence of the weights: {model.licence}\nengines: {engines}"
            what = Text.assemble(model.summary, (details, "dim"))
            table.add_row(model.name, what, size, "yes" if _is_here(model.name) else "no")
    stdout.print(table)
    table = Table(
        "face embedder", "models", "numbers", "threshold", "calibrated on", box=SIMPLE_HEAD
    )
    table.columns[0].no_wrap = True
    for embedder in embedders.EMBEDDERS.values():
        table.add_row(
            embedder.name,
            ", ".join(part.model for part in embedder.parts),
            str(embedder.dimension),
            f"{embedder.threshold:g}",
            embedder.evidence,
        )
    stdout.print(table)
    typer.echo(f"The cache is {models.models_dir()} (GENESIS_MODELS_DIR).")


@app.command()
def pull(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Without any: what the configuration uses."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that a source has.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Fetch again what is in the cache.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Fetch models into the cache; each is checked by its digest."""
    from genesis_ray.cli.console import headed, stdout
    from genesis_ray.vision import models

    for name in _wanted(names, everything, config):
        model = models.find(name)
        pull_with_bar(name, force=force)
        stdout.print(headed(f"{name}:", str(models.weights(name)), "bold"), soft_wrap=True)
        stdout.print(f"  licence of the weights: {model.licence}", style="dim")


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Of models; copied.")],
) -> None:
    """Bring in models that you have as files; which they are is told by their digests.

    For those that no public address has, and for machines without a network.
    """
    from genesis_ray.cli.console import headed, stdout
    from genesis_ray.vision import models

    for file in files:
        model = models.add(file)
        path = models.models_dir() / model.file
        stdout.print(headed(f"{model.name}:", str(path), "bold"), soft_wrap=True)
        stdout.print(f"  licence of the weights: {model.licence}", style="dim")


@app.command()
def verify(as_json: JsonOption = False) -> None:
    """Hash everything in the cache; leaves with 1 where something is not as it should be."""
    from genesis_ray.cli.console import headed, stdout
    from genesis_ray.vision import export_cache, models
    from genesis_ray.vision.catalog import CATALOG

    checked: list[dict[str, str]] = []
    for model in CATALOG.values():
        status = models.status(model.name)
        if status in ("ok", "wrong"):
            path = models.models_dir() / model.file
            remedy = f"genesis models pull --force {model.name}"
            checked.append(_checked(model.name, path, whole=status == "ok", remedy=remedy))
    for folder, whole in export_cache.exported().items():
        checked.append(_checked(folder.name, folder, whole=whole, remedy="remove this folder"))

    if as_json:
        typer.echo(json.dumps(checked, indent=2))
    else:
        for row in checked:
            style = "green" if row["status"] == "ok" else "bold red"
            stdout.print(headed(f"{row['status']:>5}", row["path"], style), soft_wrap=True)
            if row["status"] != "ok":
                stdout.print(f"      mend it: {row['remedy']}", soft_wrap=True)
        if not checked:
            typer.echo(f"{models.models_dir()} is empty.")
    if any(row["status"] != "ok" for row in checked):
        raise typer.Exit(1)


@app.command()
def path(name: NameArgument) -> None:
    """Print where a model's weights are, fetched if they are missing."""
    from genesis_ray.vision import models

    pull_with_bar(name)
    typer.echo(models.weights(name))


@app.command()
def export(
    name: NameArgument,
    engine: Annotated[
        str, typer.Option(help="One that `genesis models list` names; by default the fastest here.")
    ] = "auto",
    shape: Annotated[
        str | None,
        typer.Option(metavar="HxW", help="Of its input; by default its own, or 480x640."),
    ] = None,
) -> None:
    """Make an engine's files of a model for a shape, and print where they are."""
    from genesis_ray.vision import engines, models

    only_shape = models.find(name).input.shape
    wanted = _parsed(shape) if shape else only_shape or _DEFAULT_SHAPE
    pull_with_bar(name)
    typer.echo(engines.export(name, wanted, engine=engine))


def pull_with_bar(name: str, *, force: bool = False) -> None:
    """Fetch a model with a progress bar on stderr, if it is not in the cache.

    Raises:
        ModelError: No source has it.
    """
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    from genesis_ray.cli.console import stderr
    from genesis_ray.vision import models

    columns = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(compact=True))
    with Progress(
        TextColumn(f"fetching {name}"),
        BarColumn(),
        *columns,
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    ) as bars:
        task = bars.add_task(name, total=None, visible=False)
        show = partial(bars.update, task, visible=True)
        fetched = models.pull(
            name, force=force, progress=lambda done, total: show(completed=done, total=total)
        )
    if fetched:
        notes = [f"{name} came from {fetched.source}"]
        notes += [f"  not from {failure}" for failure in fetched.failures]
        stderr.print("\n".join(notes), style="dim", soft_wrap=True)


def _wanted(names: list[str] | None, everything: bool, config: Path | None) -> list[str]:
    from genesis_ray import settings_file
    from genesis_ray.running.assembly import models_of
    from genesis_ray.running.templates.gallery_in_use import with_gallery_in_use
    from genesis_ray.vision.catalog import CATALOG

    if everything:
        return [model.name for model in CATALOG.values() if model.sources or not model.file]
    return names or list(models_of(with_gallery_in_use(settings_file.load(config))))


def _entry(name: str) -> dict[str, object]:
    from genesis_ray.vision import models

    model = models.find(name)
    return {
        "name": model.name,
        "task": model.task,
        "summary": model.summary,
        "licence": model.licence,
        "input": str(model.input),
        "dimension": model.dimension,
        "engines": list(model.engines),
        "file": model.file or None,
        "sha256": model.sha256 or None,
        "bytes": model.size or None,
        "sources": [str(source) for source in model.sources],
        "here": _is_here(name),
    }


def _is_here(name: str) -> bool:
    from genesis_ray.vision import models

    model = models.find(name)
    return model.format == "python-package" or (models.models_dir() / model.file).is_file()


def _checked(name: str, path: Path, *, whole: bool, remedy: str) -> dict[str, str]:
    row = {"name": name, "path": str(path), "status": "ok" if whole else "wrong"}
    return row if whole else {**row, "remedy": remedy}


def _parsed(shape: str) -> tuple[int, int]:
    height, _, width = shape.partition("x")
    if not (height.isdigit() and width.isdigit()):
        raise ConfigurationError(
            f"expected --shape to be height x width, such as 480x640, got {shape!r}"
        )
    return int(height), int(width)
