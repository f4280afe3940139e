"""Saying, before anything starts, which zones and lines are rarely meant as they are."""

from genesis_ray.cli.console import stderr
from genesis_ray.sections.zone_checks import doubts
from genesis_ray.settings import Settings


def tell_doubts(settings: Settings) -> None:
    """Print a warning for each place that can work and looks odd."""
    for camera in settings.cameras:
        for doubt in doubts(camera.zones, camera.lines):
            stderr.print(
                f"[yellow]warning:[/] camera {camera.camera_id}: {doubt.message}; {doubt.remedy}",
                soft_wrap=True,
            )
