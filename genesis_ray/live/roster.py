"""Which cameras a group watches: they are opened, put on and taken off while it works."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from ray.actor import ActorHandle

from genesis_ray.errors import GenesisError
from genesis_ray.live.calls import until_answered
from genesis_ray.live.flow import FrameFlow
from genesis_ray.live.inbox import FrameInbox
from genesis_ray.live.spec import LiveSpec, Resumption
from genesis_ray.live.watched_camera import WatchedCamera, open_camera
from genesis_ray.running.viewing import Viewing
from genesis_ray.sections.cameras import CameraSettings

_PASSED_WITHIN_S = 20.0
"""For what is under way before a camera is taken off: it takes a second where nothing is away."""

_LEFT_WITHIN_S = 40.0
"""For the last of a camera, which failures may hold up, each of which is waited for (21 s)."""


class Roster:
    """The cameras of a group, one of which may come or go at any time.

    Changes are made one after the other, and each can be made again, which does nothing more. From
    when some are prepared or taken off until others are put on, the group stays, if only none.

    Attributes:
        cameras: Those that are watched, by name, with those that have ended by themselves.
    """

    def __init__(self, spec: LiveSpec, viewing: Viewing, journal: ActorHandle) -> None:
        self.cameras: dict[str, WatchedCamera] = {}
        self._spec = spec
        self._viewing = viewing
        self._journal = journal
        self._prepared: dict[str, WatchedCamera] = {}
        self._returning: dict[str, asyncio.Task[None]] = {}
        self._changing = asyncio.Lock()  # no camera is opened under a change, or twice
        self._settled = asyncio.Event()
        self._settled.set()
        self._in_inbox: set[str] = set()
        self._is_stopped = False
        self._has_ended = False
        self._inbox: FrameInbox | None = None
        self._flow: FrameFlow | None = None

    async def open(
        self, cameras: Sequence[CameraSettings], *, is_resumed: bool = False
    ) -> dict[str, str]:
        """Open the sources of cameras that are not open yet, where an earlier process was.

        Return why, by name, some cannot be opened; none where that ends all, as it does unless
        `is_resumed`.

        Raises:
            SourceError: One cannot be opened.
        """
        async with self._changing:
            return await self._open_new(cameras, is_late=True, is_resumed=is_resumed)

    async def _open_new(
        self, cameras: Sequence[CameraSettings], *, is_late: bool, is_resumed: bool = False
    ) -> dict[str, str]:
        """Open cameras that are not, best prepared ones, where others were that had their names.

        With `is_late` recordings that go by the clock go on where that is by now. Those that cannot
        be opened are left out and returned, with the reason, if `is_resumed`.
        """
        new = [camera for camera in cameras if camera.camera_id not in self.cameras]
        failed: dict[str, str] = {}
        if not new:
            return failed
        before: Resumption = await until_answered(
            lambda: self._journal.resumption.remote([camera.camera_id for camera in new])
        )
        now = before.foremost if is_late and self._spec.realtime else None
        if now and self._spec.dates_recordings and self._spec.settings.has_live_cameras:
            now = max(now, datetime.now(UTC))  # the foremost may have been killed with the others
        for settings in new:
            name = settings.camera_id
            try:
                camera = self._prepared.pop(name, None) or await self._opened(
                    settings, is_resumed=is_resumed
                )
            except GenesisError as error:
                if not is_resumed:
                    raise
                failed[name] = str(error)
                continue
            camera.go_on(before, now)
            self.cameras[name] = camera
            if self._inbox:
                self._in_inbox.add(name)
                self._inbox.add(camera.station)
        return failed

    async def _opened(self, camera: CameraSettings, *, is_resumed: bool = False) -> WatchedCamera:
        return await asyncio.to_thread(
            open_camera, self._spec, camera, self._viewing, is_resumed=is_resumed
        )

    async def to_watch(self) -> list[WatchedCamera]:
        """Return the cameras that have not ended; where none is left, once no other will come."""
        if not self._unended():
            await self._settled.wait()
        for camera in self._unended():
            if camera.camera_id in self._in_inbox:  # which ended when this one came
                with suppress(GenesisError):  # who plays it says what is wrong
                    await asyncio.to_thread(camera.station.rewind, None)
        rest = [] if self._is_stopped else self._unended()  # others may have come meanwhile
        self._in_inbox = {camera.camera_id for camera in rest}
        self._has_ended = not rest
        return rest

    def _unended(self) -> list[WatchedCamera]:
        return [camera for camera in self.cameras.values() if not camera.posted.is_done]

    @contextmanager
    def watched(self, inbox: FrameInbox, flow: FrameFlow) -> Iterator[None]:
        """Let those `to_watch` be watched, and who is put on and taken off meanwhile."""
        self._inbox, self._flow = inbox, flow
        inbox.stay_open(not self._settled.is_set())
        try:
            yield
        finally:
            inbox.close()
            self._inbox = None

    async def prepare(self, cameras: Sequence[CameraSettings]) -> bool:
        """Open the sources of cameras that are to come, and watch them not yet.

        With none, close those that were. Return whether they can be put on: all may have ended.

        Raises:
            SourceError: One cannot be opened; none is prepared then.
        """
        if self._has_ended:
            return False
        self._stay(bool(cameras))
        async with self._changing:
            for camera in self._prepared.values():
                camera.close()
            self._prepared = {}
            for settings in cameras:
                self._prepared[settings.camera_id] = await self._opened(settings)
        return True

    async def take_off(self, leaving: Collection[str]) -> None:
        """Watch cameras no longer, and wait until all that they had to say is delivered.

        Raises:
            GenesisError: Nothing arrives, so none is taken off; or the last of one does not: then
                it can be put on again, and is watched anew when that has arrived.
        """
        self._stay(True)
        async with self._changing:
            own = [name for name in leaving if name in self.cameras]
            if own:
                await self._see_that_all_arrives(own)
            for name in own:
                await self._take_off(name)

    async def _see_that_all_arrives(self, leaving: Collection[str]) -> None:
        """See that what cameras have to say arrives before one ends: then its last does, too."""
        if self._flow and self._inbox:
            try:
                async with asyncio.timeout(_PASSED_WITHIN_S):
                    await self._flow.passed()
            except TimeoutError as error:
                what = f"{', '.join(leaving)}: what cameras beside have to say"
                raise _not_taken(what, _PASSED_WITHIN_S) from error

    async def _take_off(self, name: str) -> None:
        old = self.cameras[name]
        if task := self._returning.pop(name, None):
            task.cancel()
        old.is_leaving = True
        if old.station.is_live:
            old.station.source.close()
        if self._inbox:
            self._inbox.remove(name)
            try:
                async with asyncio.timeout(_LEFT_WITHIN_S):
                    await old.has_left.wait()
            except TimeoutError as error:
                raise _not_taken(f"{name}: its last", _LEFT_WITHIN_S) from error
        self._forget(name)

    def _forget(self, name: str) -> None:
        if self._inbox:
            self._inbox.forget(name)
        self.cameras.pop(name).close()

    async def put_on(self, coming: Sequence[CameraSettings]) -> None:
        """Watch others, best prepared ones, after some were taken off.

        One that comes under a name that was there has new ids for its tracks, and a recording
        goes on where it was.

        Raises:
            SourceError: One cannot be opened.
            GenesisError: All cameras have ended, in a process that knew of no change.
        """
        if coming and self._has_ended and not self._is_stopped:
            raise GenesisError("recordings ended while cameras were changed; do it again")
        async with self._changing:
            await self._open_new(coming, is_late=False)
        for settings in coming:
            name = settings.camera_id
            if self.cameras[name].is_leaving and name not in self._returning:
                self._returning[name] = asyncio.create_task(self._return(settings))
        self._stay(bool(self._returning))

    async def _return(self, settings: CameraSettings) -> None:
        """Watch a camera again that was to be taken off, once all is delivered of before."""
        name = settings.camera_id
        await self.cameras[name].has_left.wait()
        async with self._changing:
            self._forget(name)
            await self._open_new([settings], is_late=True, is_resumed=True)
            del self._returning[name]
        self._stay(bool(self._returning))

    def _stay(self, is_to_stay: bool) -> None:
        """Go on though all cameras may have ended, as others are to come; or do so no more."""
        if is_to_stay and not self._is_stopped:
            self._settled.clear()
        else:
            self._settled.set()
        if self._inbox:
            self._inbox.stay_open(is_to_stay)

    def stop(self) -> None:
        """Let every source end now, and no other camera be waited for."""
        self._is_stopped = True
        self._stay(False)
        for camera in self.cameras.values():
            if camera.station.is_live:
                camera.station.source.close()
        if self._inbox:
            self._inbox.stop()

    def close(self) -> None:
        """Close all cameras."""
        for camera in self.cameras.values():
            camera.close()


def _not_taken(what: str, within_s: float) -> GenesisError:
    return GenesisError(
        f"{what} has not been taken for {within_s:.0f} s, as where models or the log are away or a "
        f"disk is full; mend what `genesis status` says, and try again"
    )
