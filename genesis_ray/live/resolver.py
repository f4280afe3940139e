"""The actor that names tracks: the only writer of a tenant's gallery."""

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import ray

from genesis_ray.domain.events import Event
from genesis_ray.errors import FullDiskError, StoreError
from genesis_ray.figures import GalleryFigures
from genesis_ray.live.calls import Courier, keeper_patience_s
from genesis_ray.live.mortal import dying_of_errors
from genesis_ray.live.open_people import OpenPeople
from genesis_ray.live.safekeeping import Safekeeping
from genesis_ray.live.spec import (
    JOURNAL_ACTOR,
    RESOLVER_ACTOR,
    Embedders,
    LiveSpec,
    Shown,
    Told,
)
from genesis_ray.live.succession import Succession
from genesis_ray.pipeline.producers import RESOLVER, AdmitsEvidence, Evidence, admit_all
from genesis_ray.pipeline.resolver_stage import Resolved, ResolverStage
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.name_board import NameBoard
from genesis_ray.running.templates.face_keys import FaceKeys
from genesis_ray.running.templates.gallery_in_use import by_embedder
from genesis_ray.running.templates.tenant_keys import newest_keys
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.store.runs.substitution import substituted

if TYPE_CHECKING:
    from genesis_ray.running.people.identities import Entries, Pending

PATIENCE = timedelta(milliseconds=500)
"""In real time, how long a camera that lags is waited for: clocks of cameras agree to this."""

_CHECKPOINT_EVERY_S = 2.0
"""LanceDB grows with every commit, so visitors are stored together."""

_MOST_OF_THE_TIME = 0.05
"""That checkpoints may take; they become rarer where many faces wait for a name."""


Names = Mapping[str, dict[int, str]]
"""What tracks are called: by camera, by track id; "" where nothing any more."""


class _Learned(NamedTuple):
    """What another process needs to go on with, beside the tables.

    Attributes:
        stage: Of `ResolverStage`.
        pending: What was not stored yet of people and gallery.
        entries: Of the ledger and the register of consent, that counted.
        embedder: By which people are named, as settings name it.
    """

    stage: object
    pending: "Pending"
    names: NameBoard
    entries: "Entries"
    embedder: str


class ResolverActor:
    """A shell round `ResolverStage`, which outlives its process.

    Its methods run one at a time, in the order in which each camera group called them. The
    faces it is shown are kept before they count, and visitors are stored right after a state
    that has them: so a new process, which goes through the faces since that state again,
    finds in the gallery what the first one did, and says the same. A face that kills process
    after process is left out.

    What people decide, agree to and enrol meanwhile counts from one state on: who goes through the
    faces before it again goes by what held then. So it is with another embedder that somebody
    switched to: what is real-time goes over to it once all camera groups have it ready.

    While a disk is full it takes nothing: `take` and `watch` raise a FullDiskError, and can be
    called again.
    """

    def __init__(self, spec: LiveSpec) -> None:
        self._spec = spec
        self._kept = Safekeeping(spec, RESOLVER_ACTOR, self._note)
        self._room, self._recovery = self._kept.room, self._kept.recovery
        before: _Learned | None = self._kept.before
        settings = by_embedder(spec.settings, before.embedder) if before else spec.settings
        self._succession = Succession(settings)
        self._keys = newest_keys(spec.template_key)
        self._faces = FaceKeys(
            self._keys,
            embedder_traits(settings.faces),
            read=partial(newest_keys, spec.template_key),
            tell=partial(self._kept.note_state, "degraded"),
        )
        self._people = OpenPeople(spec, settings, self._kept.giving, self._faces.known)
        self._kept.open(
            partial(
                self._people.open,
                self._keys,
                why=", after the process died that did" if before else "",
                # Of what was decided counts what did then, so that what is said again is the same.
                entries=before and before.entries,
                pending=before and before.pending,
            )
        )
        cameras = [camera.camera_id for camera in settings.cameras]
        patience = PATIENCE if spec.realtime else None
        self._stage = ResolverStage(cameras, self._people.resolver(), patience=patience)
        self._journal = ray.get_actor(JOURNAL_ACTOR, NAMESPACE)
        self._courier: Courier[None] = Courier(patience_s=keeper_patience_s(realtime=spec.realtime))
        self._names = NameBoard()
        if before:
            self._names = before.names
            self._stage.resume(self._faces.brought_all(before.stage))
            self._forget()
            self._kept.go_through(self._apply_again)
        self._room.write(self._checkpoint)
        self._room.write(self._note_forgotten)
        self._recovery.is_over()

    def take(self, shown: Sequence[Shown]) -> Names:
        """Take cameras' next faces; return the names their tracks got, told once, by camera."""
        shown = self._under_one_key(shown)
        with self._kept.taking("_apply", shown):
            self._apply(shown)
        self._recovery.sound()
        self._faces.look()
        self._room.write(self._tell_ready)
        if time.monotonic() > self._checkpoint_due:
            self._room.write(self._checkpoint)
        return {each.camera_id: self._names.take(each.camera_id) for each in shown}

    def watch(self, camera_ids: Collection[str], anew: Collection[str] = ()) -> None:
        """Expect these cameras from now on, and no others; those of `anew` are other ones."""
        with self._kept.taking("_watch", camera_ids, anew):
            self._watch(camera_ids, anew)

    def embedders(self, group: str, ready: str) -> Embedders:
        """Return which embedder a camera group is to ask from now on, and which one to prepare.

        It has had `ready` prepared.
        """
        told = self._succession.ask(group, ready)
        if (following := self._succession.due) is None:
            return told
        begun = time.monotonic()
        self._room.catch_up()
        self._let_go()
        self._kept.when_there_is_room(partial(self._kept.keep, "_go_over", following))
        with dying_of_errors(RESOLVER_ACTOR):
            self._go_over(following)
        self._room.write(self._checkpoint)
        if self._people.settings.faces.embedder == following:
            done = f"people are named by {following}, and were by {told.present}"
            nobody_s = time.monotonic() - begun
            self._kept.note_state("changed", f"{done}; nobody was for {nobody_s:.1f} s in between")
        return self._succession.ask(group, ready)

    def give_way(self) -> None:
        """Let go of people and galleries while somebody needs them who asked for it, if so.

        Goes on then with those that are left, without who was forgotten in what it remembers, and
        under the key that the gallery has.
        """
        if not self._kept.giving.way.is_asked():
            return
        begun = time.monotonic()
        self._room.catch_up()
        self._let_go()
        self._kept.give_way()
        before = self._keys.current
        self._kept.when_there_is_room(self._open_again)
        if self._keys.current != before:
            told = f"faces are under key {self._keys.current.version}, for which nobody was named"
            self._kept.note_state("changed", f"{told} for {time.monotonic() - begun:.1f} s")

    def finish(self) -> int:
        """Save what was learned, wait until the journal has everything; return late faces.

        Raises:
            FullDiskError: There is no room for it; it can be called again.
        """
        self._room.catch_up()
        self._checkpoint(is_last=True)
        self._courier.settle()
        self._close()
        self._kept.clear()
        return self._stage.late

    def _apply(self, shown: Sequence[Shown], admits: AdmitsEvidence = admit_all) -> None:
        self._tell(
            [
                self._stage.take(each.camera_id, each.evidence, each.progress, admits)
                for each in self._under_one_key(shown)
            ]
        )

    def _under_one_key(self, shown: Sequence[Shown]) -> list[Shown]:
        """Return what is shown with each face under the gallery's key, or as not embedded."""
        brought = self._faces.brought
        return [replace(each, evidence=tuple(map(brought, each.evidence))) for each in shown]

    def _watch(
        self,
        camera_ids: Collection[str],
        anew: Collection[str],
        admits: AdmitsEvidence = admit_all,
    ) -> None:
        self._tell([self._stage.watch(camera_ids, anew, admits)])

    def _admits(self, shown: Evidence) -> bool:
        return self._recovery.admits(shown.camera_id, shown.captured_at)

    def _apply_again(self, name: str, *told: object) -> None:
        getattr(self, name)(*told, self._admits)
        self._recovery.passed()

    def _note(self, fact: Event) -> None:
        self._courier.send(partial(self._journal.take.remote, [], [fact]))

    def _tell(self, resolved: Sequence[Resolved]) -> None:
        """Tell the journal, in one call whatever it is: each waits for the one before."""
        for one in resolved:
            for named in one.named():
                self._names.put(named, self._people.identities.name_of(named.identity_id))
        events = [timed for one in resolved for timed in one.events]
        told = [Told(RESOLVER, events, one.progress) for one in resolved[-1:]]
        self._courier.send(partial(self._journal.take.remote, told))

    def _checkpoint(self, *, is_last: bool = False) -> None:
        """Make durable what was learned; then take in what people decided and enrolled since.

        The last one does no job: those that are due can wait for the next start, who stops cannot.
        """
        self._courier.settle()
        begun = time.monotonic()
        self._save()
        people = self._people
        if renewed := people.intake.take_in(people.identities):
            people.identities = renewed
            self._go_on()
            self._save()
        if people.has_left():
            people.leaving = None
            self._go_on()
        people.intake.stored(people.identities.entries)
        if people.jobs and not is_last:  # not beside: one thread finds and forgets visitors
            people.jobs.run_due()
        gallery = people.identities.gallery
        told = GalleryFigures(faces=gallery.count, recall=gallery.recall)
        self._courier.send(partial(self._journal.note_gallery.remote, told))
        now = time.monotonic()
        wait_s = max(_CHECKPOINT_EVERY_S, (now - begun) / _MOST_OF_THE_TIME)
        self._checkpoint_due = now + wait_s

    def _tell_ready(self) -> None:
        self._people.intake.ready(self._faces.ready)

    def _close(self) -> None:
        """Let go of people and galleries, with all stored that was learned."""
        with suppress(FullDiskError):  # of tidying up, which can wait
            self._people.close()

    def _save(self) -> None:
        people = self._people
        learned = _Learned(
            self._stage.state,
            people.identities.pending(),
            self._names,
            people.identities.entries,
            people.settings.faces.embedder,
        )
        self._kept.checkpoint(learned)
        people.identities.flush()

    def _go_on(self) -> None:
        """Name by who is known now, as a process would that began with the next state."""
        self._stage.go_on_with(self._people.resolver())
        self._names.rename(self._people.identities.name_of_track)

    def _let_go(self) -> None:
        """Store all, and let go of people and gallery."""
        self._checkpoint()
        self._save()  # again: what was pending in the state of before is stored now
        self._close()

    def _open_again(self) -> None:
        """Go on by the people and galleries that there are now, and by the newest key."""
        with suppress(StoreError):  # who has forgotten somebody may have lost it
            self._keys = newest_keys(self._spec.template_key).also(self._keys)
        self._faces.use(self._keys)
        self._people.open(self._keys, why=", after it gave way")
        self._stage.resume(self._faces.brought_all(self._stage.state))
        self._forget()  # first: who may not be named any more is not told apart from others then
        self._go_on()
        self._room.write(self._checkpoint)
        self._room.write(self._note_forgotten)

    def _go_over(self, embedder: str, _admits: AdmitsEvidence = admit_all) -> None:
        """Name by another embedder's gallery; by that of before where it cannot be opened."""
        before = self._people.settings
        after, why = by_embedder(before, embedder), f", by {embedder}"
        try:
            go_over = partial(self._people.open, self._keys, why=why, settings=after)
            self._kept.when_there_is_room(go_over)
        except StoreError as error:
            self._people.open(self._keys, why=f", by {before.faces.embedder} still")
            self._go_on()
            self._succession.refuse()
            still = f"people are named by {before.faces.embedder} still"
            self._kept.note_state("degraded", f"{still}, until somebody switches again: {error}")
            return
        self._faces.change_embedder(embedder_traits(after.faces))
        self._stage.resume(self._faces.brought_all(self._stage.state))
        self._forget()
        self._tell([self._stage.change_embedder(self._people.resolver())])
        self._names.rename(self._people.identities.name_of_track)
        self._succession.went_over(after)

    def _forget(self) -> None:
        """Take who is being forgotten out of what is remembered."""
        if leaving := self._people.leaving:
            self._stage.forget(leaving.identity_ids)
            self._names.forget(leaving.identity_ids)
            self._stage.resume(substituted(self._stage.state, leaving.strangers))

    def _note_forgotten(self) -> None:
        """Note that, once a state is stored which is without them."""
        if leaving := self._people.leaving:
            self._kept.giving.note(leaving)
