"""The people and the gallery that a resolver has open, and the way in for what comes to them."""

from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import TYPE_CHECKING

from genesis_ray.domain.tracking.track_sights import Recordings
from genesis_ray.live.spec import LiveSpec, follows_switches
from genesis_ray.pipeline.resolver_stage import Resolver
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.people.giving_way import KeepersWay
from genesis_ray.running.people.turns import turn
from genesis_ray.running.recordings import recordings_of
from genesis_ray.running.upkeep.job_plans import FACE_KEEPER
from genesis_ray.running.upkeep.jobs import Jobs
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from genesis_ray.running.erasure.forgetting_intent import Intent
    from genesis_ray.running.people.identities import Entries, Identities, Pending
    from genesis_ray.running.people.intake import Intake


class OpenPeople:
    """One tenant's people, with the gallery of one embedder under one key, open for writing.

    Attributes:
        settings: The system's, with the embedder of the gallery.
        identities: Whom tracks are named by; set to what `intake` takes in.
        intake: The way in for what people decide, agree to and enrol.
        leaving: Who is being forgotten, and is to be named no more.
        jobs: What is done now and then, by a system in real time.
    """

    identities: "Identities"
    intake: "Intake"

    def __init__(
        self, spec: LiveSpec, settings: Settings, way: KeepersWay, known: Callable[[], KeyRing]
    ) -> None:
        """Open nothing yet; `known` returns all keys that there are by now."""
        self.settings = settings
        self.leaving: Intent | None = None
        self.jobs: Jobs | None = None
        self._spec = spec
        self._run = RunFolder(spec.run)
        self._way = way
        self._recordings: Recordings = recordings_of(self._run)
        self._known = known
        self._opened = ExitStack()

    def open(
        self,
        keys: KeyRing,
        *,
        why: str,
        settings: Settings | None = None,
        entries: "Entries | None" = None,
        pending: "Pending | None" = None,
    ) -> None:
        """Open all, closing first what is open; by other `settings` where some are given.

        What `entries` and `pending` are, `open_identities` says; `why` is for the audit log.

        Raises:
            StoreError: Something cannot be opened; nothing is open then.
        """
        # Here, so that who only starts or asks a resolver does not load what opens galleries.
        from genesis_ray.running.people.identities import open_identities
        from genesis_ray.running.people.intake import Intake

        settings = settings or self.settings
        traits = embedder_traits(settings.faces)
        reason = f"names tracks of the run in {self._spec.run}{why}"
        with turn(settings):
            self.close()
            try:
                self.identities = open_identities(
                    settings,
                    traits,
                    keys,
                    self._opened,
                    access=Access(action="match", reason=reason),
                    entries=entries,
                    pending=pending,
                    recordings=self._recordings,
                )
            except BaseException:
                self._opened.close()
                raise
            self.settings = settings
            self.intake = Intake(
                settings,
                keys,
                known=self._known,
                follows=follows_switches(self._spec),
            )
            self.intake.begin(self.identities.entries)  # others hand over, when it is their turn
        self.leaving = self._way.leaving()
        self.jobs = self._jobs_of_now()

    def close(self) -> None:
        """Let go of all, if it is open; what is not stored is lost."""
        if hasattr(self, "intake"):
            self.intake.close()
        self._opened.close()

    def resolver(self) -> Resolver:
        """Return what names tracks by these, and by nobody who is leaving."""
        from genesis_ray.running.resolver_building import build_resolver  # see above

        besides: Collection[str] = self.leaving.identity_ids if self.leaving else ()
        traits = embedder_traits(self.settings.faces)
        return build_resolver(self.settings, self.identities, traits, besides=besides)

    def has_left(self) -> bool:
        """Tell whether who was leaving is gone everywhere since."""
        return self.leaving is not None and self._way.leaving() is None

    def _jobs_of_now(self) -> Jobs | None:
        from genesis_ray.running.erasure.tidying import live_face_jobs  # see above

        if not self._spec.realtime:
            return None
        jobs = live_face_jobs(self.settings, self.identities)
        return Jobs(jobs, self._run.jobs, keeper=FACE_KEEPER)
