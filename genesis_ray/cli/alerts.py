"""`genesis alerts`: what people were to be told of, and who looks after it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genesis_ray.cli.repairs import user_or

if TYPE_CHECKING:
    import pyarrow as pa

    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.run_folder import RunFolder

app = typer.Typer(
    name="alerts", help="See alerts, and say who looks after them.", no_args_is_help=True
)

RunOption = Annotated[
    Path | None,
    typer.Option("--run", help="The run's folder; the newest in runs/, or the service's."),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of people and galleries, if not where the run has it."),
]
_SEVERITIES = Literal["info", "warning", "critical"]


@app.command("list")
def list_alerts(
    run: RunOption = None,
    data: DataOption = None,
    is_open: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    severity: Annotated[
        _SEVERITIES | None, typer.Option(help="Only those that are so grave now.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List the alerts of a run, each as it is now. Rules are in the configuration.

    People are those whom the alert's track is by what was decided since (`genesis people log`).

    Examples: `genesis alerts list --open` · `genesis alerts list --severity critical --json`
    """
    import sys

    from genesis_ray.analytics.alerts import present
    from genesis_ray.cli.answer import Format, show, written
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.query import warn_without_people
    from genesis_ray.running.questions.history import present_tables

    folder, settings = _opened(run, data)
    warn_without_people(folder, settings, data)
    tables = present_tables(folder.events, settings, settings.tenant_id)
    found = present(tables, is_open=is_open or None, severity=severity)
    if as_json:
        sys.stdout.write(written(found, Format.JSON).decode())
    elif not len(found):
        which = f"No {severity or ''} alert is open" if is_open else f"No {severity or ''} alert"
        stdout.print(f"{' '.join(which.split())} in {folder.path}.", soft_wrap=True)
    else:
        show(_shown(found, settings))


@app.command()
def ack(
    alert: Annotated[
        str, typer.Argument(metavar="ALERT", help="Of `list`; its beginning is enough.")
    ],
    by: Annotated[
        str | None, typer.Option(help="Who looks after it; the user of this system by default.")
    ] = None,
    why: Annotated[str, typer.Option(help="What was found or done, for who reads it later.")] = "",
    run: RunOption = None,
    data: DataOption = None,
) -> None:
    """Say that somebody looks after an alert, so that it escalates no more.

    Works while a system watches, which takes it in within a second or two, and while none does.
    An alert whose condition has no end, as a false merge, is over with that.

    Examples: `genesis alerts ack 3f2a` · `genesis alerts ack 3f2a --by eve --why "till 2 opened"`
    """
    from datetime import UTC, datetime

    from genesis_ray.cli.console import stdout
    from genesis_ray.running.alerting import alerts

    folder, settings = _opened(run, data)
    own = [each for each in alerts.alerts_of(folder) if each.tenant_id == settings.tenant_id]
    chosen = alerts.chosen(own, alert)
    name = user_or(by)
    is_logged = alerts.acknowledge(folder, chosen, by=name, why=why, at=datetime.now(UTC))
    told = "" if is_logged else "; the system that watches takes it in now"
    stdout.print(
        f"{name} looks after alert {chosen.alert_id[:8]} ({chosen.message}){told}.",
        soft_wrap=True,
    )


def _opened(run: Path | None, data: Path | None) -> "tuple[RunFolder, Settings]":
    from genesis_ray.running.questions.history import run_named, settings_of
    from genesis_ray.settings import Settings

    given = Settings().model_copy(update={"data_dir": data} if data else {})
    folder = run_named(run, given)
    return folder, settings_of(folder, data)


def _shown(found: "pa.Table", settings: "Settings") -> "pa.Table":
    """Return alerts as they are shown: short ids, names of people."""
    import pyarrow as pa

    from genesis_ray.running.people.who import names_now

    rows = found.to_pylist()
    names = names_now(settings, {row["identity_id"] for row in rows if row["identity_id"]})
    return pa.Table.from_pylist(
        [
            {
                "alert": row["alert_id"][:8],
                "raised (UTC)": f"{row['raised_at']:%Y-%m-%d %H:%M:%S}",
                "rule": row["rule_id"],
                "severity": row["severity"],
                "status": row["status"],
                "who": names.get(row["identity_id"], ""),
                "message": row["message"],
                "looked after by": row["acknowledged_by"],
            }
            for row in rows
        ]
    )
