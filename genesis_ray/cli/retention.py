"""`genesis retention`: letting go of what is older than it may be, and proof that it is gone."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.jobs import RunOption, run_and_settings
from genesis_ray.cli.run import ConfigOption, DataOption, parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from genesis_ray.running.erasure.retention import Gone
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder

_IN_FILES = ("rollups", "kept_photos")


def retention(
    run: RunOption = None,
    at: Annotated[
        str | None,
        typer.Option(help="As if it were this time, ISO 8601; UTC unless it says else.  [now]"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Search all files for what the last purge should have taken."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Delete what is older than `retention` in the settings allows, by capture time.

    Or move it to `retention.cold_folder`, but for kept photos. Those go first, unless a system is
    watching: it removes those of its tenant itself. Rollups of the days are made
    before, and stay. A service does this itself, once a day; this is for folders that no service
    holds. It asks first: old recordings have old times.

    Examples: `genesis retention --dry-run` · `genesis retention --run genesis-data/run` ·
    `genesis retention --verify`
    """
    from datetime import UTC, datetime

    from genesis_ray.cli.console import stderr, stdout
    from genesis_ray.running.enrolling.far_photos import sweep
    from genesis_ray.running.enrolling.kept_photos import let_go_of_expired
    from genesis_ray.running.erasure.retention import purge, would_go
    from genesis_ray.store.events.event_log import EventLog

    folder, settings = run_and_settings(run, config, data)
    if verify:
        _verify(folder, as_json=as_json)
        return
    kept = settings.retention
    now = parse_time(at, option="--at") or datetime.now(UTC)
    photos = _photos_to_go(settings, at=now)
    going = [*would_go(folder, kept, at=now), *photos]
    if not dry_run:
        if going and not yes:
            _show(going)
            where = f"Move it to {kept.cold_folder}?" if kept.cold_folder else "Delete it for good?"
            typer.confirm(where, abort=True, err=True)
        with EventLog(folder.events) as log:
            photos = let_go_of_expired(settings, at=now) if photos else []
            going = [*purge(folder, log, settings, at=now), *photos]
        if photos and (left := sweep(settings).told()):
            stderr.print(left, style="yellow", soft_wrap=True)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in going], indent=2, default=str))
    elif going:
        _show(going, "goes" if dry_run else "gone")
    else:
        stdout.print(f"Nothing in {folder.path} is too old.", soft_wrap=True)


def _photos_to_go(settings: "Settings", *, at: "datetime") -> "list[Gone]":
    """Return what this command may remove of kept photos; it says so where it may not."""
    from genesis_ray.cli.console import stderr
    from genesis_ray.running.enrolling.kept_photos import photos_to_go
    from genesis_ray.running.people.identities import watcher

    photos = photos_to_go(settings, at=at)
    process = watcher(settings) if photos else None
    if process is None:
        return photos
    stderr.print(
        f"Process {process} has the people of tenant {settings.tenant_id}, so kept photos that are "
        f"too old stay for now; a system that is watching removes them itself.",
        soft_wrap=True,
    )
    return []


def _verify(folder: "RunFolder", *, as_json: bool) -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.erasure.purged import last_purge
    from genesis_ray.running.erasure.retention import verify_purge

    last = last_purge(folder)
    if last is None:
        raise ConfigurationError(f"{folder.path} was never purged; do it with `genesis retention`")
    found = verify_purge(folder, last[1])
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2, default=str))
    else:
        table = Table(
            "table", "files read", "rows read", "too old", "oldest of those", "unreadable"
        )
        for each in found:
            table.add_row(
                each.table, f"{each.files:,}", f"{each.rows:,}", f"{each.old:,}",
                f"{each.oldest:%Y-%m-%d %H:%M}" if each.oldest else "", "\n".join(each.unreadable),
            )  # fmt: skip
        stdout.print(table)
        stdout.print(
            f"Residue of the purge of {last[0]:%Y-%m-%d %H:%M} UTC: "
            f"{sum(each.old for each in found):,} rows."
        )
    if any(each.old or each.unreadable for each in found):
        raise typer.Exit(1)


def _show(going: "list[Gone]", verb: str = "goes") -> None:
    from rich.table import Table

    from genesis_ray.cli.console import stdout

    table = Table("tenant", "table", f"{verb}, rows", "whole days", "older than (UTC)")
    for each in going:
        rows = f"{each.rows:,}" if each.table not in _IN_FILES else f"files: {each.rows:,}"
        limit = f"{each.limit:%Y-%m-%d %H:%M}"
        table.add_row(each.tenant_id, each.table, rows, f"{each.whole_days:,}", limit)
    stdout.print(table)
