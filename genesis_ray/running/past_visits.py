"""Visits that the log tells of, for who counts how often somebody comes: by who is who now."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyarrow.compute as pc

from genesis_ray.domain.alerting.past_visits import PastVisit, PastVisits
from genesis_ray.errors import GenesisError
from genesis_ray.sections.alerts import RepeatVisitorRule
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.lance.table_news import TableNews
from genesis_ray.store.tenant.tenants import LEDGER, gallery_folder, has_ledger

_log = logging.getLogger(__name__)


def visits_since(past: RunTables, settings: Settings, since: datetime) -> Iterator[PastVisit]:
    """Yield the visits of a log that began since, as they would be by who is who now."""
    # Here, because DuckDB takes memory, and few count visits.
    from genesis_ray.analytics.stored import narrowed, whole
    from genesis_ray.running.questions.history import present_tables

    tables = narrowed(present_tables(past.events, settings, settings.tenant_id), since, None)
    visits = whole(tables["visits"])
    started = visits.filter(pc.is_null(visits["ended_at"])).select(["identity_id", "started_at"])
    for identity_id, started_at in zip(
        *(started[name].to_pylist() for name in started.column_names), strict=True
    ):
        yield PastVisit(identity_id, started_at.astimezone(UTC))


class VisitNews:
    """The visits of a log, as what people decide makes them others while alerts are watched for."""

    def __init__(self, settings: Settings, past: RunTables) -> None:
        self._settings = settings
        self._past = past
        days = [each.days for each in settings.alerts if isinstance(each, RepeatVisitorRule)]
        self._within = timedelta(days=max(days, default=0))
        folder = gallery_folder(settings.data_dir, settings.tenant_id)
        self._news = TableNews(folder, (LEDGER,)) if days else None

    def look(self) -> PastVisits | None:
        """Return the visits of now; None where nobody counts them, or nothing was decided.

        What cannot be read is tried the next time.
        """
        if self._news is None or not self._news.look():
            return None
        settings = self._settings
        if not has_ledger(gallery_folder(settings.data_dir, settings.tenant_id)):
            return None
        from genesis_ray.running.people.identities import who_is_who  # galleries take memory

        try:
            since = datetime.now(UTC) - self._within
            visits = tuple(visits_since(self._past, settings, since))
            return PastVisits(visits, dict(who_is_who(settings).aliases))
        except GenesisError as error:
            _log.error("visits are not counted anew yet: %s", error)
            self._news.look_again()
            return None
