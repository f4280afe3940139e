"""When recordings begin that play like cameras."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from genesis_ray.running.result import summary
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

_BEGUN = "begun"

_OPENED_WITHIN = timedelta(seconds=5)
"""So much later they begin beside live cameras: opening them takes a second or two where much else
is starting, and who begins later than its date lags behind the cameras to its end."""


def dated(
    settings: Settings, *, now: datetime, known: Mapping[str, datetime | None] | None = None
) -> Settings:
    """Return settings in which recordings begin in a moment, but for those that name when they did.

    Beside what cameras show now they would else be of another time, and late in all that is put
    together of several cameras. Those that play already go on: `known` has their starts.
    """
    known = known or {}
    soon = now + _OPENED_WITHIN if settings.has_live_cameras else now

    def start_of(camera: CameraSettings) -> datetime:
        return known.get(camera.camera_id) or camera.start or soon

    cameras = tuple(
        camera if camera.is_live else camera.model_copy(update={"start": start_of(camera)})
        for camera in settings.cameras
    )
    return settings.model_copy(update={"cameras": cameras})


def begin(settings: Settings, run: RunFolder, *, now: datetime, goes_on: bool) -> Settings:
    """Return settings in which recordings begin in a moment, and have run.json tell so.

    Those of a run that `goes_on` began when it says.

    Raises:
        StoreError: run.json cannot be written.
    """
    told: Any = run.summary().get(_BEGUN) if goes_on else None
    known = {name: datetime.fromisoformat(at) for name, at in (told or {}).items()}
    begun = dated(settings, now=now, known=known)
    starts = {camera.camera_id: camera.start for camera in begun.cameras if camera.start}
    run.write_summary(
        summary(begun, None) | {_BEGUN: {name: at.isoformat() for name, at in starts.items()}}
    )
    return begun
