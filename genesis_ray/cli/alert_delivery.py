"""`genesis alerts deliver`, `deliveries`, `redeliver` and `test`: telling alerts to people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from genesis_ray.running.alerting.deliveries import DeliveredNotice
    from genesis_ray.running.alerting.delivery import Delivery
    from genesis_ray.settings import Settings
    from genesis_ray.store.runs.outbox import OutboxRow, State
    from genesis_ray.store.runs.run_folder import RunFolder

app = typer.Typer()
"""Further commands of `genesis alerts`."""

RunOption = Annotated[
    Path | None,
    typer.Option("--run", help="The run's folder; the newest in runs/, or the service's."),
]
ChannelOption = Annotated[str | None, typer.Option("--channel", help="Only on this channel.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

_STATES: "dict[State, str]" = {
    "delivered": "delivered",
    "waiting": "waiting",
    "dead": "set aside",
    "withheld": "not for it",
}
"""How the states of an outbox are called, in the order in which they are shown."""


@app.command()
def deliver(
    config: ConfigOption = None,
    run: RunOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")
    ] = False,
) -> None:
    """Deliver the alerts of a run, all that were not told yet, to the channels of --config.

    Tries each once, and leaves with 1 where something waits for another try. A service and
    `genesis run` deliver by themselves while they watch; what `genesis reprocess` found is told by
    this command alone.
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.alerting.alert_delivery import open_delivery
    from genesis_ray.running.questions.history import run_named

    settings = settings_file.load(config)
    if not settings.delivery.channels:
        raise ConfigurationError(
            "nowhere to deliver to: name a --config with delivery.webhooks or delivery.mail, see "
            "docs/alert-delivery.md"
        )
    folder = run_named(run, settings)
    with open_delivery(settings, folder, tells_past=True) as delivery:
        if follow:
            stdout.print(f"Delivering the alerts of {folder.path}; Ctrl-C ends it.")
            _follow(delivery)
        else:
            delivery.once()
        rows = delivery.outbox.rows()
    channels = [*settings.delivery.channels]
    _print_totals(rows, channels)
    if any(row.state == "waiting" and row.channel in channels for row in rows):
        stdout.print("What waits is tried again by the next call, or with --follow.")
        raise typer.Exit(1)


@app.command("deliveries")
def list_deliveries(
    run: RunOption = None,
    channel: ChannelOption = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only what was set aside, or waits after a failure.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is not for a channel by its settings.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List which alerts of a run were told on which channel, and what came back."""
    import sys

    from genesis_ray.cli.answer import Format, show, written
    from genesis_ray.cli.console import stdout
    from genesis_ray.running.alerting.deliveries import deliveries_of, to_table, with_states
    from genesis_ray.store.runs.outbox import STATES

    folder, tenant_id = _opened(run)
    states = [state for state in STATES if everything or state != "withheld"]
    found = with_states(deliveries_of(folder, tenant_id), states, channel=channel)
    if failed:
        found = [
            each
            for each in found
            if each.row.state == "dead" or (each.row.state == "waiting" and each.row.attempts)
        ]
    if as_json:
        sys.stdout.write(written(to_table(found), Format.JSON).decode())
    elif not found:
        what = "No delivery failed" if failed else "No alert was delivered"
        stdout.print(f"{what} in {folder.path}.", soft_wrap=True)
    else:
        show(_shown(found))


@app.command()
def redeliver(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Of `deliveries`; the beginning is enough."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that was set aside.")] = False,
    channel: ChannelOption = None,
    run: RunOption = None,
) -> None:
    """Have alerts that were set aside tried again, with the id that they had.

    The service does it when it sees them, in a second; else `genesis alerts deliver` does.
    """
    from datetime import UTC, datetime

    from genesis_ray.cli.console import stdout
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.alerting import deliveries

    if bool(ids) == everything:
        raise ConfigurationError("name alerts by their ids, or all that were set aside with --all")
    folder, tenant_id = _opened(run)
    dead = deliveries.with_states(
        deliveries.deliveries_of(folder, tenant_id), ["dead"], channel=channel
    )
    if ids:
        dead = deliveries.named(dead, ids)
    count = deliveries.redeliver(folder, tenant_id, dead, at=datetime.now(UTC))
    if not count:
        stdout.print(f"Nothing is set aside in {folder.path}.", soft_wrap=True)
    else:
        stdout.print(
            f"{count} {'waits' if count == 1 else 'wait'} again, for the service or `genesis "
            f"alerts deliver`.",
            soft_wrap=True,
        )


@app.command("test")
def send_test(
    channel: Annotated[str, typer.Argument(help="As the configuration names it.")],
    config: ConfigOption = None,
) -> None:
    """Send a test on CHANNEL of --config and say what came back.

    Its `kind` is "test", the subject of a mail begins with it. It is tried once, whatever the
    channel's filters are.
    """
    import time

    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.errors import GenesisError
    from genesis_ray.running.alerting.alert_delivery import try_channel

    settings = settings_file.load(config)
    begun = time.perf_counter()
    answer = try_channel(settings, channel)
    took_ms = 1000 * (time.perf_counter() - begun)
    if answer.outcome != "delivered":
        raise GenesisError(f"{channel} did not take it: {answer.said}")
    stdout.print(f"{channel} took it in {took_ms:.0f} ms: {answer.said}")


def tell_of_undelivered(settings: "Settings", run: "RunFolder") -> None:
    """Say, at the end of a run, where alerts were not told."""
    if not settings.delivery.channels:
        return
    from collections import Counter

    from genesis_ray.cli.console import stderr
    from genesis_ray.running.alerting.deliveries import deliveries_of, with_states

    left = with_states(deliveries_of(run, settings.tenant_id), ["waiting", "dead"])
    for channel, number in Counter(each.row.channel for each in left).items():
        stderr.print(
            f"{number} {'alert was' if number == 1 else 'alerts were'} not delivered to {channel}: "
            f"`genesis alerts deliveries --failed` says why, `genesis alerts deliver --config "
            f"CONFIG` tries again.",
            soft_wrap=True,
        )


def _follow(delivery: "Delivery") -> None:
    import signal
    import threading

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    delivery.start()
    ended.wait()
    delivery.finish()


def _opened(run: Path | None) -> "tuple[RunFolder, str]":
    """Return a run and the tenant that its alerts are of."""
    from genesis_ray.running.questions.history import run_named, settings_of
    from genesis_ray.settings import Settings

    folder = run_named(run, Settings())
    return folder, settings_of(folder, None).tenant_id


def _shown(found: "Sequence[DeliveredNotice]") -> "pa.Table":
    """Return deliveries as they are shown, in the order in which they are told."""
    import pyarrow as pa

    return pa.Table.from_pylist(
        [
            {
                "id": each.event_id[:8],
                "channel": each.row.channel,
                "occurred (UTC)": f"{notice.occurred_at:%Y-%m-%d %H:%M:%S}" if notice else "",
                "severity": notice.severity if notice else "",
                "status": notice.status if notice else "",
                "alert": notice.message if notice else "(erased)",
                "delivery": _STATES[each.row.state],
                "attempts": each.row.attempts,
                "answer": each.row.said,
            }
            for each in found
            for notice in [each.notice]
        ]
    )


def _print_totals(rows: "Sequence[OutboxRow]", channels: "Sequence[str]") -> None:
    """Print how many alerts are how far, a line a channel."""
    from collections import Counter

    from rich.table import Table

    from genesis_ray.cli.console import stdout

    count = Counter((row.channel, row.state) for row in rows)
    table = Table("channel")
    for name in _STATES.values():
        table.add_column(name, justify="right")
    for channel in channels:
        table.add_row(channel, *(str(count[channel, state]) for state in _STATES))
    stdout.print(table)
