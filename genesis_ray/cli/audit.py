"""`genesis audit`: who read face templates, when and why, and whether that record is whole."""

import json
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from genesis_ray.cli.people import JsonOption
from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.store.audit.audit_check import Verification
    from genesis_ray.store.audit.audit_entry import AuditEntry

app = typer.Typer(
    name="audit", help="See who read face templates, when and why.", no_args_is_help=True
)

_DAMAGED = 1


@app.command("list")
def list_entries(
    since: Annotated[
        str | None, typer.Option(help="Not before, ISO 8601, UTC unless it says else.")
    ] = None,
    action: Annotated[
        str | None, typer.Option(help="match, enroll, rotate, backup, restore, ...")
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(
            help="Readings of this one's faces: a name or an identity. Those of "
            "everybody's are among them."
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """List the readings of face templates, the oldest first.

    Examples: `genesis audit list --since 2026-01-05` · `genesis audit list --person Ada`
    """
    import pyarrow as pa

    from genesis_ray import settings_file
    from genesis_ray.cli.answer import show
    from genesis_ray.cli.console import headed, stderr, stdout
    from genesis_ray.cli.run import parse_time, with_options
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.people.audited_people import digests_of_person, names_in_log
    from genesis_ray.running.people.auditing import audit_log
    from genesis_ray.store.audit.audit_entry import Action

    settings = with_options(settings_file.load(config), data=data, start=None)
    log = audit_log(settings)
    not_before = parse_time(since, "--since")
    if action not in (None, *get_args(Action)):
        raise ConfigurationError(
            f"--action: expected one of {', '.join(get_args(Action))}, got {action!r}"
        )
    wanted = digests_of_person(settings, person) if person else None
    entries = [
        entry
        for entry in log.entries()
        if (not_before is None or entry.at >= not_before)
        and (action is None or entry.action == action)
        and (wanted is None or _is_about(entry, wanted))
    ]
    names = names_in_log(settings)
    if as_json:
        typer.echo(json.dumps([_to_json(each, names) for each in entries], indent=2))
    elif entries:
        show(pa.Table.from_pylist([_row(each, names) for each in entries]))
    else:
        stdout.print("No reading of face templates is noted; none, or none of those.")
    if problem := log.verify().problem:
        stderr.print(
            headed("The log is damaged:", f"{problem}; see `genesis audit verify`.", "bold red"),
            soft_wrap=True,
        )


@app.command()
def verify(
    known: Annotated[
        str | None,
        typer.Option(
            "--known",
            metavar="ENTRY:HASH",
            help="What an earlier call told, to see that it is still so.",
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Check that no entry was changed, taken out, or cut off the end; leave with 1 otherwise.

    Note its last line elsewhere, and give it to a later call as --known: by that even a whole log
    that was put back from a copy is noticed.

    Examples: `genesis audit verify` · `genesis audit verify --known 41:9f86d081884c7d65`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import headed, stderr, stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.people.auditing import audit_log

    settings = with_options(settings_file.load(config), data=data, start=None)
    found = audit_log(settings).verify(known=_known(known))
    if as_json:
        typer.echo(json.dumps(_verification(found), indent=2))
    else:
        for each in found.notes:
            stdout.print(f"Note: {each}.", soft_wrap=True)
        count = "1 entry is" if found.entries == 1 else f"{found.entries:,} entries are"
        if found.problem:
            stderr.print(
                headed(
                    f"The audit log of tenant {settings.tenant_id} is damaged:",
                    f"{found.problem}. {count} good before that.",
                    "bold red",
                ),
                soft_wrap=True,
            )
        elif not found.entries:
            stdout.print("No reading of face templates is noted yet.")
        else:
            stdout.print(f"{count} whole. The last is {_end(found)}.", soft_wrap=True)
    if found.problem:
        raise typer.Exit(_DAMAGED)


def _known(text: str | None) -> tuple[int, str] | None:
    from genesis_ray.errors import ConfigurationError

    if text is None:
        return None
    number, _, link = text.partition(":")
    if not number.isdecimal() or not link or not set(link) <= set("0123456789abcdef"):
        raise ConfigurationError(
            f"--known: expected ENTRY:HASH, as `genesis audit verify` tells it, got {text!r}"
        )
    return int(number), link


def _is_about(entry: "AuditEntry", wanted: set[tuple[int, str]]) -> bool:
    if entry.people is None:
        return True
    return any((entry.key_version, each) in wanted for each in entry.people)


def _whose(entry: "AuditEntry", names: dict[tuple[int, str], str]) -> list[str] | None:
    """Return whose templates were read; "unknown" for whom no person or key is there any more."""
    if entry.people is None:
        return None
    return [names.get((entry.key_version, each), "unknown") for each in entry.people]


def _row(entry: "AuditEntry", names: dict[tuple[int, str], str]) -> dict[str, Any]:
    whose = _whose(entry, names)
    return {
        "entry": entry.seq,
        "when (UTC)": f"{entry.at:%Y-%m-%d %H:%M}",
        "by": entry.by,
        "action": entry.action,
        "whose": "everybody" if whose is None else ", ".join(whose),
        "why": entry.reason,
    }


def _to_json(entry: "AuditEntry", names: dict[tuple[int, str], str]) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(entry), "at": entry.at.isoformat(), "names": _whose(entry, names)}


def _verification(found: "Verification") -> dict[str, Any]:
    return {
        "whole": found.problem is None,
        "problem": found.problem,
        "entries": found.entries,
        "last": {"entry": found.end.seq, "hash": found.end.hash} if found.entries else None,
        "notes": list(found.notes),
    }


def _end(found: "Verification") -> str:
    return f"{found.end.seq}:{found.end.hash}"
