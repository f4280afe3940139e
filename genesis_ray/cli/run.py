"""`genesis run`: watch sources and write what happened."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genesis_ray.settings import Settings

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="YAML file: cameras, zones, lines, models, ...")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of what lasts: people and galleries.  [./genesis-data]"),
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Folder of the run.  [runs/TIME]")]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace the run that is in the folder of --out.")
]
StartOption = Annotated[
    str | None,
    typer.Option("--start", help="When the recording began, ISO 8601; UTC unless it says else."),
]


def run(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="Video files, rtsp://HOST/PATH, http://..., device:0, photo:FILE?seconds=8 or "
            "synthetic:?people=3",
        ),
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
    out: OutOption = None,
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Record annotated video. Stores pictures of people.")
    ] = False,
    realtime: Annotated[
        bool | None,
        typer.Option(
            "--realtime/--capacity",
            help="Pace recordings as they were captured and drop what cannot be kept up with, "
            "or go as fast as can be and drop nothing.  [capacity]",
        ),
    ] = None,
    local: Annotated[
        bool, typer.Option("--local", help="In this process, without Ray; capacity only.")
    ] = False,
    start: StartOption = None,
    force: ForceOption = False,
) -> None:
    """Watch SOURCES, or the cameras of --config, to their end; live ones until Ctrl-C.

    Leaves the event tables in the run folder: ask them with `genesis query`.

    Examples: `genesis run shop.mp4` · `genesis run door.mp4 till.mp4 --annotate` ·
    `genesis run --config cameras.yaml --start 2026-01-05T09:00`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.watch import watch_and_report
    from genesis_ray.errors import ConfigurationError

    if local and realtime:
        raise ConfigurationError("--realtime needs the live system; leave out --local")
    settings = settings_file.load(config)
    settings = with_options(settings, data=data, start=start)
    settings = settings.model_copy(update={"annotate": annotate or settings.annotate})
    if sources:
        settings = _with_sources(settings, sources, parse_time(start))
    if not settings.cameras:
        raise ConfigurationError("nothing to watch: name a video, or a --config with cameras")
    made, _ = watch_and_report(settings, out=out, force=force, local=local, realtime=bool(realtime))
    if settings.annotate:
        from genesis_ray.cli.console import stdout

        stdout.print(f"Annotated videos are in {made.media}.", soft_wrap=True)


def with_options(settings: "Settings", *, data: Path | None, start: str | None) -> "Settings":
    """Return the settings with what --data and --start say, and by the gallery that is in use.

    Who set another embedder is told.

    Raises:
        StoreError: It cannot be read which gallery is in use.
    """
    from genesis_ray.running.templates.gallery_in_use import overruled, with_gallery_in_use

    if data:
        settings = settings.model_copy(update={"data_dir": data})
    if told := overruled(settings):
        from genesis_ray.cli.console import stderr

        stderr.print(told, style="yellow", soft_wrap=True)
    settings = with_gallery_in_use(settings)
    return settings.with_start(parse_time(start))


def parse_time(text: str | None, option: str = "--start") -> datetime | None:
    """Return the time that an option names, in UTC unless it says else.

    Raises:
        ConfigurationError: It is no ISO 8601 time.
    """
    from datetime import UTC

    from genesis_ray.errors import ConfigurationError

    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the latter: in UTC it is before year 1, or after 9999
        raise ConfigurationError(
            f"{option}: expected a time like 2026-01-05T09:00 or with a zone, like "
            f"2026-01-05T09:00+01:00, got {text!r}"
        ) from None


def _with_sources(settings: "Settings", sources: list[str], start: datetime | None) -> "Settings":
    """Return the settings with the sources as cameras; a configured one keeps its zones."""
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.sections.cameras import CameraSettings, camera_id_of

    configured = {camera.source: camera for camera in settings.cameras}
    cameras = [
        configured.get(source)
        or CameraSettings(camera_id=camera_id_of(source), source=source, start=start)
        for source in sources
    ]
    names = [camera.camera_id for camera in cameras]
    if len(set(names)) < len(names):
        raise ConfigurationError(
            f"two sources would be one camera, {max(names, key=names.count)!r}; "
            f"name the cameras in a --config"
        )
    return settings.model_copy(update={"cameras": tuple(cameras)})
