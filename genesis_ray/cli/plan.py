"""`genesis plan`: how many cameras this machine can watch, and what more of them need."""

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption

if TYPE_CHECKING:
    from genesis_ray.running.planning.measuring import Measured
    from genesis_ray.settings import Settings

_CAMERA_FPS = 25.0
"""What the cameras of a film of our own send, unless more frames are to be looked at."""

_LEAST_SIDE, _MOST_SIDE = 64, 7680
_MOST_FPS = 60.0


def plan(
    cameras: Annotated[
        int | None, typer.Option(min=1, help="How many are wanted.  [those of --config]")
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(help="Frames of each to look at a second.  [process_fps of --config, 10]"),
    ] = None,
    config: ConfigOption = None,
    video: Annotated[
        Path | None,
        typer.Option(help="A recording of one of your cameras, to be measured in place of a film."),
    ] = None,
    resolution: Annotated[
        str | None,
        typer.Option(metavar="WIDTHxHEIGHT", help="Of the made film.  [1280x720]"),
    ] = None,
    people: Annotated[
        float | None, typer.Option(min=0, help="In a frame on average.  [as in the video]")
    ] = None,
    faces_per_frame: Annotated[
        float | None,
        typer.Option(min=0, help="Faces embedded a frame looked at.  [as in the video]"),
    ] = None,
    face_cameras: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the cameras that show faces.")
    ] = 1.0,
    headroom: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of everything that is to stay free.")
    ] = 0.1,
    seconds: Annotated[
        float,
        typer.Option(min=0.1, help="For each of five steps: more looks at more of the video."),
    ] = 4.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Tell how many cameras this machine can watch, what is short first, and what more need.

    In half a minute, decoding, detecting, tracking and faces are measured here: on a film that
    shows people near the camera all the time, or better on a recording of yours. Let nothing else
    run meanwhile. What Ray adds is assumed; docs/capacity.md has the model and its limits.

    Examples: `genesis plan --cameras 8 --fps 5` ·
    `genesis plan --config cameras.yaml --video door.mp4` ·
    `genesis plan --cameras 30 --fps 5 --resolution 1920x1080 --face-cameras 0.2`
    """
    from genesis_ray import settings_file
    from genesis_ray.domain.load.capacity import Load
    from genesis_ray.domain.load.capacity import plan as plan_for
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.planning.this_node import this_node

    settings = settings_file.load(config)
    wanted = cameras or len(settings.cameras)
    if not wanted:
        raise ConfigurationError("how many cameras? say --cameras 8, or give a --config with some")
    rate = settings.process_fps if fps is None else fps
    if not 0 < rate <= _MOST_FPS:
        raise ConfigurationError(
            f"--fps: expected more than 0 and at most {_MOST_FPS:g} frames a second, got {rate:g}"
        )
    if video and resolution:
        raise ConfigurationError("--resolution is of the made film; leave it out with --video")
    size = _size(resolution or "1280x720")
    settings = settings.model_copy(update={"process_fps": rate})
    node = this_node()  # before this process takes memory itself
    measured = _measure(settings, video, size, node.cores, seconds)
    load = Load(
        cameras=wanted,
        fps=rate,
        source_fps=max(rate, measured.source_fps),
        people=measured.people if people is None else people,
        looks_a_s=measured.looks_a_s if faces_per_frame is None else rate * faces_per_frame,
        with_faces=face_cameras,
        stack_frames=settings.detector.stack_frames,
    )
    node = replace(node, has_device=measured.on_device)
    planned = plan_for(load, measured.costs, node, headroom=headroom)
    if as_json:
        answer = {"plan": asdict(planned), "measured": asdict(measured)}
        typer.echo(json.dumps(answer, indent=2))
    else:
        from genesis_ray.cli.plan_tables import show

        show(planned, measured, on_film=video is None)


def _size(resolution: str) -> tuple[int, int]:
    """Return the width and height that --resolution names.

    Raises:
        ConfigurationError: It names none.
    """
    from genesis_ray.errors import ConfigurationError

    if match := re.fullmatch(r"(\d{1,5})x(\d{1,5})", resolution):
        width, height = int(match[1]), int(match[2])
        if min(width, height) >= _LEAST_SIDE and max(width, height) <= _MOST_SIDE:
            return width, height
    raise ConfigurationError(
        f"--resolution: expected WIDTHxHEIGHT like 1280x720, sides from {_LEAST_SIDE} to "
        f"{_MOST_SIDE} pixels, got {resolution!r}"
    )


def _measure(
    settings: "Settings",
    video: Path | None,
    size: tuple[int, int],
    cores: float,
    step_s: float,
) -> "Measured":
    """Measure on `video`, or on a film of that size; nothing of it stays on the disk."""
    from contextlib import closing

    from genesis_ray.cli.prepare import prepare_models
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.assembly import input_shape
    from genesis_ray.running.planning.film import make_film
    from genesis_ray.running.planning.measuring import measure
    from genesis_ray.vision.decode import VideoFile

    rate = settings.process_fps
    if video:
        with closing(VideoFile(video)) as file:
            size = file.width, file.height
            if rate > file.fps + 0.5:
                raise ConfigurationError(
                    f"--fps {rate:g}: {video} has {file.fps:.4g} frames a second; ask for no more"
                )
    prepare_models(settings, {input_shape(settings, *size)})
    with (
        tempfile.TemporaryDirectory(prefix="genesis-plan-") as name,
        _steps(film=video is None) as on_step,
    ):
        folder = Path(name)
        if video is None:
            on_step("making a film of people to measure on")
            video = folder / "film.mp4"
            make_film(video, width=size[0], height=size[1], fps=max(_CAMERA_FPS, rate))
        return measure(
            settings,
            video,
            folder,
            cores=max(1, round(cores)),
            step_s=step_s,
            on_step=on_step,
        )


@contextmanager
def _steps(*, film: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being measured; quiet where stderr is no terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from genesis_ray.cli.console import stderr

    columns = TextColumn("{task.description}", markup=False), BarColumn(30), TimeElapsedColumn()
    with Progress(*columns, console=stderr, transient=True) as progress:
        task = progress.add_task("starting", total=_STEPS + film)
        begun = False

        def on_step(name: str) -> None:
            nonlocal begun
            progress.update(task, description=name, advance=1 if begun else 0)
            begun = True

        yield on_step


_STEPS = 5
"""Of `measure`; a film has to be made before."""
