"""`genesis people backup` and `restore`: people and faces as one encrypted file."""

from pathlib import Path
from typing import Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

KeyFileOption = Annotated[
    Path | None,
    typer.Option("--key-file", help="A file whose content is the passphrase; else it is asked."),
]


def backup(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    key_file: KeyFileOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Write people and faces to FILE, encrypted (AES-256-GCM); while no system runs.

    The template key is not in it: without that, which you keep elsewhere, it is of no use.
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.backup import back_up
    from genesis_ray.running.far_photos import pictures_elsewhere

    settings = with_options(settings_file.load(config), data=data, start=None)
    folder = back_up(settings, file.absolute(), _passphrase(key_file, confirm=True))
    stdout.print(f"{folder} is in {file}; the template key is not.", soft_wrap=True)
    for place, count in pictures_elsewhere(settings).items():
        stdout.print(
            f"Nor are the pictures of {count:,} kept photos: they stay in {place}, of which you "
            f"make copies of your own.",
            markup=False,
            soft_wrap=True,
        )


def restore(
    file: Annotated[Path, typer.Argument(help="What `genesis people backup` wrote.")],
    key_file: KeyFileOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Bring people and faces back from FILE, into a data folder without any."""
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.backup import restore as restore_people
    from genesis_ray.running.far_photos import pictures_elsewhere
    from genesis_ray.running.tenant_keys import present_keys

    settings = with_options(settings_file.load(config), data=data, start=None)
    folder = restore_people(settings, file, _passphrase(key_file, confirm=False))
    stdout.print(f"{file} is in {folder}.", soft_wrap=True)
    for place, count in pictures_elsewhere(settings).items():
        stdout.print(
            f"The pictures of {count:,} kept photos are looked for in {place}, as they were then; "
            f"`genesis doctor` says how many are there.",
            markup=False,
            soft_wrap=True,
        )
    present_keys(settings)  # for what it says where the key is not here


def _passphrase(key_file: Path | None, *, confirm: bool) -> bytes:
    from genesis_ray.errors import ConfigurationError

    if key_file is None:
        given: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
        return given.encode()
    try:
        content = key_file.read_bytes().strip()
    except OSError as error:
        raise ConfigurationError(f"--key-file {key_file}: {error.strerror}") from error
    if not content:
        raise ConfigurationError(f"--key-file {key_file} is empty; `openssl rand -hex 32` fills it")
    return content
