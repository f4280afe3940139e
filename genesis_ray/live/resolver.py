"""The actor that names tracks: the only writer of a tenant's gallery."""

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import ray

from genesis_ray.domain.events import Event, SystemState
from genesis_ray.errors import StoreError
from genesis_ray.figures import GalleryFigures
from genesis_ray.live.calls import Courier, keeper_patience_s
from genesis_ray.live.mortal import dying_of_errors
from genesis_ray.live.recovery import Recovery
from genesis_ray.live.spec import DIED, JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec, Shown, Told
from genesis_ray.pipeline.producers import RESOLVER, AdmitsEvidence, Evidence, admit_all
from genesis_ray.pipeline.resolver_stage import Resolved, Resolver, ResolverStage
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.face_keys import FaceKeys
from genesis_ray.running.giving_way import KeepersWay
from genesis_ray.running.job_plans import FACE_KEEPER
from genesis_ray.running.jobs import Jobs
from genesis_ray.running.name_board import NameBoard
from genesis_ray.running.recordings import recordings_of
from genesis_ray.running.tenant_keys import newest_keys
from genesis_ray.running.turns import turn
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.store.audit_entry import Access
from genesis_ray.store.run_folder import RunFolder
from genesis_ray.store.state_log import StateLog
from genesis_ray.store.substitution import substituted

if TYPE_CHECKING:
    from genesis_ray.running.identities import Identities

PATIENCE = timedelta(milliseconds=500)
"""In real time, how long a camera that lags is waited for: clocks of cameras agree to this."""

_CHECKPOINT_EVERY_S = 2.0
"""LanceDB grows with every commit, so visitors are stored together."""

_MOST_OF_THE_TIME = 0.05
"""That checkpoints may take; they become rarer where many faces wait for a name."""


Names = Mapping[str, dict[int, str]]
"""What tracks are called: by camera, by track id; "" where nothing any more."""


class ResolverActor:
    """A shell round `ResolverStage`, which outlives its process.

    Its methods run one at a time, in the order in which each camera group called them. The
    faces it is shown are kept before they count, and visitors are stored right after a state
    that has them: so a new process, which goes through the faces since that state again,
    finds in the gallery what the first one did, and says the same. A face that kills process
    after process is left out.

    What people decide, agree to and enrol meanwhile counts from one state on: who goes through the
    faces before it again goes by what held then.
    """

    def __init__(self, spec: LiveSpec) -> None:
        # Here, so that who only starts or asks this actor does not load what opens galleries.
        from genesis_ray.running.identities import open_identities
        from genesis_ray.running.intake import Intake

        self._spec = spec
        settings = self._settings = spec.settings
        run = RunFolder.open(spec.run)
        self._giving = KeepersWay(settings, run, RESOLVER_ACTOR)
        self._giving.way.wait()
        folder = run.state / RESOLVER_ACTOR
        self._state = StateLog(folder, spec.key)
        self._recovery = Recovery(spec, RESOLVER_ACTOR, folder, on_aside=self._note)
        traits = self._traits = embedder_traits(settings.faces)
        keys = self._keys = newest_keys(spec.template_key)
        self._faces = FaceKeys(
            keys,
            traits,
            read=partial(newest_keys, spec.template_key),
            tell=partial(self._note_state, "degraded"),
        )
        self._opened = ExitStack()
        before = self._state.restore()
        # Of decisions and consent counts what did then, so that what is said again is the same.
        entries = before.state[-1] if before else None
        pending = before.state[1] if before else None
        again = ", after the process died that did" if before else ""
        self._reason = f"names tracks of the run in {spec.run}"
        access = Access(action="match", reason=f"{self._reason}{again}")
        with turn(settings):
            self._identities = open_identities(
                settings,
                traits,
                keys,
                self._opened,
                access=access,
                entries=entries,
                pending=pending,
                recordings=recordings_of(run),
            )
            self._intake = Intake(settings, keys, known=self._faces.known, needs=self._needs)
            self._intake.begin(self._identities.entries)  # others hand over, when it is their turn
        self._leaving = self._giving.leaving()
        resolver = self._built()
        self._jobs_folder = run.jobs if spec.realtime else None
        self._jobs = self._jobs_of_now()
        cameras = [camera.camera_id for camera in settings.cameras]
        self._stage = ResolverStage(cameras, resolver, patience=PATIENCE if spec.realtime else None)
        self._journal = ray.get_actor(JOURNAL_ACTOR, NAMESPACE)
        self._courier: Courier[None] = Courier(patience_s=keeper_patience_s(realtime=spec.realtime))
        self._names = NameBoard()
        if before:
            stage, _, self._names, _ = before.state
            self._stage.resume(self._faces.brought_all(stage))
            self._forget()
            with dying_of_errors(RESOLVER_ACTOR):
                for name, *arguments in before.taken:
                    getattr(self, name)(*arguments, self._admits)
                    self._recovery.passed()
            self._note_state("restarted", DIED)
        self._checkpoint()
        self._note_forgotten()
        self._recovery.is_over()

    def take(self, shown: Sequence[Shown]) -> Names:
        """Take cameras' next faces; return the names their tracks got, told once, by camera."""
        shown = self._under_one_key(shown)
        self._state.append(("_apply", shown))
        with dying_of_errors(RESOLVER_ACTOR):
            self._apply(shown)
        self._recovery.sound()
        self._faces.look()
        self._intake.ready(self._faces.ready)
        if time.monotonic() > self._checkpoint_due:
            self._checkpoint()
        return {each.camera_id: self._names.take(each.camera_id) for each in shown}

    def watch(self, camera_ids: Collection[str], anew: Collection[str] = ()) -> None:
        """Expect these cameras from now on, and no others; those of `anew` are other ones."""
        self._state.append(("_watch", camera_ids, anew))
        with dying_of_errors(RESOLVER_ACTOR):
            self._watch(camera_ids, anew)

    def give_way(self) -> None:
        """Let go of people and galleries while somebody needs them who asked for it, if so.

        Goes on then with those that are left, without who was forgotten in what it remembers, and
        under the key that the gallery has.
        """
        if not self._giving.way.is_asked():
            return
        begun = time.monotonic()
        self._checkpoint()
        self._save()  # again: what was pending in the state of before is stored now
        self._intake.close()
        self._opened.close()
        self._giving.way.give()
        self._giving.way.wait()
        before = self._keys.current
        self._open_again()
        if self._keys.current != before:
            told = f"faces are under key {self._keys.current.version}, for which nobody was named"
            self._note_state("changed", f"{told} for {time.monotonic() - begun:.1f} s")

    def finish(self) -> int:
        """Save what was learned, wait until the journal has everything; return late faces."""
        self._checkpoint(is_last=True)
        self._courier.settle()
        self._intake.close()
        self._opened.close()
        self._state.clear()
        self._recovery.sound()
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

    def _note_state(self, state: SystemState, reason: str) -> None:
        self._note(self._spec.note(RESOLVER_ACTOR, state, reason))

    def _note(self, fact: Event) -> None:
        self._courier.send(partial(self._journal.take.remote, [], [fact]))

    def _tell(self, resolved: Sequence[Resolved]) -> None:
        """Tell the journal, in one call whatever it is: each waits for the one before."""
        for one in resolved:
            for named in one.named():
                self._names.put(named, self._identities.name_of(named.identity_id))
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
        if renewed := self._intake.take_in(self._identities):
            self._adopt(renewed)
            self._save()
        if self._leaving and not self._giving.leaving():  # who it bars is gone everywhere
            self._leaving = None
            self._adopt(self._identities)
        identities = self._identities
        self._intake.stored(identities.entries)
        if self._jobs and not is_last:  # not beside: visitors are found and forgotten by one thread
            self._jobs.run_due()
        told = GalleryFigures(faces=identities.gallery.count, recall=identities.gallery.recall)
        self._courier.send(partial(self._journal.note_gallery.remote, told))
        now = time.monotonic()
        wait_s = max(_CHECKPOINT_EVERY_S, (now - begun) / _MOST_OF_THE_TIME)
        self._checkpoint_due = now + wait_s

    def _save(self) -> None:
        identities = self._identities
        learned = self._stage.state, identities.pending(), self._names
        self._state.checkpoint((*learned, identities.entries))
        identities.flush()

    def _adopt(self, identities: "Identities") -> None:
        """Name by these from now on, as a process would that began with the next state."""
        self._identities = identities
        self._stage.go_on_with(self._built())
        self._names.rename(identities.name_of_track)

    def _built(self) -> Resolver:
        from genesis_ray.running.resolver_building import build_resolver  # see above

        besides = self._leaving.identity_ids if self._leaving else ()
        return build_resolver(self._settings, self._identities, self._traits, besides=besides)

    def _jobs_of_now(self) -> Jobs | None:
        from genesis_ray.running.tidying import live_face_jobs  # see above

        if self._jobs_folder is None:
            return None
        jobs = live_face_jobs(self._settings, self._identities)
        return Jobs(jobs, self._jobs_folder, keeper=FACE_KEEPER)

    def _open_again(self) -> None:
        """Go on by the people and galleries that there are now, and by the newest key."""
        from genesis_ray.running.identities import open_identities  # see above
        from genesis_ray.running.intake import Intake

        with suppress(StoreError):  # who has forgotten somebody may have lost it
            self._keys = newest_keys(self._spec.template_key).also(self._keys)
        self._faces.use(self._keys)
        access = Access(action="match", reason=f"{self._reason}, after it gave way")
        with turn(self._settings):
            identities = open_identities(
                self._settings,
                self._traits,
                self._keys,
                self._opened,
                access=access,
                recordings=self._identities.recordings,
            )
            self._intake = Intake(
                self._settings, self._keys, known=self._faces.known, needs=self._needs
            )
            self._intake.begin(identities.entries)
        self._leaving = self._giving.leaving()
        self._stage.resume(self._faces.brought_all(self._stage.state))
        self._forget()  # first: who may not be named any more is not told apart from others then
        self._adopt(identities)
        self._jobs = self._jobs_of_now()
        self._checkpoint()
        self._note_forgotten()

    @property
    def _needs(self) -> list[int]:
        """Keys that cameras go on with: looks of a network stay under that of the beginning."""
        is_protected = self._settings.appearance.model != "colours"
        return [self._spec.template_key.version] if is_protected else []

    def _forget(self) -> None:
        """Take who is being forgotten out of what is remembered."""
        if self._leaving:
            self._stage.forget(self._leaving.identity_ids)
            self._names.forget(self._leaving.identity_ids)
            self._stage.resume(substituted(self._stage.state, self._leaving.strangers))

    def _note_forgotten(self) -> None:
        """Note that, once a state is stored which is without them."""
        if self._leaving:
            self._giving.note(self._leaving)
