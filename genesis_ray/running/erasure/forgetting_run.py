"""Forgetting a person in one run folder: its tables, its actors' states, unfinished work."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from genesis_ray.analytics.present import NAMES, VISITS
from genesis_ray.analytics.stored import Table, whole
from genesis_ray.domain.recognition.forgetting import Forgetting
from genesis_ray.running.alerting.alert_delivery import outbox_folder
from genesis_ray.running.alerting.alerts import log_waiting
from genesis_ray.running.erasure.anonymous import (
    SAID,
    SCORES,
    AnonymousRows,
    differs,
    without_person,
    without_said,
    without_scores,
)
from genesis_ray.running.erasure.anonymous_alerts import ALERTS, without_alerts
from genesis_ray.running.imports.import_report import REPORT
from genesis_ray.running.questions.history import decided_in, settings_of
from genesis_ray.store.disk import sync_folder, writing_to
from genesis_ray.store.events.event_rewriting import EventRewriting
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.events.waiting_rows import waiting_rows
from genesis_ray.store.folder_tree import files_in, links_in, own_files_in, remove_folder
from genesis_ray.store.keys.receipts import Purged
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.runs.outbox import Outbox
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.schemas import EVENT_SCHEMAS

_DRAWN = "timeline.png"
"""A picture with the names of who was there, of no pixel of a camera."""

_LOOKED_AT = ("track_observations", "zone_crossings")
"""Beside what is rewritten, where a track was taken from somebody."""

Note = Callable[[Purged], None]
"""Is told what is going to be purged, before it is."""


def is_anothers(run: RunFolder, tenant_id: str) -> bool:
    """Tell whether a run was made for another tenant alone, so that it is none of this one's."""
    if run.tenant_id in (None, tenant_id) or any(run.events.glob(f"*/tenant_id={tenant_id}")):
        return False
    return not any(len(waiting_rows(run.events, table, tenant_id)) for table in EVENT_SCHEMAS)


class RunToForgetIn:
    """A run folder that nobody writes to until this is closed."""

    def __init__(self, run: RunFolder, tenant_id: str, *, stranger: str | None = None) -> None:
        """Take the folder.

        A system that runs gave way here where there is a `stranger`, as whom it goes on with the
        person: what it goes on from is its own to change.

        Raises:
            StoreError: Somebody writes there, or it cannot be read.
        """
        self.path = run.path
        self._run = run
        self._tenant_id = tenant_id
        self._opened = ExitStack()
        self._stranger = stranger
        self._prepared: _Staged | None = None
        if stranger is None:
            log_waiting(run)
        try:
            self._events = (
                self._opened.enter_context(EventRewriting(run.events))
                if run.events.is_dir()
                else None
            )
            for work in run.work.glob("*/"):
                self._opened.callback(WriteLock(work / "writer.lock").release)
        except BaseException:
            self._opened.close()
            raise

    def close(self) -> None:
        """Let others write."""
        self._opened.close()

    def prepare(self, gone: Forgetting) -> None:
        """Write beside the tables what will be in them without a person; nothing changes.

        Then `forget` does not take long, unless something else has been decided meanwhile.
        """
        if self._events:
            self._prepared = self._staged(self._events, gone)

    def forget(self, gone: Forgetting, note: Note) -> None:
        """Forget a person; killed at any point, it can be done again.

        The tables change in one step. What else goes is nobody's in particular: the states that
        actors of a system that is no more left, and what an archive's run that was cut off has
        found so far, which it finds again.
        """
        if self._events:
            staged = self._staged(self._events, gone)
            if staged.purged:
                note(staged.purged)
            self._keep_delivered(staged.renamed)
            self._events.apply()
        for store, folder in () if self._stranger else self._left():
            if files := own_files_in(folder):
                self._remove(store, folder, files, note)
        for store, file in (
            ("pictures", self._run.media / _DRAWN),
            ("import report", self.path / REPORT),
        ):
            if file.exists():
                self._remove(store, file, [file], note)

    def pictures(self) -> list[Path]:
        """Return the videos and pictures that may show anybody."""
        return sorted(path for path in files_in(self._run.media) if path.name != _DRAWN)

    def unfollowed(self) -> list[Path]:
        """Return the links to folders of which `forget` removed nothing."""
        return [link for _, folder in self._left() for link in links_in(folder)]

    def _left(self) -> tuple[tuple[str, Path], ...]:
        """Return what actors of a system that is no more and a run that was cut off have left."""
        return (
            ("states", self._run.state),
            ("archive work", self._run.work),
            ("acknowledgements", self._run.acknowledgements),
        )

    def _staged(self, events: EventRewriting, gone: Forgetting) -> "_Staged":
        """Stage the days of all tables that differ without a person, unless they are."""
        goes_by = gone.read_by, gone.identity_ids, gone.names, gone.words
        if self._prepared and self._prepared.goes_by == goes_by:
            return self._prepared
        events.discard()
        written: dict[str, Table] = {
            name: events.rows(name, self._tenant_id) for name in (NAMES, VISITS)
        }
        stored = RunTables(self._run.events, self._tenant_id)
        kept = without_person(
            written | {name: stored[name] for name in _LOOKED_AT},
            decided_in(self._run, gone.read_by),
            gone.identity_ids,
            tenant_id=self._tenant_id,
            gap_s=settings_of(self._run, None).visit_gap_s,
            stranger=self._stranger,
        )
        names, visits = whole(written[NAMES]), whole(written[VISITS])
        files = self._stage(events, NAMES, names, kept.names)
        files += self._stage(events, VISITS, visits, kept.visits)
        changed = kept.changed + self._without_scores(events, gone, kept, files)
        changed += self._without_said(events, gone, files)
        alerts, renamed = self._without_alerts(events, gone, files)
        purged = Purged(
            store="events",
            place=str(self._run.events.absolute()),
            removed=len(names) - len(kept.names),
            made_anonymous=changed + alerts,
            files=tuple(files),
        )
        return _Staged(goes_by, purged if files else None, renamed)

    def _stage(
        self, events: EventRewriting, table: str, written: pa.Table, rows: pa.Table
    ) -> list[str]:
        """Stage the days of a table that differ; return the files that go."""
        before, after = _by_day(written), _by_day(rows)
        files: list[str] = []
        for day in sorted({*before, *after}):
            old, new = (days.get(day, rows.slice(0, 0)) for days in (before, after))
            if differs(old, new):
                files += events.stage(table, self._tenant_id, day, new)
        return files

    def _without_scores(
        self, events: EventRewriting, gone: Forgetting, kept: AnonymousRows, files: list[str]
    ) -> int:
        """Stage the days with scores of the person's faces; return how many there were."""
        total = 0
        for day, rows in events.partitions(SCORES, self._tenant_id):
            rest, changed = without_scores(rows, gone.identity_ids, kept.tracks)
            if changed:
                files += events.stage(SCORES, self._tenant_id, day, rest)
            total += changed
        return total

    def _without_said(self, events: EventRewriting, gone: Forgetting, files: list[str]) -> int:
        """Stage the days with what was said of the person; return how many rows it was."""
        total = 0
        for table, kind in SAID.items():
            for day, rows in events.partitions(table, self._tenant_id):
                rest, changed = without_said(rows, kind, gone.identity_ids)
                if changed:
                    files += events.stage(table, self._tenant_id, day, rest)
                total += changed
        return total

    def _without_alerts(
        self, events: EventRewriting, gone: Forgetting, files: list[str]
    ) -> tuple[int, dict[bytes, bytes]]:
        """Stage the days with alerts about the person.

        Returns how many rows it was, and what the ids of those that have another are then.
        """
        written = events.rows(ALERTS, self._tenant_id)
        kept, changed = without_alerts(
            written, gone.identity_ids, gone.words, called=gone.names, stranger=self._stranger
        )
        if not changed:
            return 0, {}
        files += self._stage(events, ALERTS, written, kept)
        ids: list[list[Any]] = [rows["event_id"].to_pylist() for rows in (written, kept)]
        return changed, {one: other for one, other in zip(*ids, strict=True) if one != other}

    def _keep_delivered(self, renamed: Mapping[bytes, bytes]) -> None:
        """Note of alerts with another id what was noted of them, so that nobody is told anew."""
        folder = outbox_folder(self._run, self._tenant_id)
        if not renamed or not Outbox.exists(folder):
            return
        with Outbox(folder) as outbox:
            outbox.put(
                [
                    replace(row, event_id=renamed[row.event_id])
                    for row in outbox.rows()
                    if row.event_id in renamed
                ]
            )

    def _remove(self, store: str, place: Path, files: list[Path], note: Note) -> None:
        names = tuple(sorted(str(file.relative_to(self.path)) for file in files))
        note(Purged(store=store, place=str(self.path.absolute()), files=names))
        with writing_to(place.parent):
            remove_folder(place) if place.is_dir() else place.unlink()
            sync_folder(place.parent)


def _by_day(rows: pa.Table) -> Mapping[str, pa.Table]:
    days = np.asarray(rows["occurred_at"].cast(pa.date32())).astype("datetime64[D]")
    order = np.argsort(days, kind="stable")
    names, starts = np.unique(days[order], return_index=True)
    ends = [*starts, len(rows)][1:]
    in_order = rows.take(order)
    return {
        str(name): in_order.slice(start, end - start)
        for name, start, end in zip(names, starts, ends, strict=True)
    }


class _Staged(NamedTuple):
    """What is staged of a run.

    Attributes:
        goes_by: What of a `Forgetting` it was made by.
        purged: What it purges; None: nothing.
        renamed: Ids of alerts, by those that they had.
    """

    goes_by: tuple[object, ...]
    purged: Purged | None
    renamed: Mapping[bytes, bytes]
