"""The thresholds that a system begins with: what is set, else calibrated, else the embedder's."""

from genesis_ray.domain.recognition.calibration import NOT_CALIBRATED, Calibration
from genesis_ray.domain.recognition.identity import MatchPolicy
from genesis_ray.domain.recognition.thresholds import Threshold, ThresholdBook
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.running.assembly import EmbedderTraits
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.calibration_file import CalibrationFile
from genesis_ray.store.tenant.tenants import gallery_folder

_SET = "settings"


def calibration_file(settings: Settings, embedder: EmbedderTraits) -> CalibrationFile:
    """Return where the calibration of a tenant and embedder is."""
    folder = gallery_folder(settings.data_dir, settings.tenant_id)
    return CalibrationFile(folder, embedder.name)


def threshold_book(
    identity: IdentitySettings,
    embedder: EmbedderTraits,
    calibration: Calibration = NOT_CALIBRATED,
) -> ThresholdBook:
    """Return which similarity counts at which camera.

    What is set goes first: a camera's own, then the usual one, which then also counts at cameras
    that were calibrated. Else what was chosen on a camera's own pictures counts there; or its
    offset, added to the calibrated threshold, or to the embedder's where that was never calibrated.
    """
    set_for = {name: Threshold(value, _SET) for name, value in identity.camera_thresholds.items()}
    if identity.threshold is not None:
        return ThresholdBook(usual=Threshold(identity.threshold, _SET), cameras=set_for)
    usual = Threshold(embedder.threshold, "embedder")
    if calibration.threshold:
        usual = Threshold(calibration.threshold.value, calibration.threshold.origin)
    calibrated = {
        camera_id: Threshold(min(1.0, max(0.0, usual.value + offset.value)), offset.origin)
        for camera_id, offset in calibration.offsets.items()
    }
    own = {
        camera_id: Threshold(each.value, each.origin)
        for camera_id, each in calibration.cameras.items()
    }
    return ThresholdBook(usual=usual, cameras={**calibrated, **own, **set_for})


def resolver_policy(
    settings: Settings, embedder: EmbedderTraits, book: ThresholdBook
) -> ResolverPolicy:
    """Return how a tenant's faces become names by these thresholds."""
    identity = settings.identity
    return ResolverPolicy(
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        embedder=embedder.name,
        match=MatchPolicy(
            threshold=book.usual.value,
            margin=identity.margin,
            votes=identity.votes,
            review=max(0.0, book.usual.value - identity.review),
            origin=book.usual.origin,
            average=identity.average,
        ),
        min_quality=settings.faces.min_quality,
        visitor_faces=identity.visitor_faces if identity.visitors else None,
        templates=identity.templates,
        companion_threshold=identity.companion_threshold,
        mean_threshold=identity.mean_threshold,
        thresholds=book,
    )
