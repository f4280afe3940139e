"""Doing a run for a command: prepare, watch with progress bars, report."""

from pathlib import Path

import typer

from genesis_ray.cli.alert_delivery import tell_of_undelivered
from genesis_ray.cli.console import stderr
from genesis_ray.cli.doubts import tell_doubts
from genesis_ray.cli.prepare import prepare_models
from genesis_ray.cli.progress import CameraBars
from genesis_ray.cli.summary import print_summary
from genesis_ray.cli.unfinished import finish_forgetting
from genesis_ray.errors import ConfigurationError, SourceError, StoreError
from genesis_ray.running.assembly import input_shape
from genesis_ray.running.cut_off import cut_off_run
from genesis_ray.running.detector_inputs import usual_inputs
from genesis_ray.running.recordings import told_apart
from genesis_ray.running.result import RunResult, cut_off, outcome, summary
from genesis_ray.settings import Settings
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.vision.sources import open_recording, open_source

_INTERRUPTED = 130
"""What shells use for a command that Ctrl-C ended."""


def watch_and_report(
    settings: Settings, *, out: Path | None, force: bool, local: bool, realtime: bool
) -> tuple[RunFolder, RunResult]:
    """Watch all cameras of the settings and print what they saw.

    Raises:
        SourceError: A source cannot be opened; nothing has been written then.
        StoreError: There is a run in the folder, and it was not cut off or cannot be gone on with.
    """
    if local and (live := next((c for c in settings.cameras if c.is_live), None)):
        raise ConfigurationError(
            f"camera {live.camera_id} is a live stream, which needs the live system; leave out "
            f"--local"
        )
    tell_doubts(settings)
    finish_forgetting(settings)
    shapes: set[tuple[int, int]] = set()
    for camera in settings.cameras:
        if camera.is_live:
            open_source(
                camera.source,
                camera_id=camera.camera_id,
                process_fps=None,
                policy=settings.sources.policy,
            ).close()
            shapes |= usual_inputs(settings)
            continue
        with open_recording(
            camera.source, camera_id=camera.camera_id, process_fps=None, start=camera.start
        ) as source:
            shapes.add(input_shape(settings, source.width, source.height))
    prepare_models(settings, shapes)
    run = _begun(out, force=force, local=local)
    run.write_summary(summary(settings, None) | told_apart(settings.cameras))
    note_run(settings.data_dir, run.path)
    if local:
        from genesis_ray.running.local import run_local

        with CameraBars("loading models") as bars:
            result = run_local(settings, run, on_progress=bars.update)
    else:
        from genesis_ray.live.launch import run_live

        with CameraBars("starting Ray") as bars:
            result = run_live(
                settings, run, shapes=shapes, realtime=realtime, on_progress=bars.update
            )
    run.write_summary(outcome(settings, result))
    print_summary(settings, run, result)
    tell_of_undelivered(settings, run)
    refuse_problems(result)
    if names := cut_off(settings, result):
        told = ", ".join(names)
        stderr.print(f"Interrupted: not watched to the end: {told}.", soft_wrap=True)
        raise typer.Exit(_INTERRUPTED)
    return run, result


def _begun(out: Path | None, *, force: bool, local: bool) -> RunFolder:
    """Return a new run's folder, or that of one that was cut off, to go on with it.

    Raises:
        StoreError: There is another run in it, or one that this cannot go on with.
    """
    run = cut_off_run(out) if out and not force else None
    if run is None:
        return RunFolder.create(out, force=force)
    if local:
        raise StoreError(
            f"the run in {run.path} was cut off, and --local goes on with none. Ask what it logged "
            f"with `genesis query --run {run.path}`; watch all again in a new folder, or in this "
            f"one with --force"
        )
    stderr.print(f"Going on with the run in {run.path}, which was cut off.", soft_wrap=True)
    return run


def refuse_problems(result: RunResult) -> None:
    """Leave with an error where a source was not watched to its end; what was read is kept.

    Raises:
        SourceError: Naming each.
    """
    if result.problems:
        raise SourceError(
            "not everything could be read; what could be is in the run.\n"
            + "\n".join(result.problems)
        )
