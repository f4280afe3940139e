"""`genesis calibrate`: thresholds chosen on data of one's own, and kept with their evidence."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli import calibrate_photos, calibrate_run
from genesis_ray.cli.calibrate_options import check_none_before, check_one_way
from genesis_ray.cli.people import JsonOption
from genesis_ray.cli.run import ConfigOption, DataOption
from genesis_ray.errors import NotFoundError

if TYPE_CHECKING:
    from genesis_ray.domain.recognition.calibration import Calibrated
    from genesis_ray.settings import Settings

app = typer.Typer(name="calibrate", invoke_without_command=True)

_PHOTOS, _RUN = "Photos of your own", "A run of your own"


@app.callback()
def calibrate(
    context: typer.Context,
    pairs: Annotated[
        Path | None,
        typer.Option(
            help="Choose by F-beta on this CSV file with the columns img1, img2, same, set.",
            rich_help_panel=_PHOTOS,
        ),
    ] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(
            help='Choose by FPIR on this CSV file with the columns file, identity ("a|b": both), '
            "set.",
            rich_help_panel=_PHOTOS,
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(help="Folder that its paths start from.  [its own]", rich_help_panel=_PHOTOS),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="Of this set; repeatable.  [all]", rich_help_panel=_PHOTOS),
    ] = None,
    beta: Annotated[
        float,
        typer.Option(
            min=0.05,
            max=20,
            help="With --pairs: below 1 not to take two for one counts more than to find.",
            rich_help_panel=_PHOTOS,
        ),
    ] = 0.5,
    fpir: Annotated[
        float,
        typer.Option(
            min=0.0001,
            max=0.5,
            help="With --gallery: the share of strangers' faces that may be let in.",
            rich_help_panel=_PHOTOS,
        ),
    ] = 0.01,
    enroll: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="K",
            help="With --gallery: pictures enrolled a person.",
            rich_help_panel=_PHOTOS,
        ),
    ] = 1,
    cameras: Annotated[
        bool,
        typer.Option(
            "--cameras",
            help="Choose what each camera adds to the threshold, by its faces in a run.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    what_if: Annotated[
        float | None,
        typer.Option(
            "--what-if",
            min=0,
            max=1,
            metavar="T",
            help="Show what a run would have named at this threshold; nothing is changed.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option(
            metavar="C",
            help="With photos: as this camera's own threshold; with --what-if: at this camera "
            "alone.  [everywhere]",
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="With --what-if: another margin too.", rich_help_panel=_RUN
        ),
    ] = None,
    votes: Annotated[
        int | None,
        typer.Option(min=1, help="With --what-if: other votes too.", rich_help_panel=_RUN),
    ] = None,
    listed: Annotated[
        int,
        typer.Option(
            "--list",
            min=0,
            metavar="N",
            help="With --what-if: tracks that are listed.",
            rich_help_panel=_RUN,
        ),
    ] = 20,
    run: Annotated[
        Path | None,
        typer.Option(
            help="The run's folder; the newest in runs/, or the service's.", rich_help_panel=_RUN
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be chosen, and store nothing.")
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose the least similarity at which a face is called somebody's, on data of your own.

    What is chosen is stored with its evidence for the tenant and its embedder, and counts from the
    next start on: where `identity.threshold` is not set, which goes first. `genesis calibrate show`
    tells what holds, `genesis calibrate clear` goes back to the embedder's own.

    Examples: `genesis calibrate --gallery identities.csv --root faces --fpir 0.01` ·
    `genesis calibrate --gallery till.csv --camera till` ·
    `genesis calibrate --what-if 0.52 --run runs/march` · `genesis calibrate --cameras --dry-run`
    """
    if context.invoked_subcommand:
        check_none_before(context)
        return
    check_one_way(context)
    if what_if is not None:
        calibrate_run.show_what_if(
            run,
            data,
            threshold=what_if,
            camera_id=camera,
            margin=margin,
            votes=votes,
            listed=listed,
            as_json=as_json,
        )
    elif cameras:
        calibrate_run.calibrate_cameras(
            _settings(config, data), run, store=not dry_run, as_json=as_json
        )
    elif file := pairs or gallery:
        settings = _settings(config, data)
        _check_camera(settings, camera, config)
        folder, of_sets = root or file.parent, sets or ()
        if pairs:
            made = calibrate_photos.by_pairs(settings, file, root=folder, sets=of_sets, beta=beta)
        else:
            made = calibrate_photos.by_gallery(
                settings, file, root=folder, sets=of_sets, fpir=fpir, enroll=enroll
            )
        calibrate_photos.finish(
            settings, made, camera_id=camera, store=not dry_run, as_json=as_json
        )


@app.command()
def show(config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show which threshold counts at which camera, where it comes from, and its evidence."""
    from rich.table import Table

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.assembly import embedder_traits
    from genesis_ray.running.thresholds import calibration_file, threshold_book
    from genesis_ray.store.tenant.calibration_file import to_json

    settings = _settings(config, data)
    traits = embedder_traits(settings.faces)
    calibration = calibration_file(settings, traits).read()
    book = threshold_book(settings.identity, traits, calibration)
    evidence = {"": calibration.threshold} if calibration.threshold else {}
    evidence |= {**calibration.offsets, **calibration.cameras}
    if as_json:
        answer = {
            "embedder": traits.name,
            "usual": book.usual._asdict(),
            "cameras": {name: each._asdict() for name, each in sorted(book.cameras.items())},
            "calibrated": {name: to_json(each) for name, each in evidence.items() if each},
        }
        typer.echo(json.dumps(answer, indent=2))
        return
    table = Table("camera", "threshold", "from", "chosen by", "95 % interval", "on")
    for name, threshold in {"": book.usual, **dict(sorted(book.cameras.items()))}.items():
        made = evidence.get(name) if threshold.origin.startswith("calibrated") else None
        table.add_row(
            name or "(any other)",
            f"{threshold.value:.3f}",
            threshold.origin,
            *(_told(made, is_offset=made is calibration.offsets.get(name)) if made else ("",) * 3),
        )
    stdout.print(table)
    stdout.print(f"Thresholds of embedder {traits.name}, tenant {settings.tenant_id}.")


@app.command()
def drift(
    run: Annotated[
        Path | None, typer.Option(help="The run's folder; the newest in runs/, or the service's.")
    ] = None,
    by_day: Annotated[
        bool, typer.Option("--by-day", help="The mean similarity of each day instead.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how alike matches are at each camera, now and at first.

    A camera drifts when the mean of its latest matches (`drift.window`) is further below that of
    its first ones than `drift.drop`.
    """
    calibrate_run.show_drift(run, data, by_day=by_day, as_json=as_json)


@app.command()
def clear(
    camera: Annotated[
        str | None,
        typer.Option(metavar="C", help="Of this camera alone.  [the usual one and all cameras]"),
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Forget what was calibrated for the embedder; its own threshold counts from the next start."""
    from genesis_ray.cli.console import stdout
    from genesis_ray.running.assembly import embedder_traits
    from genesis_ray.running.thresholds import calibration_file

    settings = _settings(config, data)
    traits = embedder_traits(settings.faces)
    file = calibration_file(settings, traits)
    if camera is None:
        was, of_it = file.clear(), ""
        counts = f"its own threshold is {traits.threshold:g}"
    else:
        stored, of_it = file.read(), f" of camera {camera}"
        was = camera in {*stored.offsets, *stored.cameras}
        counts = "from the next start on the usual threshold counts there"
        if was:
            file.change(lambda stored: stored.without_camera(camera))
    stdout.print(
        f"What was calibrated for {traits.name}{of_it} is forgotten; {counts}."
        if was
        else f"Nothing was calibrated for {traits.name}{of_it}.",
        soft_wrap=True,
    )


def _check_camera(settings: "Settings", camera_id: str | None, config: Path | None) -> None:
    """See that a camera is one of the configuration's, where that has any."""
    known = [each.camera_id for each in settings.cameras]
    if camera_id and known and camera_id not in known:
        raise NotFoundError(
            f"no camera {camera_id} in {config}, which has {', '.join(known)}; a threshold of its "
            f"own would count nowhere"
        )


def _settings(config: Path | None, data: Path | None) -> "Settings":
    from genesis_ray import settings_file
    from genesis_ray.cli.run import with_options

    return with_options(settings_file.load(config), data=data, start=None)


def _told(made: "Calibrated", *, is_offset: bool) -> tuple[str, str, str]:
    sign = "+" if is_offset else ""
    interval = f"{made.low:{sign}.3f} to {made.high:{sign}.3f}"
    return made.method, interval, made.data
