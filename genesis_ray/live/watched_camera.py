"""A camera of a group: what watches it, how far it is, and how it is opened and closed."""

import asyncio
import logging
import pickle
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from genesis_ray.domain.load.drops import DropTally
from genesis_ray.errors import GenesisError, StoreError
from genesis_ray.live.spec import LiveSpec, Resumption
from genesis_ray.running.assembly import open_station
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.station import CameraStation
from genesis_ray.running.viewing import Viewing
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import OF_ANOTHER_VERSION

if TYPE_CHECKING:
    from genesis_ray.running.recorder import Recorder

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class WatchedCamera:
    """A camera of a group.

    Attributes:
        posted: How far it is with what is in the outbox.
        delivered: How far it is with what resolver and journal have.
        is_leaving: Whether it is taken off, and did not end by itself.
        has_left: Set when it was, with all that it had to say delivered.
        drops: What was told of frames that were dropped; None until something is posted.
        film_problem: Why it is recorded no more.
    """

    station: CameraStation
    recorder: "Recorder | None"
    posted: CameraProgress
    delivered: CameraProgress
    reported_at: float = 0.0
    snapshot_at: float = 0.0
    is_leaving: bool = False
    has_left: asyncio.Event = field(default_factory=asyncio.Event)
    drops: DropTally | None = None
    film_problem: str | None = None

    @property
    def camera_id(self) -> str:
        """Its name."""
        return self.station.camera_id

    def go_on(self, before: Resumption, now: datetime | None) -> None:
        """Go on where another process was, or another camera that had this name.

        A recording that goes by the clock goes on where that is at `now`.
        """
        name, station = self.camera_id, self.station
        if snapshot := before.snapshots.get(name):
            self.posted = self.delivered = snapshot.camera
            try:
                observed, choice = pickle.loads(snapshot.state)  # noqa: S301  an actor of ours did
                state = pickle.loads(observed)  # noqa: S301
            except OF_ANOTHER_VERSION as error:
                _log.warning(
                    "%s: its tracks begin anew, what it saw is left aside: %s", name, error
                )
                if told := before.told.get(name):
                    station.follow(told, now=now)
            else:
                station.resume(state, choice, now=now)
        elif left := before.left.get(name):
            station.follow(left, now=now)
        if told := before.told.get(name):
            station.go_on_after(told)

    def close(self) -> None:
        """Close its source, and its film."""
        if self.recorder:
            with suppress(StoreError):  # all ends, of something else, or it is watched anew
                self.recorder.close()
        self.station.source.close()


def open_camera(
    spec: LiveSpec, camera: CameraSettings, viewing: Viewing, *, is_resumed: bool
) -> WatchedCamera:
    """Open a camera's source, and its film where one is wanted.

    Raises:
        SourceError: The source cannot be opened.
        GenesisError: This node does not have the run's folder, in which the film is to be; one
            that `is_resumed` is watched all the same.
    """
    settings = spec.settings
    station = open_station(settings, camera, viewing)
    recorder = None
    if settings.annotate:
        from genesis_ray.running.recorder import Recorder  # its library takes seconds to import

        if not (is_resumed or spec.run.is_dir()):
            station.source.close()
            raise GenesisError(
                f"{camera.camera_id}: annotated video is written to {spec.run}, which the node "
                f"that is to watch it does not have; put the run on a disk that all nodes share, "
                f"or turn annotated video off"
            )
        media = RunFolder(spec.run).media
        recorder = Recorder(
            camera, media, fps=settings.fps_of(camera), time_zone=settings.time_zone
        )
    progress = CameraProgress(
        camera_id=camera.camera_id,
        expected_frames=station.expected_frames,
        is_device=camera.is_device,
    )
    return WatchedCamera(station, recorder, progress, progress)
