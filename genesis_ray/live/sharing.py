"""Groups that share a detector: lower classes of all give way to the better cameras of any."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress

from ray.exceptions import RayError

from genesis_ray.domain.load.roles import DropClass, drop_class_of
from genesis_ray.live.groups import CameraGroup
from genesis_ray.live.lane import URGENCY_OF
from genesis_ray.live.precedence import LOOKS_EVERY_S, TELLS_EVERY_S

_LOOKS_AGAIN_S = 1.0
"""Whether there are cameras that could give way, and at a group that is being started again."""

_ANSWERS_WITHIN_S = 2 * TELLS_EVERY_S
"""A group that has nothing new to say, which it says before that."""


def ahead_of(name: str, behind: Mapping[str, DropClass | None]) -> frozenset[DropClass]:
    """Return the classes to which a group has to give way: what others' cameras are behind."""
    return frozenset(own for other, own in behind.items() if own and other != name)


class Sharing:
    """Asks each group whose cameras fall behind, and tells all others.

    Where all cameras are of one class nobody is asked anything.
    """

    def __init__(self, groups: Callable[[], Collection[CameraGroup]]) -> None:
        """Share among the groups there are at any time."""
        self._groups = groups
        self._behind: dict[str, DropClass] = {}
        self._changed: dict[str, asyncio.Event] = {}

    async def share(self, group: CameraGroup) -> None:
        """Ask and tell a group, for ever."""
        self._changed[group.name] = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._ask(group))
                both.create_task(self._tell(group))
        finally:
            del self._changed[group.name]
            self._note(group, None)

    async def _ask(self, group: CameraGroup) -> None:
        while True:
            behind, pause_s = None, _LOOKS_AGAIN_S
            if self._is_ahead_of_others(group):
                with suppress(
                    RayError, TimeoutError
                ):  # it is being started again, or its node away
                    async with asyncio.timeout(_ANSWERS_WITHIN_S):
                        behind = await group.behind(self._behind.get(group.name))
                    pause_s = LOOKS_EVERY_S
            self._note(group, behind)
            await asyncio.sleep(pause_s)

    async def _tell(self, group: CameraGroup) -> None:
        changed, told = self._changed[group.name], frozenset[DropClass]()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TELLS_EVERY_S if told else None):
                    await changed.wait()
            changed.clear()
            ahead = ahead_of(group.name, self._behind)
            if ahead or told:
                with suppress(RayError, TimeoutError):
                    async with asyncio.timeout(TELLS_EVERY_S):
                        await group.give_way(ahead)
            told = ahead

    def _note(self, group: CameraGroup, behind: DropClass | None) -> None:
        if behind == self._behind.get(group.name):
            return
        if behind:
            self._behind[group.name] = behind
        else:
            del self._behind[group.name]
        for changed in self._changed.values():
            changed.set()

    def _is_ahead_of_others(self, group: CameraGroup) -> bool:
        others = (other for other in self._groups() if other is not group)
        least = max((max(_urgencies(other), default=0) for other in others), default=0)
        return min(_urgencies(group), default=least) < least


def _urgencies(group: CameraGroup) -> Iterable[int]:
    return [URGENCY_OF[drop_class_of(camera.role)] for camera in group.cameras.values()]
