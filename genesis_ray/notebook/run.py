"""A run as Python sees it: tables, questions as methods, SQL, charts."""

from datetime import datetime
from os import PathLike
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from genesis_ray.analytics import query
from genesis_ray.notebook.charts import Charts
from genesis_ray.notebook.page import page_of
from genesis_ray.notebook.questions import Questions
from genesis_ray.notebook.tables import WithPeople, data_folder
from genesis_ray.running.questions.asking import Moment, range_of
from genesis_ray.running.questions.history import present_tables, run_named, settings_of
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder


class Run(Questions):
    """What a run, or a service that goes on, has seen. `genesis_ray.open_run` opens one.

    Every question is a method that returns an Arrow table; `.to_pandas()` shows it. They are of
    [since, until): datetimes, dates, or text as "2026-01-05T14:30", "today", "-7d"; without an
    offset of the site's clock. By default they reach from the first event to the last. Times in
    answers are the site's. What is counted, and what columns mean, is in docs/questions.md.

    Attributes:
        tables: The event tables by name, as `sql` has them. Each is read when it is asked for,
            and so are decisions about who is who.
        settings: What the run was made with.
        chart: The same questions as plotly figures.
        time_zone: Of the site.
        tenant: Whose rows these are.
    """

    def __init__(self, folder: RunFolder, settings: Settings, tenant: str) -> None:
        own = settings.model_copy(update={"tenant_id": tenant})
        tables = WithPeople(present_tables(folder.events, own, tenant), own)
        super().__init__(tables, own)
        self.settings = settings
        self._folder = folder
        self.tenant = tenant
        self.chart = Charts(self)

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self._folder.path

    @property
    def cameras(self) -> tuple[CameraSettings, ...]:
        """The cameras as they were set up, with their zones and lines."""
        return self.settings.cameras

    @property
    def period(self) -> tuple[datetime, datetime]:
        """From the first event to just after the last, on the site's clock: the default range.

        Raises:
            ConfigurationError: There are no events.
        """
        return self.range()

    def range(
        self, since: Moment | None = None, until: Moment | None = None
    ) -> tuple[datetime, datetime]:
        """Return the range that questions understand by these, on the site's clock."""
        start, end = range_of(self.tables, since, until, time_zone=self.time_zone)
        zone = ZoneInfo(self.time_zone)
        return start.astimezone(zone), end.astimezone(zone)

    def sql(self, sql: str, params: query.Params | None = None) -> pa.Table:
        """Return what a query in DuckDB's SQL gives; it reads `tables` and can do nothing else.

        `people` has who is known: identity_id, name, kind, enrolled_at. Times are UTC. See
        docs/query.md.

        Args:
            sql: One query.
            params: Values of its `$name` or `?` placeholders.

        Raises:
            GenesisError: It is wrong, or wants to write or to read something else.
        """
        return query.run(sql, self.tables, params)

    def describe(self) -> pa.Table:
        """Return the tables that `sql` can name: table, rows, columns."""
        return query.describe(self.tables)

    def __repr__(self) -> str:
        return f"<Run {self.path}, tenant {self.tenant}>"

    def _repr_html_(self) -> str:
        return page_of(self)


def open_run(
    path: str | PathLike[str] | None = None,
    *,
    data: str | PathLike[str] | None = None,
    tenant: str | None = None,
) -> Run:
    """Open a run: see `genesis_ray.open_run`."""
    folder = run_named(Path(path) if path is not None else None, Settings())
    known = settings_of(folder, Path(data) if data is not None else None)
    settings = known.model_copy(update={"data_dir": data_folder(known, folder.path)})
    return Run(folder, settings, tenant or settings.tenant_id)
