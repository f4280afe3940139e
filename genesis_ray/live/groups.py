"""A camera group as its supervisor sees it: started, and started again when it dies."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import ray
from ray.actor import ActorHandle
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayActorError, RayTaskError

from genesis_ray.domain.load.retry import Attempts
from genesis_ray.domain.load.roles import DropClass
from genesis_ray.errors import GenesisError
from genesis_ray.live.calls import AwayError, Call, until_answered
from genesis_ray.live.cameras import CameraGroupActor, GroupFigures
from genesis_ray.live.retrying import reason_of
from genesis_ray.live.spec import DIED, LiveSpec
from genesis_ray.live.starting import NODE_LABEL
from genesis_ray.running.result import CameraProgress
from genesis_ray.sections.cameras import CameraSettings

DEADLY = "its process dies again and again"

T = TypeVar("T")
"""What a call answers."""

_SOUND_AFTER_S = 60.0
"""A group that has lived so long did not die of what the one before it died of."""

_BACK_WITHIN_S = 6.0
"""A group that is to end, and is being started again; half of what it has to end in."""

_AWAY_FOR_S = 30.0
"""Of a group that is to have other cameras; one with room on a node is back in a third of that."""

_NOT_BACK = f"its process did not answer for {_BACK_WITHIN_S:g} s when all was to end"


class GroupLostError(Exception):
    """A group dies or fails again and again, each time soon.

    Attributes:
        reason: Of what.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.reason = reason


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
        is_resumed: bool = False,
    ) -> None:
        """Start the actor, as `start(CameraGroupActor, name, *arguments, node=node)`.

        With `is_resumed` its cameras were watched before, by others.
        """
        self.name = name
        self.cameras = {camera.camera_id: camera for camera in cameras}
        self.node = node
        self._placed, self._away = asyncio.Event(), asyncio.Event()
        self._away.set()
        self._is_open = False
        self._is_resumed = is_resumed
        self._is_realtime = spec.realtime
        self._actor = start(CameraGroupActor, name, spec, name, node=node)
        self._outcome: GroupFigures | None = None
        self._over = asyncio.Event()
        self._last = GroupFigures([], {}, None)
        self._is_killed = self._is_to_end = self._is_given_up = False  # killed: for good
        # A camera of many may be the cause: they are soon parted to find out which.
        delays_s = spec.settings.retry_delays_s
        self._retry_delays_s = delays_s if len(cameras) == 1 else delays_s[:1]

    async def run(
        self,
        on_restart: Callable[[str], Awaitable[None]],
        on_lost: Callable[[CameraSettings, str], Awaitable[None]],
    ) -> None:
        """Watch until every source has ended, through all deaths of its process.

        `on_restart` is told after each of what it was, once another process has opened the sources;
        `on_lost` of a camera whose source that one cannot open, and why.

        Raises:
            GenesisError: A source cannot be opened that never was, or what fails is no camera's
                fault and nobody waits for it to pass.
            GroupLostError: It dies or fails again and again, each time soon.
        """
        attempts = Attempts([0.0, *self._retry_delays_s])
        reason = ""
        while self._outcome is None:
            begun = time.monotonic()
            try:
                await self.up()
                begun = time.monotonic()
                await self._open(on_lost)
                if attempts.failures:
                    await on_restart(DIED if reason == DEADLY else reason)
                self._outcome = await self._actor.run.remote([*self.cameras.values()])
            except ActorDiedError as error:
                if self._is_given_up:
                    self._outcome = self._as_given_up()
                    break
                if not self._has_begun or self._is_killed:
                    raise
                self._is_killed = True
                raise GroupLostError(self.name, reason_of(error)) from error
            except (ActorUnavailableError, RayTaskError, GenesisError) as error:
                has_died = isinstance(error, ActorUnavailableError)
                if not (has_died or (self._has_begun and self._is_realtime)):
                    raise
                if time.monotonic() - begun > _SOUND_AFTER_S:
                    attempts.succeeded()
                reason = DEADLY if has_died else reason_of(error)
                if not has_died:  # what is left in it of a failure may not be sound
                    with suppress(RayActorError):
                        await self._actor.exit.remote()
                self._is_away()
                delay_s = attempts.failed()
                if delay_s is None:
                    raise GroupLostError(self.name, reason) from error
                await asyncio.sleep(delay_s)
        self._over.set()

    def _as_given_up(self) -> GroupFigures:
        """Return how far it is known to have come, with what was wrong at its end."""
        known = {camera.camera_id: camera for camera in self._last.cameras}
        cameras = [known.get(name, CameraProgress(camera_id=name)) for name in self.cameras]
        ends = [each if each.is_done else replace(each, problem=_NOT_BACK) for each in cameras]
        return replace(self._last, cameras=ends)

    async def _open(self, on_lost: Callable[[CameraSettings, str], Awaitable[None]]) -> None:
        """Open its sources, of those that were before as many as can be.

        Not again and again: a source may be what it dies of.
        """
        cameras = [*self.cameras.values()]
        failed = await self._said(self._actor.open.remote(cameras, self._has_begun))
        self._is_open = True
        for camera in cameras:
            if camera.camera_id in failed:
                await on_lost(camera, failed[camera.camera_id])

    @property
    def _has_begun(self) -> bool:
        """Whether its cameras have been watched, so that what was wrong from the start is not."""
        return self._is_open or self._is_resumed

    async def up(self) -> None:
        """Wait until its process is up, for as long as no node has room for it."""
        await until_answered(self._actor.figures.remote)
        self._is_back()
        if self._is_to_end:  # which the one before was told
            await self._actor.stop.remote()

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
    def is_open(self) -> bool:
        """Whether its sources have been opened."""
        return self._is_open

    @property
    def is_placed(self) -> bool:
        """Whether its process is up; else it is being started, or waits for a node with room."""
        return self._placed.is_set()

    @property
    def why_waiting(self) -> str:
        """Why it has not been, if it is not being started just now."""
        wanted = f"labelled {NODE_LABEL}={self.node} " if self.node else ""
        return f"no node {wanted}has room for it"

    async def placed(self) -> None:
        """Wait until its process is up."""
        await self._placed.wait()

    async def away(self) -> None:
        """Wait until its process is known to be up no more."""
        await self._away.wait()

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
        call = partial(self._actor.prepare.remote, cameras)
        if not await (self._once(call, cameras) if cameras else self._ask(call)):
            await self._over.wait()
        return not self.has_ended

    async def behind(self, before: DropClass | None) -> DropClass | None:
        """Return the class of its cameras that falls behind, once it is another or in a while.

        Raises:
            RayError: Its process is away.
        """
        behind: DropClass | None = await self._actor.behind.remote(before)
        return behind

    async def give_way(self, to: Collection[DropClass]) -> None:
        """Have it take nothing of classes below these for a while.

        Raises:
            RayError: Its process is away.
        """
        await self._actor.give_way.remote(to)

    async def take_off(self, leaving: Collection[str]) -> None:
        """Watch cameras no longer, and stay until others are put on, if only none.

        Raises:
            AwayError: Its process is away; the next one opens them only where `have` is called.
            GenesisError: What a camera has to say is not taken; it is watched all the same.
        """
        # First here: should its process die, the next one opens those that are to be there.
        self.let_go_of(leaving)
        try:
            call = partial(self._actor.take_off.remote, leaving)
            await self._ask(call, patience_s=_AWAY_FOR_S)
        except AwayError as error:
            raise AwayError(
                f"the process that watches {', '.join(leaving) or 'cameras beside'} has been away "
                f"for {_AWAY_FOR_S:.0f} s: it is being started again, or {self.why_waiting}; see "
                f"`genesis status`, bring its node back, and try again"
            ) from error

    def have(self, cameras: Iterable[CameraSettings]) -> None:
        """Have cameras, so that the next process opens them."""
        self.cameras |= {camera.camera_id: camera for camera in cameras}

    def let_go_of(self, camera_ids: Collection[str]) -> None:
        """Have cameras no longer, as they are others' now."""
        for camera_id in camera_ids:
            self.cameras.pop(camera_id, None)

    async def put_on(self, coming: Sequence[CameraSettings]) -> None:
        """Watch cameras too, best prepared ones, after others were taken off.

        Raises:
            GenesisError: One cannot be opened.
        """
        self.have(coming)
        await self._ask(partial(self._actor.put_on.remote, coming))
        self._is_open = True

    async def end(self) -> None:
        """Let its sources end now: `run` finishes what is under way and returns.

        One whose process died is given up where it is not back soon, one that was never up at once.
        """
        self._is_to_end = True
        if self._is_given_up:
            return
        try:
            async with asyncio.timeout(_BACK_WITHIN_S if self.is_placed or self._is_open else 0):
                await until_answered(self._actor.stop.remote)
        except TimeoutError:
            self._is_given_up = True
            self.kill()

    def kill(self) -> None:
        """Cut it off, for good."""
        self._is_killed = True
        ray.kill(self._actor)

    async def _ask(self, call: Call[T], *, patience_s: float = math.inf) -> T:
        """Call the actor, again where it is being started again."""
        return await self._said(until_answered(call, patience_s=patience_s))

    async def _once(self, call: Call[T], cameras: Sequence[CameraSettings]) -> T:
        """Call the actor once it is up, and not again: it may die of the sources of `cameras`.

        Those that it has would pay for each attempt.

        Raises:
            GenesisError: It died.
        """
        await self.up()
        try:
            return await self._said(call())
        except ActorUnavailableError as error:
            names = ", ".join(camera.camera_id for camera in cameras)
            raise GenesisError(
                f"the process that was to watch {names} died as it opened their sources; see Ray's "
                f"logs for why, and try again, or without them"
            ) from error

    async def _said(self, answer: Awaitable[T]) -> T:
        """Return its answer; what it says of a wrong source comes without Ray's traceback."""
        try:
            said = await answer
        except RayTaskError as error:
            self._is_back()
            if isinstance(error.cause, GenesisError):
                raise error.cause from None
            raise
        else:
            self._is_back()
            return said

    def _is_back(self) -> None:
        self._placed.set()
        self._away.clear()

    def _is_away(self) -> None:
        self._placed.clear()
        self._away.set()
