"""`genesis people backup` and `restore`: people and faces as one encrypted file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.running.backups.restoring import Restored

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
    """Write people and faces to FILE, encrypted (AES-256-GCM); also while a system runs.

    The template key is not in it: without that, which you keep elsewhere, it is of no use.

    Examples: `genesis people backup 2026-03-01.sealed` ·
    `genesis people backup /mnt/backup/shop.sealed --key-file /root/passphrase`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.backups.backup import back_up
    from genesis_ray.running.enrolling.far_photos import pictures_elsewhere

    settings = with_options(settings_file.load(config), data=data, start=None)
    folder = back_up(settings, file.absolute(), _passphrase(key_file, confirm=True))
    stdout.print(f"{folder} is in {file}; the template key is not.", soft_wrap=True)
    for place, count in pictures_elsewhere(settings).items():
        stdout.print(
            f"Nor are the pictures of {count:,} kept photos: they stay in {place}, of which you "
            f"make copies of your own.",
            soft_wrap=True,
        )


def restore(
    file: Annotated[
        Path, typer.Argument(help="What `genesis people backup` wrote, or a service's snapshot.")
    ],
    key_file: KeyFileOption = None,
    receipts: Annotated[
        list[Path] | None,
        typer.Option(
            "--receipts",
            metavar="PATH",
            help="Of forgetting, a file or a folder, beside those in the data folder; again for "
            "more.",
        ),
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Bring people and faces back from FILE, into a data folder without any.

    Who was forgotten since FILE was made, by receipts in the data folder and --receipts, is
    forgotten again at once. A snapshot takes the template key instead of a passphrase.

    Examples: `genesis people restore 2026-03-01.sealed` ·
    `genesis people restore 2026-03-01.sealed --data new --receipts genesis-data/receipts/default`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.backups.restoring import restore as restore_people
    from genesis_ray.running.backups.restoring import takes_passphrase
    from genesis_ray.running.enrolling.far_photos import pictures_elsewhere
    from genesis_ray.running.templates.tenant_keys import present_keys

    settings = with_options(settings_file.load(config), data=data, start=None)
    passphrase = _passphrase(key_file, confirm=False) if takes_passphrase(file) else None
    done = restore_people(settings, file, passphrase, receipts=receipts or ())
    stdout.print(f"{file} is in {done.folder}.", soft_wrap=True)
    for place, count in pictures_elsewhere(settings).items():
        stdout.print(
            f"The pictures of {count:,} kept photos are looked for in {place}, as they were then; "
            f"`genesis doctor` says how many are there.",
            soft_wrap=True,
        )
    _tell_forgotten(done)
    present_keys(settings)  # for what it says where the key is not here


def _tell_forgotten(done: "Restored") -> None:
    from genesis_ray.cli.console import stderr, stdout

    for one in done.doubtful:
        stderr.print(
            f"The audit log says that {one.identity_id} was to be forgotten on {one.at:%Y-%m-%d}, "
            f"by receipt {one.receipt_id}, which is not among the receipts here. If they were: "
            f"genesis people forget {one.identity_id}",
            style="yellow",
            soft_wrap=True,
        )
    if done.forgotten is None:
        return
    path, receipt = done.forgotten
    left = receipt.searched.residue
    stdout.print(
        f"People in it had been forgotten since it was made, identities: {receipt.identities}. "
        f"They are forgotten again, with {len(left) or 'no'} residue. The receipt: {path}",
        soft_wrap=True,
    )
    if left:
        raise typer.Exit(1)


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
