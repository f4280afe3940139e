"""Saying, before anything starts, what of a configuration is rarely meant as it is."""

from genesis_ray.cli.console import headed, stderr
from genesis_ray.sections.zone_checks import doubts
from genesis_ray.settings import Settings


def tell_doubts(settings: Settings) -> None:
    """Print a warning for each place that can work and looks odd, and for dates of other times."""
    for camera in settings.cameras:
        for doubt in doubts(camera.zones, camera.lines):
            _warn(camera.camera_id, f"{doubt.message}; {doubt.remedy}")
        if settings.has_live_cameras and camera.start and not camera.is_live:
            _warn(
                camera.camera_id,
                f"its start, {camera.start.isoformat()}, is not the time of the live cameras "
                f"beside it, so all that it tells is late in visits and alerts; leave start out, "
                f"or watch it alone",
            )


def _warn(camera_id: str, told: str) -> None:
    stderr.print(headed("warning:", f"camera {camera_id}: {told}"), soft_wrap=True)
