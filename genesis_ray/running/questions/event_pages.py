"""Pages of a run's event tables, by who people are now, whatever the log's size."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.analytics.present import ALERTS, NAMES, SAID, VISITS, PresentTables
from genesis_ray.domain.figures.event_page import PageRequest
from genesis_ray.running.questions.history import present_tables
from genesis_ray.settings import Settings
from genesis_ray.store.events.damaged import DamagedFiles
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.event_pages import page_of, place_behind, read_page
from genesis_ray.store.events.selection import Selection


class EventPages:
    """Reads pages of one tenant's event tables, and of the files only what they need.

    Rows are those that `present_tables` has. Once somebody decided who is who, the visits of who
    that is about are made anew for each page, from the rows of these identities in all files.
    """

    def __init__(self, events: Path, settings: Settings) -> None:
        """Read from a folder of events, which may be missing and come later."""
        self._folder = EventFolder(events)
        self._tenant_id = settings.tenant_id
        self._present: PresentTables = present_tables(events, settings, settings.tenant_id)
        self._damaged = DamagedFiles()

    def __call__(self, table: str, wanted: PageRequest) -> pa.Table:
        """Return a page of an event table, in its schema.

        Raises:
            StoreError: The folder has a later schema version.
        """
        match table:
            case "face_recognitions":
                return self._shown(NAMES, wanted, self._present.names_now)
            case "visits":
                return self._visits(wanted)
        if table in (ALERTS, *SAID):
            return self._shown(table, wanted, partial(self._present.said_now, table))
        return self._written(table, wanted)

    def _visits(self, wanted: PageRequest) -> pa.Table:
        now = self._present.visits_now()
        if now is None:
            return self._written(VISITS, wanted)
        touched = pa.array(sorted(now.identity_ids), pa.string())

        def as_written(page: pa.Table) -> pa.Table:
            return page.filter(pc.invert(pc.is_in(page["identity_id"], value_set=touched)))

        return page_of(
            pa.concat_tables([self._shown(VISITS, wanted, as_written), now.rows]), wanted
        )

    def _shown(
        self, table: str, wanted: PageRequest, shown: Callable[[pa.Table], pa.Table]
    ) -> pa.Table:
        """Return a page of what rows are shown as, of which some are not."""
        pages: list[pa.Table] = []
        left = wanted
        while True:
            written = self._written(table, left)
            pages.append(shown(written))
            enough = sum(map(len, pages)) >= wanted.limit
            if enough or len(written) < wanted.limit:
                return pa.concat_tables(pages).slice(0, wanted.limit)
            left = left.behind(place_behind(written))

    def _written(self, table: str, wanted: PageRequest) -> pa.Table:
        selection = Selection(folder=self._folder, table=table, tenant_id=self._tenant_id)
        return read_page(selection, wanted, self._damaged)
