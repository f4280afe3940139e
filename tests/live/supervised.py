"""A supervisor in one process: doubles answer for the actors that it starts."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import pytest
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayTaskError

from genesis_ray.errors import GenesisError
from genesis_ray.live import groups, supervisor, watched_groups
from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec
from genesis_ray.live.supervisor import Supervisor
from genesis_ray.running.result import CameraProgress

Failing = defaultdict[tuple[str, str], deque[Exception | None]]
"""What a method raises of a camera, by both, one call after the other."""


class Actor:
    """What a handle is: each method is called through its `remote`, and answers a little later.

    Attributes:
        calls: What it was called with.
        waits: What methods wait for, by name.
        is_killed: Whether that was done, for good.
    """

    def __init__(self, name: str, log: list[tuple[str, str]]) -> None:
        self.name = name
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.waits: dict[str, asyncio.Event] = {}
        self.is_killed = False
        self._log = log

    def __getattr__(self, method: str) -> "Method":
        if method.startswith("_"):
            raise AttributeError(method)
        return Method(self, method)

    async def answer(self, method: str, arguments: tuple[Any, ...]) -> Any:
        await asyncio.sleep(0)
        if self.is_killed:
            raise ActorDiedError
        self.calls.append((method, arguments))
        self._log.append((self.name, method))
        if waits_for := self.waits.get(method):
            await waits_for.wait()
        own = getattr(type(self), f"do_{method}", None)
        return await own(self, *arguments) if own else None

    def called(self, method: str) -> list[tuple[Any, ...]]:
        """What a method was called with."""
        return [arguments for name, arguments in self.calls if name == method]


class Method:
    def __init__(self, actor: Actor, name: str) -> None:
        self._actor = actor
        self._name = name

    def remote(self, *arguments: Any) -> asyncio.Task[Any]:
        return asyncio.ensure_future(self._actor.answer(self._name, arguments))


class Group(Actor):
    """A camera group's, whose cameras never end.

    Attributes:
        watched: The cameras that it has.
        has_ended: Whether that is over.
        is_watching: Whether it was called to, and has not died since.
        is_away: Whether no node has room for it.
        gone: Why sources cannot be opened any more, by camera.
        without: Of journal and resolver, who does not answer it.
        full: Of the two, whose disk is full, and what is to be done.
        closing: What is raised where what was prepared is to be closed.
    """

    def __init__(self, name: str, log: list[tuple[str, str]], failing: "Failing") -> None:
        super().__init__(name, log)
        self.watched: dict[str, str] = {}
        self.has_ended = False
        self.is_watching = False
        self.is_away = False
        self.gone: dict[str, str] = {}
        self.without: frozenset[str] = frozenset()
        self.full: dict[str, str] = {}
        self.closing: Exception | None = None
        self._failing = failing
        self._stops = asyncio.Event()
        self._fails: Exception | None = None

    def die(self) -> None:
        """Have the call that is under way fail as one does whose process died."""
        self.fail(ActorUnavailableError("it died", None))

    def fail(self, error: Exception) -> None:
        """Have the call that is under way raise this."""
        self._fails = error
        self._stops.set()

    async def do_open(self, cameras, is_resumed=False) -> dict[str, str]:
        names = {camera.camera_id: str(camera.source) for camera in cameras}
        failed = {name: why for name, why in self.gone.items() if name in names}
        if failed and not is_resumed:
            raise RayTaskError("open", "", GenesisError(*failed.values()))
        self.watched = {name: source for name, source in names.items() if name not in failed}
        return failed

    async def do_exit(self) -> None:
        self.watched.clear()
        raise ActorUnavailableError("it exited", None)

    async def do_run(self, cameras) -> GroupFigures:
        self.watched |= {camera.camera_id: str(camera.source) for camera in cameras}
        self.is_watching = True
        await self._stops.wait()
        self.is_watching = False
        self._stops.clear()
        self.has_ended = self._fails is None
        if error := self._fails:
            self._fails = None
            raise error
        return self._figures(is_done=True)

    async def do_prepare(self, cameras) -> bool:
        for camera in cameras:
            self._fail_at("prepare", camera.camera_id)
        if not cameras and self.closing:
            raise self.closing
        return not self.has_ended

    async def do_take_off(self, leaving) -> None:
        if self.is_away:
            raise ActorUnavailableError("no node has room", None)
        for name in leaving:
            self._fail_at("take_off", name)
            self.watched.pop(name, None)

    async def do_put_on(self, coming) -> None:
        for camera in coming:
            self._fail_at("put_on", camera.camera_id)
            self.watched[camera.camera_id] = str(camera.source)

    async def do_figures(self) -> GroupFigures:
        if self.is_away:
            raise ActorUnavailableError("no node has room", None)
        return self._figures(is_done=False)

    async def do_stop(self) -> None:
        self._stops.set()

    def _fail_at(self, method: str, camera_id: str) -> None:
        if (due := self._failing[method, camera_id]) and (error := due.popleft()):
            raise error

    def _figures(self, *, is_done: bool) -> GroupFigures:
        cameras = [CameraProgress(camera_id=name, is_done=is_done) for name in self.watched]
        return GroupFigures(cameras, {}, None, away=self.without, full=self.full)


class Stage:
    """The actors that a supervisor started, and what was called of them all, in its order.

    Attributes:
        is_over: Whether a story had the supervisor end.
        running: What it does meanwhile.
    """

    running: asyncio.Task[object]

    def __init__(
        self, spec: LiveSpec, monkeypatch: pytest.MonkeyPatch, *, is_resumed: bool = False
    ) -> None:
        self.is_over = False
        self.log: list[tuple[str, str]] = []
        self.actors: dict[str, Any] = {}
        self._failing: Failing = defaultdict(deque)
        monkeypatch.setattr(supervisor, "start_keeper", self._keeper)
        monkeypatch.setattr(watched_groups, "start_groups", lambda _: self._group)
        monkeypatch.setattr(groups.ray, "kill", self._kill)
        self.supervisor = Supervisor(spec, is_resumed=is_resumed)

    def fails_once(self, method: str, camera_id: str, error: Exception | None) -> None:
        """Have a group fail with a camera the next time, or not; said again, the time after it."""
        self._failing[method, camera_id].append(error)

    @property
    def journal(self) -> Actor:
        return self.actors[JOURNAL_ACTOR]

    @property
    def resolver(self) -> Actor:
        return self.actors[RESOLVER_ACTOR]

    @property
    def groups(self) -> list[Group]:
        """Those that live."""
        return [a for a in self.actors.values() if isinstance(a, Group) and not a.is_killed]

    def watched(self) -> dict[str, str]:
        """The sources that are watched, by camera."""
        return {name: source for group in self.groups for name, source in group.watched.items()}

    def group_of(self, camera_id: str) -> Group:
        (group,) = (group for group in self.groups if camera_id in group.watched)
        return group

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not is_so():
                await asyncio.sleep(0.001)

    def _keeper(self, _: type, name: str, *__: object) -> Actor:
        return self.actors.setdefault(name, Actor(name, self.log))

    def _group(self, _: type, name: str, *__: object, node: str | None = None) -> Group:  # noqa: ARG002
        return self.actors.setdefault(name, Group(name, self.log, self._failing))

    @staticmethod
    def _kill(actor: Actor) -> None:
        actor.is_killed = True
        if isinstance(actor, Group):
            actor.die()
