"""`genesis zones edit`: drawing zones, lines and masks in a browser."""

from pathlib import Path
from typing import Annotated

import typer


def edit(
    config: Annotated[Path, typer.Argument(help="The YAML file with the cameras.")],
    camera: Annotated[
        str | None, typer.Argument(help="Draw on this camera's picture; the only one's by default.")
    ] = None,
    at: Annotated[
        float, typer.Option(min=0, help="Seconds from the start of the recording.")
    ] = 0.0,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page; 0: one that is free.")
    ] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page, where there is a display.")] = True,
) -> None:
    """Draw a camera's zones, lines and masks with the mouse, on a page in your browser.

    The page is for this machine alone and needs nothing from the internet. Its Save button writes
    into the configuration, in which nothing else changes. It ends with its Done button, or Ctrl-C.
    The picture is stored nowhere.

    Examples: `genesis zones edit cameras.yaml` · `genesis zones edit cameras.yaml door --at 30`
    """
    from genesis_ray import settings_file
    from genesis_ray.api.zone_editor.editing import Editing
    from genesis_ray.api.zone_editor.server import EditorServer
    from genesis_ray.cli.console import stdout
    from genesis_ray.running.zones.camera_frame import take_frame
    from genesis_ray.running.zones.places_file import camera_named
    from genesis_ray.vision.places_picture import as_png

    settings = settings_file.load(config)
    chosen = camera_named(settings, camera)
    picture = as_png(take_frame(settings, chosen, at_s=at))
    editing = Editing(config, chosen.camera_id, picture)
    with EditorServer(editing, port=port) as server:
        stdout.print(f"Draw at {server.address}", soft_wrap=True)
        stdout.print("It ends with its Done button, or Ctrl-C.")
        if browser and _has_display():
            import webbrowser

            webbrowser.open(server.address)
        server.run()
    written = editing.end()
    for told in written:
        stdout.print(f"{config}: {told}.", soft_wrap=True)
    if written:
        stdout.print("A service takes it over with `genesis apply`.")
    else:
        stdout.print(f"Nothing was written into {config}.", soft_wrap=True)


def _has_display() -> bool:
    """Tell whether a browser would have a window; those of a terminal run no scripts."""
    import os
    import sys

    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
