"""What a camera group reports of its cameras: frames, that none come, and that they have ended."""

import asyncio
import pickle
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from genesis_ray.errors import StoreError
from genesis_ray.live.delivery import Delivery
from genesis_ray.live.inbox import FrameInbox
from genesis_ray.live.watched_camera import WatchedCamera
from genesis_ray.running.looks import Looks
from genesis_ray.running.set_aside import dead_letter
from genesis_ray.running.station_values import Seen
from genesis_ray.settings import Settings

_QUIET_S = 3.0
"""Without a report of frames, after which a live camera is reported as it is: mostly longer than a
frame is under way."""

_LOOK_EVERY_S = 1.0


class CameraReports:
    """Reports what cameras saw to journal and resolver, and records films of it."""

    def __init__(
        self,
        settings: Settings,
        cameras: Mapping[str, WatchedCamera],
        inbox: FrameInbox,
        delivery: Delivery,
    ) -> None:
        self._settings = settings
        self._cameras = cameras
        self._inbox = inbox
        self._delivery = delivery

    async def post(
        self, camera_id: str, seen: Sequence[Seen], looks: Looks, *, state: bytes | None
    ) -> None:
        """Report frames, with what is known of the faces in them.

        `state` is what the station had observed until then, where it is time to keep that.
        """
        camera = self._cameras[camera_id]
        self._record(camera, seen)
        camera.reported_at = time.monotonic()
        # Together they are where the station is: it observes ahead of what it chooses.
        kept = state and pickle.dumps((state, camera.station.choice))
        await self._delivery.post(camera.station.report(seen, looks), kept)
        self._inbox.settle([one.frame.stamp for one in seen])

    async def finish(self, camera_id: str) -> None:
        """Report that a camera has ended, with all that ends with it."""
        camera = self._cameras[camera_id]
        station, recorder = camera.station, camera.recorder
        if recorder:
            try:
                await asyncio.to_thread(recorder.close)
            except StoreError as error:
                self._give_up_film(camera, error)
            camera.recorder = None
        if failure := station.failure:
            letter = dead_letter(
                self._settings,
                unit="recording",
                stage="decode",
                camera_id=camera_id,
                at=station.source.started_at,
                frame_index=None,
                attempts=failure.attempts,
                reason=failure.reason,
            )
            self._delivery.notes.append(letter)
        report = station.leave() if camera.is_leaving else station.finish()
        if camera.film_problem and not camera.is_leaving:
            problems = [problem for problem in (report.problem, camera.film_problem) if problem]
            report = replace(report, problem="; ".join(problems))
        await self._delivery.post(report, is_end=True)

    async def tell_of_the_quiet(self) -> None:
        """Report live cameras that give no frames, so that their news comes and nobody waits."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            for camera in [*self._cameras.values()]:
                quiet_s = time.monotonic() - camera.reported_at
                is_over = camera.is_leaving or camera.posted.is_done
                if camera.station.is_live and not is_over and quiet_s > _QUIET_S:
                    # Before the inbox is asked: no frame comes between.
                    now, may_be_held_up = datetime.now(UTC), camera.station.may_be_held_up
                    first_at = self._inbox.first_at(camera.station.camera_id)
                    report = camera.station.idle(
                        now, before=first_at, may_be_held_up=may_be_held_up
                    )
                    await self._delivery.post(report)

    def _record(self, camera: WatchedCamera, seen: Sequence[Seen]) -> None:
        """Record frames, where that was asked for and works."""
        if camera.recorder:
            try:
                for one in seen:
                    camera.recorder.draw(one)
            except StoreError as error:
                self._give_up_film(camera, error)

    def _give_up_film(self, camera: WatchedCamera, error: StoreError) -> None:
        """Go on without recording a camera, and say so: it is watched all the same."""
        if camera.recorder:
            camera.recorder.discard()
        camera.recorder, camera.film_problem = None, str(error)
        name = f"film of {camera.station.camera_id}"
        self._delivery.note(name, "degraded", camera.film_problem)
