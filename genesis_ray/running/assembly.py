"""From settings to objects: the one place that knows how the parts are put together."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.drift import DriftPolicy
from genesis_ray.domain.recognition.face_choice import ChoicePolicy, FaceChoice
from genesis_ray.domain.recognition.impostors import ImpostorTail
from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.domain.tracking.track_ids import first_track_id
from genesis_ray.pipeline.counting import Counting
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.track_memory import EVIDENCE_KEPT
from genesis_ray.running.alerting.alert_rules import build_alerting
from genesis_ray.running.viewing import COLOURS, Viewing
from genesis_ray.running.zones.places import layout_of, lines_of, masks_of, zones_of
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.models import DetectorSettings, FaceSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import RunTables
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.faces import EmbeddedFace, FaceCrop, GradedFace
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.memory_guard import MemoryState
from genesis_ray.vision.tiling import Tiler

if TYPE_CHECKING:
    from genesis_ray.pipeline.observer import FaceSchedule
    from genesis_ray.running.station import CameraStation

SYNTHETIC = "synthetic"
"""The model name of the stand-ins that find and tell apart the figures of a synthetic film."""


class Detector(Protocol):
    """Finds people."""

    def detect(self, stack: npt.NDArray[np.uint8]) -> list[Detections]:
        """Find the people in uint8 [n, height, width, 3], normalised to that picture."""

    @property
    def memory(self) -> MemoryState:
        """How it gets on with a GPU's memory."""


class EmbedderTraits(Protocol):
    """What stores and rules need to know of an embedder, known without loading it."""

    @property
    def name(self) -> str:
        """The embedder's name; vectors of two embedders cannot be compared."""

    @property
    def dimension(self) -> int:
        """Numbers in an embedding."""

    @property
    def threshold(self) -> float:
        """The calibrated least similarity of two faces of one person."""


class Embedder(EmbedderTraits, Protocol):
    """Finds and embeds the face of a head crop."""

    def find(self, crops: Sequence[HeadCrop]) -> list[GradedFace | None]:
        """Find the face of the person each crop is for; None where there is none."""

    def embed(self, faces: Sequence[FaceCrop]) -> list[EmbeddedFace]:
        """Embed faces that `find` found."""

    def faces_in(self, photo: Image) -> list[EmbeddedFace]:
        """Embed all faces of a photo, the largest first."""

    @property
    def memory(self) -> MemoryState:
        """How it gets on with a GPU's memory."""


def load_detector(settings: DetectorSettings) -> Detector:
    """Load the person detector."""
    if settings.model == SYNTHETIC:
        from genesis_ray.testing import ColourDetector

        return ColourDetector()
    from genesis_ray.vision.detector import PersonDetector

    return PersonDetector(
        settings.model,
        engine=settings.engine,
        confidence=settings.confidence,
        iou=settings.iou,
        max_detections=settings.max_detections,
    )


def load_embedder(settings: FaceSettings) -> Embedder:
    """Load the face finder and embedder; what it gives is plain, see `protected`."""
    if settings.embedder == SYNTHETIC:
        from genesis_ray.testing import ColourEmbedder

        return ColourEmbedder()
    from genesis_ray.vision.faces import FaceEmbedder

    return FaceEmbedder(settings.embedder, detector=settings.finder, engine=settings.engine)


def embedder_traits(settings: FaceSettings) -> EmbedderTraits:
    """Return what is known of the face embedder without loading it."""
    if settings.embedder == SYNTHETIC:
        from genesis_ray.testing import ColourEmbedder

        return ColourEmbedder()
    from genesis_ray.vision import embedders

    return embedders.find(settings.embedder)


def impostors_of(settings: FaceSettings) -> ImpostorTail:
    """Return how alike faces of different people are to the face embedder."""
    if settings.embedder == SYNTHETIC:
        from genesis_ray.testing import ColourEmbedder

        return ColourEmbedder.impostors
    from genesis_ray.vision import embedders

    return embedders.find(settings.embedder).impostors


def models_of(settings: Settings) -> list[str]:
    """Return the names, in the model catalogue, of all models that the settings use."""
    names = [] if settings.detector.model == SYNTHETIC else [settings.detector.model]
    if settings.faces.enabled and settings.faces.embedder != SYNTHETIC:
        from genesis_ray.vision import embedders, face_finders

        names.append(face_finders.model_of(settings.faces.finder))
        names += [part.model for part in embedders.find(settings.faces.embedder).parts]
    if settings.appearance.model == "osnet":
        from genesis_ray.vision import osnet

        names.append(osnet.MODEL)
    return names


def open_station(
    settings: Settings, camera: CameraSettings, viewing: Viewing = COLOURS
) -> "CameraStation":
    """Open a camera's source and set up what follows its people, by what `load_viewing` loaded.

    Raises:
        SourceError: The source cannot be opened.
    """
    # Here, because only cameras need them, and the libraries behind them take long to import.
    from genesis_ray.pipeline.observer import CameraObserver, CameraRules
    from genesis_ray.running.station import CameraStation
    from genesis_ray.vision.sources import open_source
    from genesis_ray.vision.tracker import PersonTracker

    fps = settings.fps_of(camera)
    source = open_source(
        camera.source,
        camera_id=camera.camera_id,
        process_fps=fps,
        start=camera.start,
        transport=camera.transport,
        policy=settings.sources.policy,
        decoder=settings.sources.decoder,
        role=camera.role,
    )
    rules = CameraRules(
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        camera_id=camera.camera_id,
        zones=zones_of(camera, time_zone=settings.time_zone),
        lines=lines_of(camera, time_zone=settings.time_zone),
        settle=timedelta(seconds=settings.settle_s),
        faces=_face_schedule(settings.faces) if camera.looks_at_faces else None,
        tells_looks=settings.appearance.carry,
        masks=masks_of(camera),
    )
    tracker = PersonTracker(
        process_fps=fps,
        first_track_id=first_track_id(source.started_at),
        relinking=viewing.relinking,
    )
    observer = CameraObserver(rules, tracker)
    return CameraStation(
        source,
        rules,
        observer,
        input_size=settings.detector.input_size,
        tiler=_tiler(settings.detector),
        role=camera.role,
        motion_gate=camera.motion_gate,
        grey_world=camera.colour == "grey-world",
        view_of=viewing.view_of,
        choice=FaceChoice(choice_policy(settings)),
    )


def input_shape(settings: Settings, width: int, height: int) -> tuple[int, int]:
    """Return height and width of what the detector is given of frames of a size."""
    return Letterbox.fit(width, height, long_side=settings.detector.input_size).shape


def build_journal(settings: Settings, past: RunTables | None = None) -> SiteJournal:
    """Set up what turns a tenant's events into visits and alerts.

    `past` are the events of an earlier system that this one goes on with.
    """
    return SiteJournal(
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        visit_gap=timedelta(seconds=settings.visit_gap_s),
        drift=drift_policy(settings),
        alerting=build_alerting(settings, past) if settings.alert_rules else None,
        counting=Counting(
            layout_of(settings.cameras), reentry_gap=timedelta(seconds=settings.visit_gap_s)
        ),
    )


def choice_policy(settings: Settings) -> ChoicePolicy:
    """Return which faces are embedded: at least as many as a name, or a visitor, takes."""
    faces, identity = settings.faces, settings.identity
    wanted = [faces.enough, identity.votes, identity.visitor_faces if identity.visitors else 0]
    return ChoicePolicy(
        min_quality=faces.min_quality,
        enough=max(wanted),
        later=timedelta(seconds=faces.later_interval_s),
        remember=EVIDENCE_KEPT,
    )


def drift_policy(settings: Settings) -> DriftPolicy:
    """Return when a camera's matches are too unlike those it had at first."""
    drift = settings.drift
    return DriftPolicy(window=drift.window, drop=drift.drop, baseline=drift.baseline)


def _tiler(settings: DetectorSettings) -> Tiler | None:
    if settings.tile_above is None:
        return None
    return Tiler(
        above=settings.tile_above, iou=settings.iou, max_detections=settings.max_detections
    )


def _face_schedule(settings: FaceSettings) -> "FaceSchedule | None":
    from genesis_ray.pipeline.observer import FaceSchedule

    if not settings.enabled:
        return None
    return FaceSchedule(
        interval=timedelta(seconds=settings.interval_s),
        looks=settings.looks,
        later_interval=timedelta(seconds=settings.later_interval_s),
        min_width=settings.min_person_width,
    )
