"""The camera groups of a live system: made, watched, and parted where one dies of a camera."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from genesis_ray.domain.events import SystemState
from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.groups import CameraGroup, GroupLostError
from genesis_ray.live.keepers import Keepers
from genesis_ray.live.losing import give_up_camera
from genesis_ray.live.placing import in_groups, node_of, warn_of_devices
from genesis_ray.live.sharing import Sharing
from genesis_ray.live.spec import LiveSpec
from genesis_ray.live.starting import start_groups
from genesis_ray.running.dating import begin
from genesis_ray.running.result import CameraProgress
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.store.runs.run_folder import RunFolder

_PLACED_WITHIN_S = 30.0
"""Before it is told that a group waits for a node; one with room starts it in a third of that."""


class WatchedGroups:
    """The groups there are, those that have ended among them, and the cameras given up.

    Attributes:
        spec: The system's, with the settings in force.
        keepers: Who is told what becomes of groups and cameras.
        changing: Held by who changes which group has which camera.
    """

    def __init__(self, spec: LiveSpec, keepers: Keepers, *, is_resumed: bool = False) -> None:
        """Start a group for each few of the cameras, which others watched if `is_resumed`."""
        self.spec = spec
        self.keepers = keepers
        self.changing = asyncio.Lock()
        self._groups: list[CameraGroup] = []
        self._sharing = Sharing(lambda: self.at_work)
        self._made = 0
        self._lost: dict[str, CameraProgress] = {}
        self._watching = asyncio.TaskGroup()
        self._is_ending = False
        warn_of_devices(spec.settings.cameras)
        self._is_resumed = is_resumed
        for cameras in in_groups(spec.settings):
            node = node_of(cameras)
            self._groups.append(self.make(spec, cameras, node=node, is_resumed=is_resumed))

    def __iter__(self) -> Iterator[CameraGroup]:
        return iter(self._groups)

    @property
    def at_work(self) -> list[CameraGroup]:
        """Those that have not ended."""
        return [group for group in self._groups if not group.has_ended]

    async def watch(self) -> None:
        """Watch until all groups have ended, those that come meanwhile too.

        Raises:
            ExceptionGroup: What one could not go on with.
        """
        if self.spec.dates_recordings:
            await self._date_recordings()
        async with asyncio.TaskGroup() as self._watching:
            # Keepers may go on from a change that was not kept when all others died.
            self._watching.create_task(self.keepers.expect(self.spec.settings))
            for group in self._groups:
                self._watching.create_task(self._watch(group))

    async def _date_recordings(self) -> None:
        """Have recordings begin once the processes that play them are up, or were waited for."""
        starting = [asyncio.create_task(group.up()) for group in self._groups]
        await asyncio.wait(starting, timeout=_PLACED_WITHIN_S)
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)  # `run` says what is wrong
        run, now = RunFolder(self.spec.run), datetime.now(UTC)
        settings = begin(self.spec.settings, run, now=now, goes_on=self._is_resumed)
        self.spec = replace(self.spec, settings=settings)
        for group in self._groups:
            group.have(camera for camera in settings.cameras if camera.camera_id in group.cameras)

    def make(
        self,
        spec: LiveSpec,
        cameras: Sequence[CameraSettings],
        *,
        node: str | None,
        is_resumed: bool = False,
    ) -> CameraGroup:
        """Start a group, which is none of these yet."""
        name = f"cameras-{self._made}"
        self._made += 1
        start = start_groups(spec.settings.groups)
        return CameraGroup(spec, name, cameras, node=node, start=start, is_resumed=is_resumed)

    def join(self, group: CameraGroup) -> None:
        """Watch a group that was made, with the others."""
        self._groups.append(group)
        self._watching.create_task(self._watch(group))

    async def end(self) -> None:
        """Let all sources end now."""
        self._is_ending = True
        await asyncio.gather(*(group.end() for group in self._groups))

    async def figures(self) -> Sequence[GroupFigures]:
        """Return how far each group is."""
        return await asyncio.gather(*(group.figures() for group in self._groups))

    def cameras_in(self, figures: Sequence[GroupFigures]) -> list[CameraProgress]:
        """Return how far cameras are, in the order of the settings."""
        known = {camera.camera_id: camera for group in figures for camera in group.cameras}
        known |= self._lost
        order = [camera.camera_id for camera in self.spec.settings.cameras]
        return [known[camera_id] for camera_id in order if camera_id in known]

    async def note(self, component: str, state: SystemState, reason: str) -> None:
        """Have it written that a part of the system came into a state."""
        await self.keepers.note(self.spec.note(component, state, reason))

    async def lose(self, camera: CameraProgress, reason: str) -> None:
        """Give a camera up that nobody watches any more."""
        self._lost[camera.camera_id] = replace(camera, is_done=True, problem=reason)
        await give_up_camera(camera.camera_id, self.spec, reason, self.keepers)

    @property
    def given_up(self) -> Collection[str]:
        """Cameras that nobody watches any more, though the settings have them."""
        return self._lost.keys()

    def take_back(self, camera_ids: Collection[str]) -> None:
        """Count cameras as given up no more."""
        for camera_id in camera_ids:
            self._lost.pop(camera_id, None)

    async def _watch(self, group: CameraGroup) -> None:
        """Watch a group's cameras; where it dies again and again, each for itself."""
        beside = [asyncio.create_task(self._tell_of_waiting(group))]
        if self.spec.realtime:
            beside.append(asyncio.create_task(self._sharing.share(group)))
        try:
            if self._is_ending:  # it was made meanwhile
                await group.end()
            await group.run(
                on_restart=partial(self.note, group.name, "restarted"),
                on_lost=partial(self._lose_of, group),
            )
        except GroupLostError as lost:
            async with self.changing:  # nobody changes its cameras meanwhile
                await self._give_up(group, lost.reason)
        finally:
            for task in beside:
                task.cancel()

    async def _lose_of(self, group: CameraGroup, camera: CameraSettings, reason: str) -> None:
        """Give up a camera that a group could not go on with; it goes on with the others."""
        async with self.changing:
            if group.cameras.get(camera.camera_id) == camera:  # no other was set meanwhile
                known = _known((await group.figures()).cameras, camera.camera_id)
                group.let_go_of([camera.camera_id])
                await self.lose(known, reason)

    async def _tell_of_waiting(self, group: CameraGroup) -> None:
        """Note whenever a group waits for a node that has room for it, and when it has got one."""
        while True:
            try:
                async with asyncio.timeout(_PLACED_WITHIN_S):
                    await group.placed()
            except TimeoutError:
                await self.note(group.name, "waiting", group.why_waiting)
                await group.placed()
                await self.note(group.name, "placed", "a node has room for it")
            await group.away()

    async def _give_up(self, group: CameraGroup, reason: str) -> None:
        """Find out which camera a group dies of: give each a group, and up the one that has one."""
        last = (await group.figures()).cameras
        group.kill()
        self._groups.remove(group)
        if len(group.cameras) > 1:
            await self.note(group.name, "failed", f"{reason}; its cameras are parted")
            for camera in group.cameras.values():
                self.join(self.make(self.spec, [camera], node=camera.node, is_resumed=True))
            return
        await self.note(group.name, "failed", reason)
        for camera_id in group.cameras:
            await self.lose(_known(last, camera_id), reason)


def _known(cameras: Sequence[CameraProgress], camera_id: str) -> CameraProgress:
    """Return how far a camera is, or that this is not known."""
    known = (camera for camera in cameras if camera.camera_id == camera_id)
    return next(known, CameraProgress(camera_id=camera_id))
