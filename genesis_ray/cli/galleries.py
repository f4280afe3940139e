"""`genesis people galleries` and `re-embed`: changing the model that makes faces numbers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

_NAMES_SHOWN = 5

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def galleries(
    config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Show the galleries there are, one an embedder, and who has no face in them."""
    from dataclasses import asdict

    from rich.table import Table

    from genesis_ray import settings_file
    from genesis_ray.cli.console import stderr, stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.cli.running_system import still_named_by
    from genesis_ray.running.enrolling.far_photos import pictures_elsewhere
    from genesis_ray.running.enrolling.kept_photos import kept_figures
    from genesis_ray.running.people.intake import taker
    from genesis_ray.running.templates.gallery_figures import gallery_figures

    settings = with_options(settings_file.load(config), data=data, start=None)
    figures = gallery_figures(settings)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in figures], indent=2))
        return
    table = Table("embedder", "in use", "faces", "people", "visitors", "enrolled, without a face")
    for each in figures:
        table.add_row(
            each.embedder,
            "yes" if each.is_current else "no",
            f"{each.faces:,}",
            f"{each.people:,}",
            f"{each.visitors:,}",
            some(each.missing) or "nobody",
        )
    stdout.print(table)
    system = taker(settings)
    if system and not any(each.is_current and each.embedder == system.embedder for each in figures):
        told = still_named_by(system.process, system.embedder, follows=system.follows)
        stderr.print(told, style="yellow", soft_wrap=True)
    kept = kept_figures(settings)
    keeps = settings.faces.keep_photos
    if kept.photos or keeps:
        stdout.print(
            f"Photos are kept of {kept.people:,} {'person' if kept.people == 1 else 'people'}, "
            f"{kept.photos:,} in all; none of {some(kept.without)}."
            if kept.without
            else f"Photos are kept of everybody who is enrolled, {kept.photos:,} in all.",
            soft_wrap=True,
        )
        for place, count in pictures_elsewhere(settings).items():
            stdout.print(f"{count:,} of them are in {place}.", soft_wrap=True)
    else:
        stdout.print("No photos are kept (faces.keep_photos).", soft_wrap=True)


def re_embed(
    to: Annotated[
        str, typer.Option("--to", metavar="EMBEDDER", help="One of `genesis models list`.")
    ],
    photos: Annotated[
        Path | None,
        typer.Argument(
            help="A folder with one for each person, by name, with their photos.  [those kept]"
        ),
    ] = None,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Also photos that look like somebody else's; with PHOTOS."),
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make people known to another embedder, from photos that were kept or that you have.

    Photos are kept of who was enrolled with faces.keep_photos. The gallery is filled beside the
    one in use, with which a system may go on meanwhile. Who is in it already is left as they are,
    so that what was cut off goes on. Nothing changes until `genesis people switch`.

    Examples: `genesis people re-embed --to sface` · `genesis people re-embed staff --to sface`
    """
    from dataclasses import asdict

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from genesis_ray import settings_file
    from genesis_ray.cli.console import headed, stderr, stdout
    from genesis_ray.cli.prepare import pull_models
    from genesis_ray.cli.run import with_options
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.running.templates.re_embedding import re_embed as embed_anew
    from genesis_ray.running.templates.re_embedding import re_embed_kept

    settings = with_options(settings_file.load(config), data=data, start=None)
    finish_forgetting(settings)
    faces = settings.faces.model_copy(update={"embedder": to})
    pull_models(settings.model_copy(update={"faces": faces}))
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=stderr, transient=True, disable=as_json) as bars:
        task = bars.add_task("loading the embedder", total=None)

        def show(name: str, number: int, of: int) -> None:
            bars.update(task, description=name, completed=number, total=of)

        if photos is None:
            result = re_embed_kept(settings, to, on_progress=show)
        else:
            result = embed_anew(settings, to, photos, anyway=anyway, on_progress=show)
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=2))
    else:
        new, old = len(result.done), len(result.before)
        stdout.print(
            f"Gallery of {result.embedder}: {new:,} {'person is' if new == 1 else 'people are'} "
            f"new in it, {old:,} {'was' if old == 1 else 'were'} there before."
        )
        for name, reason in result.failed.items():
            stdout.print(headed(f"{name}:", reason, "bold red"), soft_wrap=True)
        if result.missing:
            stdout.print(f"Not in it: {some(result.missing)}.", soft_wrap=True)
        stdout.print(f"It names people after: genesis people switch {to}", soft_wrap=True)
    if result.failed:
        raise typer.Exit(1)


def some(names: Sequence[str]) -> str:
    """Return a few names, and how many more there are."""
    shown = ", ".join(names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
