"""What the actors of one live system are told: names and small values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from genesis_ray.domain.events import SystemState, SystemStateChanged
from genesis_ray.pipeline.producers import Evidence, TimedEvents
from genesis_ray.running.result import CameraProgress
from genesis_ray.settings import Settings
from genesis_ray.store.keys.template_keys import KeyRef
from genesis_ray.store.runs.state_log import new_key

SUPERVISOR = "supervisor"
RESOLVER_ACTOR = "resolver"
JOURNAL_ACTOR = "journal"

DIED = "its process died"
"""Why an actor was started again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSpec:
    """One live system.

    Attributes:
        run: The run folder.
        realtime: Pace recordings as they were captured, and drop what cannot be kept up with.
        dates_recordings: Have recordings begin when they begin to play, as they do beside what
            cameras show, but for those that name when they did.
        detector_app: The Serve application that has the detector.
        embedder_app: The one that has the embedder.
        template_key: The key of the tenant's face templates, by name: whoever needs it reads it.
        key: Seals the states that outlive an actor; the same for all of its restarts, see
            `system_states`.
    """

    settings: Settings
    run: Path
    realtime: bool
    detector_app: str
    embedder_app: str
    template_key: KeyRef
    dates_recordings: bool = False
    key: bytes = field(default_factory=new_key, repr=False)

    def note(self, component: str, state: SystemState, reason: str) -> SystemStateChanged:
        """Return the event that a part of this system came into a state now."""
        return SystemStateChanged(
            tenant_id=self.settings.tenant_id,
            site_id=self.settings.site_id,
            camera_id="",
            occurred_at=datetime.now(UTC),
            component=component,
            state=state,
            reason=reason,
        )


def follows_switches(spec: LiveSpec) -> bool:
    """Tell whether a system goes over to another embedder while it runs, where somebody switches.

    A recording at full speed is looked at by one from its beginning to its end.
    """
    return spec.realtime and spec.settings.faces.enabled


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a camera was at the end of a report, so that another process goes on from there.

    Attributes:
        state: What `CameraStation.resume` takes, pickled.
        camera: How far the camera was.
    """

    state: bytes
    camera: CameraProgress


@dataclass(frozen=True, slots=True)
class Resumption:
    """What a camera group needs to go on where another process was.

    Attributes:
        snapshots: By camera; none of a camera that never reported.
        foremost: Capture time that the camera which is furthest has got to.
        told: By camera, the capture time up to which it has told everything.
        left: By camera that came anew under its name, how far the one before was.
    """

    snapshots: Mapping[str, Snapshot]
    foremost: datetime
    told: Mapping[str, datetime] = field(default_factory=dict)
    left: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What a producer tells the journal: what it saw since the last time, up to `progress`.

    Attributes:
        captured_s: When the last frame of it came from the camera, in time.time()'s seconds;
            None where there is none.
    """

    producer: str
    events: TimedEvents
    progress: datetime
    snapshot: Snapshot | None = None
    captured_s: float | None = None


@dataclass(frozen=True, slots=True)
class Embedders:
    """By which embedder faces are to be embedded, as settings name them.

    Attributes:
        following: The one that comes after, to be prepared; None where none does.
    """

    present: str
    following: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a camera shows the resolver: all since the last time, up to `progress`."""

    camera_id: str
    evidence: tuple[Evidence, ...]
    progress: datetime
