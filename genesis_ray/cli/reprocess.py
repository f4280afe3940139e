"""`genesis reprocess`: an archive through the same pipeline."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption, ForceOption, StartOption

if TYPE_CHECKING:
    from genesis_ray.batch.archive import Archive
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder


def reprocess(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE_OR_FOLDER",
            help="Recordings, or folders of them; none: the cameras of --config.",
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")],
    config: ConfigOption = None,
    data: DataOption = None,
    start: StartOption = None,
    force: ForceOption = False,
) -> None:
    """Reprocess recordings, in parallel on Ray Data, into the tables that a live run writes.

    A recording is a camera of its own, named after its file, unless --config names a camera
    whose source is the file or its folder. If the command is stopped, the same one again
    goes on with what is not finished. A recording that cannot be watched, tried again a few
    times, is set aside: see `genesis dead-letters`.
    """
    from genesis_ray import settings_file
    from genesis_ray.batch.archive import find_videos, survey_cameras, survey_files
    from genesis_ray.batch.reprocess import reprocess as reprocess_archive
    from genesis_ray.cli.console import stderr
    from genesis_ray.cli.doubts import tell_doubts
    from genesis_ray.cli.prepare import prepare_models
    from genesis_ray.cli.progress import CameraBars
    from genesis_ray.cli.run import parse_time, with_options
    from genesis_ray.cli.summary import print_summary
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.cli.watch import refuse_problems
    from genesis_ray.errors import SourceError
    from genesis_ray.running.assembly import input_shape
    from genesis_ray.running.result import summary

    settings = with_options(settings_file.load(config), data=data, start=start)
    tell_doubts(settings)
    finish_forgetting(settings)
    if paths:
        archive = survey_files(settings, find_videos(paths), start=parse_time(start))
    else:
        archive = survey_cameras(settings)
    if not archive.segments:
        reasons = (
            f" can be read:\n{_listed(archive)}"
            if archive.unreadable
            else " is named: name files or folders, or a --config"
        )
        raise SourceError(f"no recording{reasons}")
    prepare_models(settings, {input_shape(settings, *each.size) for each in archive.segments})
    run = _open_or_create(out, settings, archive, force=force)
    with CameraBars("starting Ray") as bars:
        result = reprocess_archive(settings, archive, run, on_progress=bars.update)
    run.write_summary(summary(settings, result))
    print_summary(settings, run, result)
    if archive.unreadable:
        stderr.print(f"{len(archive.unreadable)} recordings could not be read:")
        stderr.print(_listed(archive), soft_wrap=True)
    refuse_problems(result)
    if archive.unreadable:
        raise typer.Exit(2)


def _open_or_create(
    out: Path, settings: "Settings", archive: "Archive", *, force: bool
) -> "RunFolder":
    """Open the run in `out` if it is this very one, cut off; else make a new one."""
    from genesis_ray.running.recordings import to_summary
    from genesis_ray.running.result import summary
    from genesis_ray.store.runs.known_runs import note_run
    from genesis_ray.store.runs.run_folder import RunFolder

    wanted = summary(settings, None) | {
        "segments": [segment.segment_id for segment in archive.segments],
        **to_summary(segment.camera for segment in archive.segments),
    }
    if not force and out.is_dir() and any(out.iterdir()):
        run = RunFolder.open(out)
        found = run.summary()
        if all(found.get(key) == value for key, value in wanted.items()):
            return run
    run = RunFolder.create(out, force=force)
    run.write_summary(wanted)
    note_run(settings.data_dir, run.path)
    return run


def _listed(archive: "Archive") -> str:
    return "\n".join(f"  {file}: {reason}" for file, reason in archive.unreadable.items())
