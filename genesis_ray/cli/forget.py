"""`genesis people forget` and `verify-forgotten`: no trace of a person, and the receipt of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.repairs import ByOption, WhyOption, user_or
from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.settings import Settings
    from genesis_ray.store.keys.receipts import Purged, Receipt, Searched

RunsOption = Annotated[
    list[Path] | None,
    typer.Option("--run", metavar="DIR", help="A run beside those that are known; again for more."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def forget(
    person: Annotated[
        str | None,
        typer.Argument(metavar="PERSON", help="A name, an identity, or 8 characters of one."),
    ] = None,
    runs: RunsOption = None,
    receipt: Annotated[
        Path | None,
        typer.Option(help="A new file for the receipt.  [receipts/TENANT/... in the data folder]"),
    ] = None,
    why: WhyOption = "",
    by: ByOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    without_key: Annotated[
        bool,
        typer.Option(
            "--without-key",
            help="Also where the tenant's key is lost; the receipt is not signed then.",
        ),
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Forget a person for good: faces, name, decisions, scores; also while a system runs.

    Visits stay as visits of somebody else each, so that counts stay what they are. Runs are
    those made with the data folder, as far as it knows where they are, and those of --run. A
    signed receipt says what is gone, and what was not reached. Without PERSON, what was cut off
    is finished.

    Examples: `genesis people forget Ada` · `genesis people forget 3f2a9c10 --run /mnt/old/march` ·
    `genesis people forget`
    """
    from genesis_ray.cli.console import stdout
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.erasure.forgetting import finish
    from genesis_ray.running.erasure.forgetting import forget as forget_person

    settings = _settings(config, data)
    if person is None:
        done = finish(settings, without_key=without_key)
        if done is None:
            raise ConfigurationError(
                "nobody is being forgotten; name a person: `genesis people list` shows who there is"
            )
    else:
        if receipt and receipt.exists():
            raise ConfigurationError(f"{receipt} is there already; name a new file")
        if not yes:
            _confirm(settings, person, runs or ())
        done = forget_person(
            settings,
            person,
            by=user_or(by),
            why=why,
            runs=runs or (),
            receipt=receipt,
            without_key=without_key,
        )
    path, given = done
    _tell(given)
    stdout.print(f"The receipt: {path}", soft_wrap=True)
    _tell_residue(given.searched)


def verify_forgotten(
    receipts: Annotated[
        list[Path], typer.Argument(metavar="RECEIPT", help="Of `genesis people forget`.")
    ],
    runs: RunsOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Search all files, byte by byte, for what receipts say is gone; leave with 1 if any is there.

    The data folder and the runs made with it are searched, tables also as they are read, in each
    of their versions. The signature is checked first. A system may run meanwhile.

    Examples: `genesis people verify-forgotten genesis-data/receipts/default/*.json` ·
    `genesis people verify-forgotten ada.json --run /mnt/old/march --json`
    """
    from dataclasses import asdict

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.erasure.forgotten_search import unsearched, verify
    from genesis_ray.store.keys.receipts import Receipt

    settings = _settings(config, data)
    read = [Receipt.read(path) for path in receipts]
    found = [verify(settings, receipt, runs or ()) for receipt in read]
    if as_json:
        pairs = zip(read, found, strict=True)
        rows = [{"receipt_id": one.receipt_id, **asdict(searched)} for one, searched in pairs]
        typer.echo(json.dumps(rows, indent=2))
    for receipt, searched in zip(read, found, strict=True):
        if not as_json:
            stdout.print(
                f"Receipt {receipt.receipt_id} of {receipt.finished_at}, signed with key "
                f"{receipt.key_version}, public key {receipt.public_key}.",
                soft_wrap=True,
            )
            _tell_residue(searched, leave=False)
            for what in unsearched(receipt.purged):
                stdout.print(f"Not searched: {what}.", soft_wrap=True)
    if any(searched.residue for searched in found):
        raise typer.Exit(1)


def _settings(config: Path | None, data: Path | None) -> "Settings":
    from genesis_ray import settings_file
    from genesis_ray.cli.run import with_options

    return with_options(settings_file.load(config), data=data, start=None)


def _confirm(settings: "Settings", person: str, runs: "list[Path] | tuple[Path, ...]") -> None:
    from genesis_ray.cli.console import stderr
    from genesis_ray.running.people.identities import who_is_who
    from genesis_ray.running.people.naming import find
    from genesis_ray.running.reach import reach

    who = who_is_who(settings)
    known = who.person(find(who, person))
    reached = reach(settings, runs)
    others = len(who.members(known.identity_id)) - 1
    merged = f" with {others} merged into it" if others else ""
    whom = f"{known.name}, identity {known.identity_id}{merged}, in {settings.data_dir} and"
    stderr.print(whom, soft_wrap=True)
    for run in reached.runs:
        stderr.print(f"  {run.path}", soft_wrap=True)
    for missing in reached.missing:
        stderr.print(f"  not in {missing}", soft_wrap=True)
    typer.confirm("Forget them for good? Nothing brings them back.", abort=True)


def _tell(receipt: "Receipt") -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout

    heads = ("rows gone", "rows nobody's", "versions gone", "files gone")
    for folder in dict.fromkeys(_folder(each) for each in receipt.purged):
        stdout.print(f"{folder}:", soft_wrap=True)
        table = Table("store")
        for head in heads:
            table.add_column(head, justify="right")
        for each in receipt.purged:
            if _folder(each) == folder:
                table.add_row(*_cells(each))
        stdout.print(table)
    stdout.print("Not reached:")
    for place in receipt.not_reached:
        stdout.print(f"  {place}", soft_wrap=True)


def _folder(purged: "Purged") -> str:
    return purged.place if "://" in purged.place else str(Path(purged.place).parent)


def _cells(purged: "Purged") -> list[str]:
    counts = (purged.removed, purged.made_anonymous, len(purged.versions), len(purged.files))
    return [purged.store, *(f"{count:,}" if count else "" for count in counts)]


def _tell_residue(searched: "Searched", *, leave: bool = True) -> None:
    from genesis_ray.cli.console import stdout

    what = f"{searched.files:,} files, {searched.bytes:,} bytes, {searched.versions} versions"
    if not searched.residue:
        stdout.print(f"Searched: {what}. Residue: 0.")
        return
    stdout.print(f"Searched: {what}. Residue: {len(searched.residue)}:")
    for place in searched.residue:
        stdout.print(f"  {place}", soft_wrap=True)
    if leave:
        raise typer.Exit(1)
