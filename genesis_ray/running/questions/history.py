"""The events of a run as they are shown: by who people are now.

Apart from `identities`, which takes its time to load, because that is not needed where nothing was
decided.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.present import PresentTables, Quarters
from genesis_ray.domain.clocks.last_word import told_at
from genesis_ray.domain.figures.rollups import Group
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED, WhoIsWho
from genesis_ray.errors import StoreError
from genesis_ray.running.erasure.purged import KeptOf
from genesis_ray.running.live_run import live_run_path
from genesis_ray.running.recordings import WatchedRun, recordings_of
from genesis_ray.running.upkeep.rollups import RunRollups
from genesis_ray.settings import Settings
from genesis_ray.store.events.last_word import last_word
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.tenants import gallery_folder, has_ledger


def present_tables(
    events: Path,
    settings: Settings,
    tenant_id: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> PresentTables:
    """Return the tables of a folder of events by what is decided when each is asked for.

    They have the rows of `tenant_id` alone, by default those of every tenant; what was decided
    for other tenants than that of `settings` then does not count. Of a time, from `since` to
    before `until`, they have the rows of events that occurred then: of a visit that goes on
    after it, the beginning alone.
    """
    own = settings.model_copy(update={"tenant_id": tenant_id or settings.tenant_id})
    return PresentTables(
        RunTables(events, tenant_id, since=since, until=until),
        lambda: decided_in(RunFolder(events.parent), _decided(own)),
        tenant_id=own.tenant_id,
        visit_gap=timedelta(seconds=settings.visit_gap_s),
        quarters=_quarters(events, tenant_id) if tenant_id and not (since or until) else None,
        purged=KeptOf(RunFolder(events.parent), tenant_id) if tenant_id else None,
        told_at=_told_at(events, tenant_id) if tenant_id else None,
        alerts=RunTables(events, tenant_id)["alerts"] if since or until else None,
        limits=Limits(
            memory_mb=settings.queries.memory_mb,
            timeout_s=settings.queries.timeout_s,
            threads=settings.queries.threads,
        ),
    )


def decided_in(run: RunFolder, who: WhoIsWho) -> WhoIsWho:
    """Return what holds of the tracks of a run, by what was decided."""
    return who.of_recordings(recordings_of(run)) if who.tells_recordings else who


def settings_of(run: RunFolder, data: Path | None) -> Settings:
    """Return the settings of a run, with its data folder elsewhere where `data` says so.

    Raises:
        StoreError: They are damaged.
    """
    # Without any it was interrupted before it said so, or made by hand.
    settings = WatchedRun(run).settings if "settings" in run.summary() else Settings()
    return settings.model_copy(update={"data_dir": data} if data else {})


def run_named(run: Path | None, settings: Settings) -> RunFolder:
    """Return the run in a folder; by default the newest, else that of the service.

    Raises:
        StoreError: There is none.
    """
    if run:
        return RunFolder.open(run)
    try:
        return RunFolder.newest()
    except StoreError:
        if live_run_path(settings).is_dir():
            return RunFolder.open(live_run_path(settings))
        raise


def asked_run(run: Path | None, data: Path | None) -> RunFolder:
    """Return the run that is asked; by default the newest, else that of the service in `data`.

    Raises:
        StoreError: There is none.
    """
    settings = Settings()
    return run_named(run, settings.model_copy(update={"data_dir": data} if data else {}))


def _quarters(events: Path, tenant_id: str) -> Quarters:
    """Return what reads a tenant's rollups, which lie beside the events."""
    rollups = RunRollups(RunFolder(events.parent))

    def quarters(
        group: Group, figures: Sequence[str], since: datetime, until: datetime
    ) -> pa.Table | None:
        return rollups.quarters(group, figures, tenant_id=tenant_id, start=since, end=until)

    return quarters


def _told_at(events: Path, tenant_id: str) -> Callable[[datetime], datetime]:
    """Return what finds up to when a tenant's events tell of people."""

    def told(now: datetime) -> datetime:
        return told_at(last_word(events, tenant_id, now=now), now)

    return told


def _decided(settings: Settings) -> WhoIsWho:
    if not has_ledger(gallery_folder(settings.data_dir, settings.tenant_id)):
        return NOTHING_DECIDED
    from genesis_ray.running.people.identities import who_is_who

    return who_is_who(settings)
