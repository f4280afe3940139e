"""`genesis zones`: seeing and drawing zones, lines and masks."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli import zones_edit
from genesis_ray.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genesis_ray.sections.cameras import CameraSettings

app = typer.Typer(
    help="See, draw and check zones, lines and masks. More in docs/zones.md.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command()(zones_edit.edit)

ConfigOption = Annotated[Path, typer.Option("--config", help="The YAML file with the cameras.")]
CameraOption = Annotated[
    str | None, typer.Option(help="Of this camera; of the only one by default.")
]


class PlaceKind(StrEnum):
    """What can be drawn."""

    ZONE = "zone"
    LINE = "line"
    MASK = "mask"


KindOption = Annotated[PlaceKind, typer.Option("--kind", help="What it is.")]


@app.command()
def show(
    config: ConfigOption,
    output: Annotated[Path, typer.Option(help="The picture to write: a PNG file.")],
    camera: CameraOption = None,
    at: Annotated[
        float, typer.Option(min=0, help="Seconds from the start of the recording.")
    ] = 0.0,
) -> None:
    """Draw a camera's places over a picture of it, with a grid of tenths to read others from.

    The picture is as the camera sees it, people too: it is written where you say and nowhere else.

    Example: `genesis zones show --config cameras.yaml --camera door --output door.png`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.running.zones.camera_frame import take_frame
    from genesis_ray.running.zones.places import lines_of, masks_of, zones_of
    from genesis_ray.running.zones.places_file import camera_named
    from genesis_ray.store.disk import write_file
    from genesis_ray.vision.places_picture import as_png, places_picture

    if output.suffix.lower() != ".png":
        raise ConfigurationError(f"--output {output}: name a .png file")
    settings = settings_file.load(config)
    chosen = camera_named(settings, camera)
    picture = places_picture(
        take_frame(settings, chosen, at_s=at),
        zones=zones_of(chosen, time_zone=settings.time_zone),
        lines=lines_of(chosen, time_zone=settings.time_zone),
        masks=masks_of(chosen),
    )
    write_file(output.resolve(), as_png(picture))
    _list([chosen])
    stdout.print(f"Drawn in {output}.", soft_wrap=True)


@app.command()
def add(
    place_id: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")],
    points: Annotated[
        list[str],
        typer.Argument(
            metavar="X,Y",
            help="Corners along the edge, or the two ends of a line, as fractions of the picture.",
        ),
    ],
    config: ConfigOption,
    camera: CameraOption = None,
    kind: KindOption = PlaceKind.ZONE,
) -> None:
    """Write a zone, line or mask into the configuration; one of that name gets the new shape.

    Nothing else in the file changes. What could never count is refused, and the file stays as it
    is. A service takes it over with `genesis apply`.

    Examples: `genesis zones add queue 0.45,0.55 0.78,0.55 0.85,0.98 0.4,0.98 --config shop.yaml` ·
    `genesis zones add door 0.36,0.97 0.34,0.55 --kind line --config shop.yaml --camera shop`
    """
    from genesis_ray import settings_file
    from genesis_ray.running.zones.places_file import Drawn, camera_named, draw

    owner = camera_named(settings_file.load(config), camera).camera_id
    corners = tuple(_point(text) for text in points)
    after = draw(config, owner, [Drawn(kind.value, place_id, corners)])
    _list([camera_named(after, owner)])
    _tell_doubts(after.cameras)


@app.command()
def remove(
    place_id: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")],
    config: ConfigOption,
    camera: CameraOption = None,
    kind: Annotated[
        PlaceKind | None,
        typer.Option("--kind", help="What it is, where several are called so."),
    ] = None,
) -> None:
    """Remove a zone, line or mask from the configuration; nothing else in the file changes.

    Example: `genesis zones remove queue --config shop.yaml --camera shop`
    """
    from genesis_ray import settings_file
    from genesis_ray.running.zones.places_file import camera_named, draw, place_named

    owner = camera_named(settings_file.load(config), camera)
    place = place_named(owner, place_id, kind=kind.value if kind else None)
    after = draw(config, owner.camera_id, [], gone=[place.key])
    _list([camera_named(after, owner.camera_id)])


@app.command()
def check(config: ConfigOption) -> None:
    """Say what places there are, what can never count, and what is rarely meant so.

    Ends with 2 where something can never count.
    """
    from genesis_ray import settings_file

    settings = settings_file.load(config)
    _list(settings.cameras)
    _tell_doubts(settings.cameras)


def _point(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigurationError(
            f"expected a point as 0.45,0.98, fractions of width and height, got {text!r:.40}"
        ) from error
    return x, y


def _list(cameras: "Iterable[CameraSettings]") -> None:
    """Print the places of cameras."""
    from rich.table import Table

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.zones.places_file import drawn_of

    table = Table("camera", "kind", "name", "corners", "where")
    for camera in cameras:
        for place in drawn_of(camera):
            corners = "  ".join(f"{x:g},{y:g}" for x, y in place.corners)
            count = str(len(place.corners))
            table.add_row(camera.camera_id, place.kind, place.place_id, count, corners)
    if table.row_count:
        stdout.print(table)
    else:
        stdout.print("There are no zones, lines or masks.")


def _tell_doubts(cameras: "Iterable[CameraSettings]") -> None:
    from genesis_ray.cli.console import headed, stderr
    from genesis_ray.sections.zone_checks import doubts

    for camera in cameras:
        for doubt in doubts(camera.zones, camera.lines):
            stderr.print(
                headed(f"camera {camera.camera_id}:", f"{doubt.message}; {doubt.remedy}"),
                soft_wrap=True,
            )
