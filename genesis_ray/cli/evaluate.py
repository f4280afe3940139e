"""`genesis evaluate`: how right the system is, measured against known truth."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genesis_ray.cli.evaluate_faces import faces
from genesis_ray.cli.evaluate_identification import identification

if TYPE_CHECKING:
    from genesis_ray.domain.streams.frames import Frame
    from genesis_ray.domain.tracking.detections import Tracks
    from genesis_ray.evaluation.tracking import TrackingScore
    from genesis_ray.running.viewing import Viewing
    from genesis_ray.sections.models import DetectorSettings
    from genesis_ray.vision.playback import VideoSource

app = typer.Typer(
    help="Measure how right the system is, against known truth.", no_args_is_help=True
)
app.command()(faces)
app.command()(identification)


@app.command()
def tracking(
    video: Annotated[str, typer.Option(help="The video.")],
    ground_truth: Annotated[
        Path, typer.Option(help="Its true tracks, MOTChallenge rows in pixels, frames from 1.")
    ],
    predictions: Annotated[
        Path | None, typer.Option(help="Write the tracks found to this file, in the same format.")
    ] = None,
    every: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Look at frames 1, 1 + N, ... alone, and score those: how well people are "
            "followed by a camera that is sampled, as `process_fps` does.",
        ),
    ] = 1,
    model: Annotated[str, typer.Option(help="Person detector, of `genesis models`.")] = "yolov8n",
    engine: Annotated[
        Literal["auto", "openvino-int8", "openvino", "onnxruntime", "tensorrt", "torch"],
        typer.Option(help="What runs the detector."),
    ] = "auto",
    looks: Annotated[
        Literal["colours", "osnet"],
        typer.Option(help="What people who were hidden are known again by, as appearance.model."),
    ] = "colours",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Score detector and tracker on a video: HOTA, MOTA and IDF1.

    A row of the ground truth counts if its column 7 is 1 and, where there is one, its column 8
    is 1, which means a pedestrian. Boxes match from an overlap (IoU) of 0.5. What is written to
    --predictions keeps the video's frame numbers, also with --every.

    Example: `genesis evaluate tracking --video street.mp4 --ground-truth gt.txt --every 3`
    """
    from genesis_ray.cli.prepare import pull_models
    from genesis_ray.errors import SourceError, StoreError
    from genesis_ray.evaluation.mot_file import TrackedBoxes, read_ground_truth, write_predictions
    from genesis_ray.evaluation.tracking import evaluate
    from genesis_ray.running.templates.tenant_keys import passing_keys
    from genesis_ray.running.viewing import load_viewing
    from genesis_ray.sections.appearance import AppearanceSettings
    from genesis_ray.sections.models import DetectorSettings, FaceSettings
    from genesis_ray.settings import Settings
    from genesis_ray.vision.sources import open_recording

    truth = read_ground_truth(ground_truth)
    if predictions and not predictions.parent.is_dir():
        raise StoreError(f"cannot write {predictions}: there is no folder {predictions.parent}")
    settings = Settings(
        detector=DetectorSettings(model=model, engine=engine),
        faces=FaceSettings(enabled=False),
        appearance=AppearanceSettings(model=looks),
    )
    with open_recording(video, camera_id="video", process_fps=None, start=None) as source:
        pull_models(settings)
        keys = passing_keys("default")
        viewing = load_viewing(settings.appearance, lambda: keys)
        found, frames = _track(source, settings.detector, every, viewing)
        if source.problem:
            raise SourceError(f"{video}: {source.problem}; only a whole video can be scored")
    boxes = TrackedBoxes.of(found, width=source.width, height=source.height, every=every)
    score = evaluate(truth, boxes, frames=frames, every=every)
    if predictions:
        write_predictions(predictions, boxes)
    if as_json:
        typer.echo(json.dumps(asdict(score), indent=2))
    else:
        _show(score, f"{model} and ByteTrack on {Path(video).name}")


class _EveryNth:
    """Every Nth frame of a video, which is played to its end.

    Attributes:
        played: How many frames the video has had so far, those between included.
    """

    def __init__(self, frames: "Iterable[Frame]", every: int) -> None:
        self._frames = frames
        self._every = every
        self.played = 0

    def __iter__(self) -> "Iterator[Frame]":
        for frame in self._frames:
            self.played += 1
            if (self.played - 1) % self._every == 0:
                yield frame


def _track(
    source: "VideoSource", settings: "DetectorSettings", every: int, viewing: "Viewing"
) -> tuple[list["Tracks"], int]:
    """Return the tracks in every Nth frame of a video, and how many frames it has."""
    import numpy as np
    from rich.progress import track

    from genesis_ray.cli.console import stderr
    from genesis_ray.running.assembly import load_detector
    from genesis_ray.vision.letterbox import Letterbox
    from genesis_ray.vision.tracker import PersonTracker

    detector = load_detector(settings)
    tracker = PersonTracker(process_fps=source.fps / every, relinking=viewing.relinking)
    letterbox = Letterbox.fit(source.width, source.height, long_side=settings.input_size)
    found = []
    video = _EveryNth(
        track(source, "tracking people", source.frame_count, console=stderr, transient=True), every
    )
    frames = iter(video)
    while stack := list(islice(frames, settings.stack_frames)):
        inputs = np.stack([letterbox.apply(frame.image) for frame in stack])
        for frame, people in zip(stack, detector.detect(inputs), strict=True):
            seen = letterbox.restore(people)
            found.append(
                tracker.update(frame.stamp.captured_at, seen, viewing.view_of(frame.image))
            )
    return found, video.played


def _show(score: "TrackingScore", title: str) -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout

    table = Table(title=title, title_justify="left", title_style="bold")
    figures = {
        "HOTA": f"{score.hota:.3f}",
        "MOTA": f"{score.mota:.3f}",
        "IDF1": f"{score.idf1:.3f}",
        "switches": f"{score.id_switches:,}",
        "precision": f"{score.precision:.3f}",
        "recall": f"{score.recall:.3f}",
        "frames": f"{score.frames:,}",
    }
    for name in figures:
        table.add_column(name, justify="right")
    table.add_row(*figures.values())
    stdout.print(table)
