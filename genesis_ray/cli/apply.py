"""`genesis apply`: change the cameras of a system while it runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.up import AddressOption, AppOption

if TYPE_CHECKING:
    from genesis_ray.running.changes import Changes


def apply(
    config: Annotated[
        Path | None,
        typer.Argument(metavar="CONFIG", help="YAML file with the cameras that you want."),
    ] = None,
    back: Annotated[
        bool, typer.Option("--back", help="Go back to the configuration before the last change.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    address: AddressOption = None,
    app: AppOption = "default",
) -> None:
    """Add, change and take off cameras while the others go on.

    Works on a system that `genesis up` or `serve run` started. All of the new configuration is
    checked, and every new source opened, before anything changes. Settings beside the cameras
    need a restart.

    Examples: `genesis apply cameras.yaml --dry-run` · `genesis apply cameras.yaml` ·
    `genesis apply --back`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.doubts import tell_doubts
    from genesis_ray.errors import ConfigurationError

    if (config is None) != back:
        raise ConfigurationError("name a configuration to apply, or --back to undo the last change")
    settings = settings_file.load(config) if config else None
    if settings:
        tell_doubts(settings)
    from genesis_ray.live.remote import RemoteSystem

    system = RemoteSystem(app=app, address=address)
    try:
        if settings is None:
            changes = system.go_back(dry_run=dry_run)
        else:
            settings = settings.model_copy(update={"data_dir": settings.data_dir.resolve()})
            changes = system.apply(settings, dry_run=dry_run)
    finally:
        system.close()
    if not changes:
        stdout.print("Nothing to change: the system runs with these cameras already.")
        return
    stdout.print("Would change:" if dry_run else "Changed:")
    _show(changes)


def _show(changes: "Changes") -> None:
    from rich.table import Table
    from rich.text import Text

    from genesis_ray.cli.console import stdout
    from genesis_ray.domain.streams.addresses import redacted

    table = Table()
    for column in ("", "camera", "what"):
        table.add_column(column)
    for camera in changes.added:
        table.add_row(
            Text("+", "green"), camera.camera_id, ", ".join(map(redacted, camera.sources))
        )
    for camera in changes.removed:
        sources = ", ".join(map(redacted, camera.sources))
        table.add_row(Text("-", "red"), camera.camera_id, sources)
    for each in changes.changed:
        table.add_row(Text("~", "yellow"), each.after.camera_id, ", ".join(each.fields))
    stdout.print(table)
