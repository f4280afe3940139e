"""A camera group as its supervisor sees it: started, and started again when it dies."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import ray
from ray.actor import ActorHandle
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayTaskError

from genesis_ray.domain.retry import Attempts
from genesis_ray.errors import GenesisError
from genesis_ray.live.calls import Call, until_answered
from genesis_ray.live.cameras import CameraGroupActor, GroupFigures
from genesis_ray.live.spec import LiveSpec
from genesis_ray.settings_cameras import CameraSettings

T = TypeVar("T")
"""What a call answers."""

_SOUND_AFTER_S = 60.0
"""A group that has lived so long did not die of what the one before it died of."""


class GroupLostError(Exception):
    """A group dies again and again, each time soon."""


class CameraGroup:
    """One camera group actor, kept alive.

    Attributes:
        name: Its actor's.
        cameras: Those it has now, by name.
        node: The one node, by its label, that can watch them; None where all can.
    """

    def __init__(
        self,
        spec: LiveSpec,
        name: str,
        cameras: Sequence[CameraSettings],
        *,
        node: str | None,
        start: Callable[..., ActorHandle],
    ) -> None:
        """Start the actor, as `start(CameraGroupActor, name, *arguments, node=node)`."""
        self.name = name
        self.cameras = {camera.camera_id: camera for camera in cameras}
        self.node = node
        self._placed = asyncio.Event()
        self._actor = start(CameraGroupActor, name, spec, name, node=node)
        self._outcome: GroupFigures | None = None
        self._over = asyncio.Event()
        self._last = GroupFigures([], {}, None)
        self._is_killed = False
        # A camera of many may be the cause: they are soon parted to find out which.
        delays_s = spec.settings.retry_delays_s
        self._retry_delays_s = delays_s if len(cameras) == 1 else delays_s[:1]

    async def open(self) -> None:
        """Wait until all sources are open; those that are already stay as they are.

        Raises:
            GenesisError: One cannot be opened.
        """
        await self._ask(lambda: self._actor.open.remote([*self.cameras.values()]))

    async def run(self, on_restart: Callable[[], Awaitable[None]]) -> None:
        """Watch until every source has ended, through all deaths of its process.

        `on_restart` is called after each.

        Raises:
            GenesisError: A source cannot be opened.
            GroupLostError: It dies again and again, each time soon.
        """
        attempts = Attempts([0.0, *self._retry_delays_s])
        try:
            await self.open()
        except ActorDiedError:
            if not self._is_killed:
                raise
            self._outcome = self._last  # it was ended while it waited for a node
        while self._outcome is None:
            begun = time.monotonic()
            try:
                self._outcome = await self._actor.run.remote([*self.cameras.values()])
            except ActorUnavailableError as error:
                if time.monotonic() - begun > _SOUND_AFTER_S:
                    attempts.succeeded()
                delay_s = attempts.failed()
                if delay_s is None:
                    raise GroupLostError(self.name) from error
                await asyncio.sleep(delay_s)
                await self.open()
                await on_restart()
        self._over.set()

    async def figures(self) -> GroupFigures:
        """Return how far it is, or was when it last answered; at the end, how it came out.

        Of the cameras that it has now: what others were that it had is of the past.
        """
        if self._outcome is None and self.is_placed:
            try:
                now: GroupFigures = await self._actor.figures.remote()
                if now.cameras:  # a new process has not opened them yet
                    self._last = now
            except ActorUnavailableError:  # it is being started again, perhaps on a node to come
                pass
            except ActorDiedError:
                if not self._is_killed:
                    raise
        figures = self._outcome or self._last
        own = [camera for camera in figures.cameras if camera.camera_id in self.cameras]
        return replace(figures, cameras=own)

    @property
    def is_placed(self) -> bool:
        """Whether its process has been up; until then it waits for a node with room."""
        return self._placed.is_set()

    async def placed(self) -> None:
        """Wait until its process has been up."""
        await self._placed.wait()

    @property
    def has_ended(self) -> bool:
        """Whether all its cameras have."""
        return self._outcome is not None

    async def prepare(self, cameras: Sequence[CameraSettings]) -> bool:
        """Open the sources of cameras that are to come; with none, close those that were.

        Return whether it can watch them: all that it has may have ended just before.

        Raises:
            GenesisError: One cannot be opened; nothing is prepared then.
        """
        if not await self._ask(partial(self._actor.prepare.remote, cameras)):
            await self._over.wait()
        return not self.has_ended

    async def take_off(self, leaving: Collection[str]) -> None:
        """Watch cameras no longer, and stay until others are put on, if only none."""
        # First here: should its process die, the next one opens those that are to be there.
        self.let_go_of(leaving)
        await self._ask(partial(self._actor.take_off.remote, leaving))

    def let_go_of(self, camera_ids: Collection[str]) -> None:
        """Have cameras no longer, as they are others' now."""
        for camera_id in camera_ids:
            self.cameras.pop(camera_id, None)

    async def put_on(self, coming: Sequence[CameraSettings]) -> None:
        """Watch cameras too, best prepared ones, after others were taken off.

        Raises:
            GenesisError: One cannot be opened.
        """
        self.cameras |= {camera.camera_id: camera for camera in coming}
        await self._ask(partial(self._actor.put_on.remote, coming))

    async def end(self) -> None:
        """Let its sources end now: `run` finishes what is under way and returns."""
        if not self.is_placed:
            self.kill()
            return
        await until_answered(self._actor.stop.remote)

    def kill(self) -> None:
        """Cut it off, for good."""
        self._is_killed = True
        ray.kill(self._actor)

    async def _ask(self, call: Call[T]) -> T:
        """Call the actor; what it says of a wrong source comes without Ray's traceback."""
        try:
            answer = await until_answered(call)
            self._placed.set()
        except RayTaskError as error:
            self._placed.set()
            if isinstance(error.cause, GenesisError):
                raise error.cause from None
            raise
        else:
            return answer
