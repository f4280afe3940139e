"""The pictures that a run is illustrated with."""

from contextlib import closing
from pathlib import Path

from genesis_ray.analytics import pictures
from genesis_ray.analytics.stored import whole
from genesis_ray.domain.streams.frames import Image
from genesis_ray.running.assembly import open_station
from genesis_ray.running.people.identities import who_is_who
from genesis_ray.running.questions.history import present_tables
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.people import as_table


def draw_pictures(settings: Settings, run: RunFolder) -> list[Path]:
    """Draw a heat map a camera and a timeline into the run's media; return the files.

    A camera's picture is behind its heat map where the settings allow pictures at all.
    """
    tables = present_tables(run.events, settings, settings.tenant_id)
    run.media.mkdir(exist_ok=True)
    drawn = []
    for camera in settings.cameras:
        background = _first_frame(settings, camera) if settings.annotate else None
        path = run.media / f"heat-{camera.camera_id}.png"
        figure = pictures.heat_map(
            tables["track_observations"], camera_id=camera.camera_id, background=background
        )
        pictures.save(figure, path)
        drawn.append(path)
    path = run.media / "timeline.png"
    figure = pictures.timeline(
        tables["track_observations"],
        face_recognitions=tables["face_recognitions"],
        zone_crossings=whole(tables["zone_crossings"]),
        people=as_table(who_is_who(settings).people),
    )
    pictures.save(figure, path)
    return [*drawn, path]


def _first_frame(settings: Settings, camera: CameraSettings) -> Image | None:
    if camera.is_live:
        return None
    with closing(open_station(settings, camera).source) as source:
        first = next(iter(source), None)
    return first.image if first else None
