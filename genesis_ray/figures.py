"""What a live system counts: its figures, whoever shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from genesis_ray.domain.alerting.delivery import ChannelKind, DeliveryFigures
from genesis_ray.domain.clocks.ordering import DONE, NOT_BEGUN
from genesis_ray.domain.events import FalseMergeFound
from genesis_ray.domain.recognition.drift import MatchLevel
from genesis_ray.pipeline.counting import SiteCounts
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.stage_clock import Stage
from genesis_ray.store.galleries.recall import Recall
from genesis_ray.vision.memory_guard import MemoryState


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlace:
    """A process that watches cameras.

    Attributes:
        node: Ray's id of the node that it is on; None as long as none has room for it.
        cameras: Those that it watches, by name.
        waiting: Reports that resolver and journal have not taken yet.
    """

    name: str
    node: str | None
    cameras: tuple[str, ...]
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryFigures:
    """The gallery that faces are looked for in.

    Attributes:
        recall: How well its index finds; None where all faces are searched.
    """

    faces: int
    recall: Recall | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a live system has counted since it started.

    Attributes:
        events: Logged so far, by the name of their class.
        system: System states logged so far, by component and state.
        groups: The processes that watch the cameras.
        latency_s: From capture to the log, by quantile; empty where nothing is in real time.
        set_aside: Dead letters by their unit and the stage that failed.
        match_levels: How alike matches are, by camera.
        site: Who went over lines, and who is in zones; None until the journal has told.
        rejections: Names that the spatiotemporal gate refused, by the reason.
        late: Groups of events that came after their turn.
        logged_until: Capture time up to which everything is in the log; `datetime.min` before
            the first frame, `datetime.max` after the last.
        replicas: How many of each model are up, where it is a service.
        memory: How each replica gets on with its GPU's memory, by its model and its name.
        gallery: None until the resolver has told of it.
        full_disks: Who waits for room on a disk, the journal or the resolver, and what to do.
        deliveries: How alerts are delivered, by the kind of channel; of none where there is none.
    """

    cameras: tuple[CameraProgress, ...] = ()
    events: Mapping[str, int] = field(default_factory=dict)
    system: Mapping[tuple[str, str], int] = field(default_factory=dict)
    groups: tuple[GroupPlace, ...] = ()
    latency_s: Mapping[float, float] = field(default_factory=dict)
    set_aside: Mapping[tuple[str, str], int] = field(default_factory=dict)
    match_levels: Mapping[str, MatchLevel] = field(default_factory=dict)
    site: SiteCounts | None = None
    rejections: Mapping[str, int] = field(default_factory=dict)
    late: int = 0
    stage_s: Mapping[Stage, float] = field(default_factory=dict)
    logged_until: datetime = NOT_BEGUN
    replicas: Mapping[str, int] = field(default_factory=dict)
    memory: Mapping[tuple[str, str], MemoryState] = field(default_factory=dict)
    gallery: GalleryFigures | None = None
    full_disks: Mapping[str, str] = field(default_factory=dict)
    deliveries: Mapping[ChannelKind, DeliveryFigures] = field(default_factory=dict)

    @property
    def false_merges(self) -> int:
        """Times that one identity was found in two places at once, or two people on one track."""
        return self.events.get(FalseMergeFound.__name__, 0)

    @property
    def moment(self) -> datetime | None:
        """The capture time that is now; None before the first frame and after the last."""
        return None if self.logged_until in (NOT_BEGUN, DONE) else self.logged_until
