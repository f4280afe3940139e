"""The actor that keeps the log: its only writer."""

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from genesis_ray.domain.alerting.alert_events import AlertAcknowledged
from genesis_ray.domain.alerting.past_visits import PastVisits
from genesis_ray.domain.events import CameraStateChanged, Event, TrackObserved
from genesis_ray.domain.recognition.tags import TagsOf
from genesis_ray.errors import FullDiskError
from genesis_ray.figures import GalleryFigures
from genesis_ray.live.journal_figures import JournalFigures, Tally
from genesis_ray.live.resolver import PATIENCE
from genesis_ray.live.safekeeping import Safekeeping
from genesis_ray.live.spec import JOURNAL_ACTOR, LiveSpec, Resumption, Told
from genesis_ray.pipeline.counting import Layout
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import AdmitsEvents, admit_all
from genesis_ray.running.alerting.alert_rules import TagNews
from genesis_ray.running.alerting.alerts import Acknowledgements, alerts_left_open
from genesis_ray.running.assembly import build_journal
from genesis_ray.running.left_open import visits_left_open
from genesis_ray.running.past_visits import VisitNews
from genesis_ray.running.people.matches import matches_in
from genesis_ray.running.stays_left_open import exits_untold
from genesis_ray.running.upkeep.job_plans import LOG_KEEPER
from genesis_ray.running.upkeep.jobs import Jobs, in_background
from genesis_ray.running.upkeep.run_jobs import live_jobs
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.substitution import substituted

_log = logging.getLogger(__name__)

_PATIENCE = 2 * PATIENCE
"""Longer than the resolver's: what a lagging camera made it wait for has to come through."""

_ACKNOWLEDGED_WITHIN_S = 1.0
"""So soon, too, it goes by a tag that somebody put on, and by who is who."""

_CHECKPOINT_EVERY_S = 2.0
"""What was told since has to be gone through again after a restart."""

T = TypeVar("T")
"""What is known of a camera."""


class JournalActor:
    """A shell round `JournalStage` and the event log, which outlives its process.

    Its methods run one at a time, in the order in which each caller called them. What it was
    told is kept before it counts. A new process applies it again: events have the same ids
    then, and the log takes each once. What kills process after process is left out. While its disk
    is full it takes nothing: `take`, `give_up` and `watch` raise a FullDiskError, and can be called
    again.
    """

    def __init__(self, spec: LiveSpec) -> None:
        cameras = [camera.camera_id for camera in spec.settings.cameras]
        patience = _PATIENCE if spec.realtime else None
        run = self._run = RunFolder.open(spec.run)
        self._settings = spec.settings
        past = RunTables(run.events, spec.settings.tenant_id)
        journal = build_journal(spec.settings, past if spec.realtime else None)
        self._stage = JournalStage(cameras, journal, patience=patience, is_prompt=spec.realtime)
        self._is_realtime = spec.realtime
        self._tally = Tally()
        self._kept = Safekeeping(spec, JOURNAL_ACTOR, self._note)
        self._room, self._recovery = self._kept.room, self._kept.recovery
        self._log = self._kept.open(self._open_log)
        self._leaving = self._kept.giving.leaving()
        self._background = ExitStack()
        self._acknowledgements = Acknowledgements(run)
        self._tags = TagNews(spec.settings)
        self._visits = VisitNews(spec.settings, past) if spec.realtime else None
        self._looked_at = time.monotonic()  # for what people did
        self._gallery: GalleryFigures | None = None
        if before := self._kept.before:
            stage, self._tally = before
            self._stage.resume(stage)
            self._forget()
            self._kept.go_through(self._apply_again)
        elif spec.realtime:  # a recording that is watched again tells of its visits again
            self._log_all(journal.reopen(visits_left_open(past), alerts_left_open(past)))
            played = [each.camera_id for each in spec.settings.cameras if not each.is_live]
            now, tenant_id = datetime.now(UTC), spec.settings.tenant_id
            self._log_all(exits_untold(run.events, tenant_id, at=now, tell_again=played))
            for match in matches_in(past):
                journal.remember_match(*match)
            self._forget()
        self._checkpoint()
        self._note_forgotten()
        self._recovery.is_over()
        self._room.write(self._work_in_background)

    def take(self, told: Sequence[Told], notes: Sequence[Event] = ()) -> None:
        """Take what producers tell and log what is now in order; `notes` are logged at once."""
        begun = time.perf_counter()
        self._take("_applied", told, notes)
        self._recovery.sound()
        now_s = time.time()
        self._tally.latencies_s.extend(now_s - each.captured_s for each in told if each.captured_s)
        self._tally.write_s += time.perf_counter() - begun
        if time.monotonic() - self._looked_at > _ACKNOWLEDGED_WITHIN_S:
            self._take_in()
        if time.monotonic() - self._checkpoint_at > _CHECKPOINT_EVERY_S:
            self._checkpoint()

    def give_up(self, state: CameraStateChanged, notes: Sequence[Event] = ()) -> None:
        """Expect nothing more of a camera, whose last state this is; `notes` are logged at once."""
        self._take("_given_up", state, notes)

    def watch(
        self, camera_ids: Collection[str], anew: Collection[str] = (), layout: Layout | None = None
    ) -> None:
        """Expect these cameras from now on, and no others; those of `anew` are other ones.

        `layout` is what there is to count at them, unless it stays as it was.
        """
        self._take("_watched", camera_ids, anew, layout)

    def resumption(self, camera_ids: Collection[str]) -> Resumption:
        """Return where cameras were when they last told it."""
        tally = self._tally
        told = {name: at for name in camera_ids if (at := self._stage.told(name))}
        snapshots, left = _of(camera_ids, tally.snapshots), _of(camera_ids, tally.left)
        return Resumption(snapshots, self._stage.foremost, told, left)

    def note_gallery(self, gallery: GalleryFigures) -> None:
        """Take what the resolver tells of its gallery, to tell it on."""
        self._gallery = gallery

    def figures(self) -> JournalFigures:
        """Return what has been counted so far."""
        tally = self._tally
        return JournalFigures(
            tally.by_class.total(),
            self._stage.late,
            tally.first_event_at,
            tally.last_event_at,
            tally.write_s,
            dict(tally.by_class),
            dict(tally.set_aside),
            self._stage.progress,
            dict(tally.system),
            tally.latency_s() if self._is_realtime else {},
            self._gallery,
            self._stage.match_levels(),
            dict(tally.rejections),
            self._stage.counts(),
        )

    def give_way(self) -> None:
        """Let go of the log while somebody is forgotten who asked for it, if so.

        Goes on then without the person in what it remembers.

        Raises:
            FullDiskError: There is no room for what was taken; it has let go of nothing.
        """
        if not self._kept.giving.way.is_asked():
            return
        self._write_all()
        self._checkpoint()
        self._room.catch_up()
        self._close()
        self._kept.give_way()
        self._log = self._kept.when_there_is_room(self._open_log)
        self._leaving = self._kept.giving.leaving()
        self._forget()
        self._checkpoint()
        self._note_forgotten()
        self._room.write(self._work_in_background)

    def finish(self) -> JournalFigures:
        """Commit the log; nothing may be taken after this.

        Raises:
            FullDiskError: There is no room for what was taken; it can be called again.
        """
        self._write_all()
        self._close()
        self._kept.clear()
        return self.figures()

    def _applied(
        self, told: Sequence[Told], notes: Sequence[Event], admits: AdmitsEvents = admit_all
    ) -> Iterator[Sequence[Event]]:
        """Apply what was told; yield what is to be logged, an item's before the next is begun."""
        was_done = self._stage.is_done
        yield notes
        for each in told:
            yield from self._stage.take_each(each.producer, each.events, each.progress, admits)
            if each.snapshot:
                self._tally.snapshots[each.producer] = each.snapshot
        if self._stage.is_done and not was_done:
            yield self._stage.finish()

    def _given_up(
        self, state: CameraStateChanged, notes: Sequence[Event], admits: AdmitsEvents = admit_all
    ) -> Iterator[Sequence[Event]]:
        was_done = self._stage.is_done
        yield notes
        yield from self._stage.give_up_each(state, admits)
        if self._stage.is_done and not was_done:
            yield self._stage.finish()

    def _watched(
        self,
        camera_ids: Collection[str],
        anew: Collection[str],
        layout: Layout | None,
        admits: AdmitsEvents = admit_all,
    ) -> Iterator[Sequence[Event]]:
        if layout:
            self._stage.lay_out(layout)
        tally = self._tally
        tally.snapshots = _of(set(camera_ids) - set(anew), tally.snapshots)
        left = {name: at for name in anew if (at := self._stage.told(name))}
        tally.left = _of(camera_ids, tally.left | left)
        return self._stage.watch_each(camera_ids, anew, admits)

    def _write_all(self) -> None:
        """Log all that was taken.

        Raises:
            FullDiskError: There is no room for it.
        """
        self._room.catch_up()
        self._take_in()
        self._room.catch_up()

    def _close(self) -> None:
        self._background.close()
        try:
            self._log.close()
        except FullDiskError as error:
            _log.warning("%s; what the tables do not have stays in the write-ahead log", error)

    def _take_in(self) -> None:
        """Log what people acknowledged since the last time, and go by what they decided."""
        for name, event in self._acknowledgements.waiting():
            self._take_in_any_case("_acknowledged", event)
            self._room.write(partial(self._acknowledgements.done, name))
        if (tags := self._tags.look()) is not None:
            self._take_in_any_case("_retagged", tags)
        if self._visits and (past := self._visits.look()) is not None:
            self._take_in_any_case("_recounted", past)
        self._looked_at = time.monotonic()

    def _take(self, name: str, *told: object) -> None:
        """Keep what is told, then log what the method of that name makes of it.

        Raises:
            FullDiskError: There is no room for it; nothing is taken.
        """
        with self._kept.taking(name, *told):
            self._log_all([fact for facts in getattr(self, name)(*told) for fact in facts])

    def _take_in_any_case(self, name: str, told: object) -> None:
        """Take what nobody will tell again: by what has no room yet it goes all the same."""
        self._room.write(partial(self._kept.keep, name, told))
        self._log_all([fact for facts in getattr(self, name)(told) for fact in facts])

    def _acknowledged(
        self,
        event: AlertAcknowledged,
        admits: AdmitsEvents = admit_all,  # noqa: ARG002
    ) -> Iterator[Sequence[Event]]:
        yield self._stage.acknowledge(event)

    def _retagged(
        self,
        tags: TagsOf,
        admits: AdmitsEvents = admit_all,  # noqa: ARG002
    ) -> Iterator[Sequence[Event]]:
        yield self._stage.retag(tags)

    def _recounted(
        self,
        past: PastVisits,
        admits: AdmitsEvents = admit_all,  # noqa: ARG002
    ) -> Iterator[Sequence[Event]]:
        yield self._stage.recount(past)

    def _apply_again(self, name: str, *told: object) -> None:
        """Log what was taken before, so that it is known of which item a process dies."""
        for facts in getattr(self, name)(*told, self._admits):
            self._log_all(facts)
            self._recovery.passed()

    def _admits(self, at: datetime, together: Sequence[Event]) -> bool:
        if not together:
            return True
        frames = (event.frame_index for event in together if isinstance(event, TrackObserved))
        return self._recovery.admits(together[0].camera_id, at, next(frames, None))

    def _note(self, fact: Event) -> None:
        self._log_all([fact])

    def _log_all(self, facts: Sequence[Event]) -> None:
        if facts:
            self._room.write(partial(self._append, facts))
            self._tally.count(facts, now_s=time.time())

    def _append(self, facts: Sequence[Event]) -> None:
        self._log.append(facts)

    def _open_log(self) -> EventLog:
        return EventLog(self._run.events)

    def _work_in_background(self) -> None:
        if self._is_realtime:  # else times are those of recordings, and say nothing of age
            jobs = live_jobs(self._run, self._log, self._settings)
            background = in_background(Jobs(jobs, self._run.jobs, keeper=LOG_KEEPER))
            self._background.enter_context(background)

    def _forget(self) -> None:
        """Go on with who is being forgotten as somebody who is not known."""
        if self._leaving:
            names = self._leaving.strangers
            self._stage.rename(names)
            self._stage.resume(substituted(self._stage.state, names))

    def _note_forgotten(self) -> None:
        """Note that, once a state is stored which is without them."""
        if self._leaving:
            self._room.write(partial(self._kept.giving.note, self._leaving))
            self._leaving = None

    def _checkpoint(self) -> None:
        """Store the state once all that led to it is in the log."""
        self._room.write(self._save)
        self._checkpoint_at = time.monotonic()

    def _save(self) -> None:
        self._log.flush()  # a state that outlives the machine must not know more than the log
        self._kept.checkpoint((self._stage.state, self._tally))


def _of(camera_ids: Collection[str], each: Mapping[str, T]) -> dict[str, T]:
    return {camera_id: each[camera_id] for camera_id in camera_ids if camera_id in each}
