"""`genesis demo`: the whole system on pictures that every installation has."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")] = Path("runs/demo"),
    local: Annotated[bool, typer.Option("--local", help="In this process, without Ray.")] = False,
) -> None:
    """Watch two cameras for half a minute of video, with real models, and show what came out.

    Starts from an empty gallery each time and replaces the demo before.
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.pictures import draw_pictures
    from genesis_ray.cli.watch import watch_and_report

    with as_file(files("genesis_ray") / "demo.yaml") as config:
        settings = settings_file.load(config)
    settings = settings.model_copy(update={"data_dir": out / "data"})
    stdout.print(
        "Camera door pans over one photograph, camera street over another and "
        "then over the first, mirrored and darker: the same people must be recognised."
    )
    run, _ = watch_and_report(settings, out=out, force=True, local=local, realtime=False)
    pictures = draw_pictures(settings, run)
    stdout.print("\nLook at")
    for path in [*sorted(run.media.glob("*.mp4")), *pictures]:
        stdout.print(f"  {path}")
    stdout.print(_NEXT.format(run=run.path))


_NEXT = """
Try next
  genesis run VIDEO --annotate          your own video
  genesis query "SELECT * FROM visits" --run {run}
  genesis people enroll NAME PHOTO      somebody to be recognised by name
  genesis reprocess FOLDER --out DIR    an archive of recordings
  genesis doctor                        what this machine has and will use"""
