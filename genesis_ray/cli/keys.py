"""`genesis keys`: the secret keys that face templates are protected with, never shown."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.people import JsonOption
from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.settings import Settings

app = typer.Typer(
    name="keys", help="See and change the keys that protect faces.", no_args_is_help=True
)


@app.command()
def show(config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show which keys there are, where, and what they protect; not the keys."""
    from dataclasses import asdict

    from rich.table import Table

    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.templates.key_rotation import known_keys

    settings = with_options(settings_file.load(config), data=data, start=None)
    place, keys = known_keys(settings)
    if as_json:
        found = {"tenant_id": settings.tenant_id, "place": place, "keys": [*map(asdict, keys)]}
        typer.echo(json.dumps(found, indent=2))
        return
    if not keys:
        stdout.print(
            f"Tenant {settings.tenant_id} has no key yet; the first that needs one makes it in "
            f"{place}.",
            soft_wrap=True,
        )
        return
    table = Table("version", "fingerprint", "use", "galleries here", "photos here")
    for key in keys:
        use = "protects" if key.is_current else "old"
        photos = f"{key.photos:,}" if key.photos else ""
        table.add_row(str(key.version), key.fingerprint, use, ", ".join(key.galleries), photos)
    stdout.print(table)
    stdout.print(f"The keys of tenant {settings.tenant_id} are in {place}.", soft_wrap=True)


@app.command()
def rotate(config: ConfigOption = None, data: DataOption = None) -> None:
    """Protect all faces with a new key, without their photos.

    A system that runs goes on: it gives way for the moment in which the galleries are rewritten,
    and names by the new key after. The old key is kept: other data folders and copies may need it.
    `genesis keys forget` destroys it.
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.running.templates.key_rotation import rotate as rotate_key

    settings = with_options(settings_file.load(config), data=data, start=None)
    _check_data(settings)
    finish_forgetting(settings)
    done = rotate_key(settings)
    faces = "1 face is" if done.faces == 1 else f"{done.faces:,} faces are"
    if done.photos:
        photos = "1 kept photo" if done.photos == 1 else f"{done.photos:,} kept photos"
        faces = f"{faces.rsplit(' ', 1)[0]} and {photos} are"
    key = f"key {done.version}, fingerprint {done.fingerprint}"
    made = "a new one" if done.is_new else "which was there already: another rotation makes a newer"
    stdout.print(f"{faces} protected with {key}, {made}.", soft_wrap=True)
    if done.process:
        stdout.print(
            f"The system that runs, process {done.process}, gave way for it and goes by it now.",
            soft_wrap=True,
        )
    stdout.print("Keep a copy of it elsewhere, and give it to every node.", soft_wrap=True)


@app.command()
def forget(
    version: Annotated[int, typer.Argument(help="An old key's.")],
    config: ConfigOption = None,
    data: DataOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy an old key: copies and other data folders that it protects are useless then.

    It is refused while this data folder, or a system that runs on it, needs the key. Right after a
    rotation beside a system it waits some seconds for the last faces under the old one.
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.templates.key_rotation import forget as forget_key

    settings = with_options(settings_file.load(config), data=data, start=None)
    _check_data(settings)
    if not yes:
        typer.confirm(
            f"Every copy and other data folder of tenant {settings.tenant_id} that key {version} "
            f"protects can never be used again. Destroy it?",
            abort=True,
        )
    forget_key(settings, version)
    stdout.print(f"Key {version} is destroyed.")


def _check_data(settings: "Settings") -> None:
    """Refuse a data folder that is not there: its keys would seem to protect nothing.

    Raises:
        ConfigurationError: It is not there.
    """
    from genesis_ray.errors import ConfigurationError

    if not settings.data_dir.is_dir():
        raise ConfigurationError(
            f"there is no data folder {settings.data_dir}; name the one whose faces the keys "
            f"protect with --data"
        )
