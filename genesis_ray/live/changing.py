"""Taking cameras off and putting others on in their place, all of a change or nothing of it."""

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ray.exceptions import ActorDiedError, RayError

from genesis_ray.errors import GenesisError
from genesis_ray.live.calls import AwayError, Call
from genesis_ray.live.groups import CameraGroup
from genesis_ray.live.placing import Move
from genesis_ray.live.retrying import reason_of
from genesis_ray.sections.cameras import CameraSettings

GroupMoves = Sequence[tuple[CameraGroup, Move]]
"""Which group loses which cameras and gets which."""


_PREPARED_WITHIN_S = 90.0
"""For sources that are to come to be opened, on nodes that may have to be added first."""


async def prepare(moves: GroupMoves) -> bool:
    """Open the sources of who comes; return whether no group that is to has ended just before.

    Raises:
        GenesisError: One cannot be opened, or not in time.
    """
    try:
        async with asyncio.timeout(_PREPARED_WITHIN_S):
            answers = await asyncio.gather(*(group.prepare(move.coming) for group, move in moves))
            return all(answers)
    except TimeoutError as error:
        raise GenesisError(_late(moves)) from error


async def close_prepared(moves: GroupMoves) -> None:
    """Close what was opened of who was to come; of a group that has died nothing is open."""
    await _failures([group.prepare([]) for group, _ in moves])


async def change(moves: GroupMoves, expect: Call[None]) -> None:
    """Take off who leaves, have `expect` tell who is expected, and put on who comes.

    So those that leave have said all by then, and those that come nothing yet.

    Raises:
        GenesisError: A source cannot be opened, or who leaves is not let go in time, as a node is
            away. All groups have answered then.
        RayError: A group or a keeper has died for good.
    """
    await _all(group.take_off(move.leaving) for group, move in moves)
    await expect()
    await _all(group.put_on(move.coming) for group, move in moves)


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of a change that was undone.

    Attributes:
        lost: Why, by name, cameras are not watched that were before.
        still_there: Why, by name, cameras may be watched that were not before.
    """

    lost: Mapping[str, str]
    still_there: Mapping[str, str]

    def __str__(self) -> str:
        """Say what is not as it was, in a line; nothing where all is."""
        return "; ".join(
            [
                *(f"{name} is not watched any more ({why})" for name, why in self.lost.items()),
                *(f"{name} may still be watched ({why})" for name, why in self.still_there.items()),
            ]
        )


async def undo(
    moves: GroupMoves, before: Mapping[str, CameraSettings], expect: Call[None]
) -> Undone:
    """Bring cameras back as they were `before`, by name, where a change has failed.

    What one group cannot do, as it has died, keeps no other from it.

    Raises:
        GenesisError, RayError: Nobody can be told who is expected. Cameras are as they were then,
            as far as that can be.
    """
    still_there: dict[str, str] = {}
    off = [group.take_off(_names(move.coming)) for group, move in moves]
    for (_, move), error in zip(moves, await _failures(off), strict=True):
        if error and not isinstance(error, ActorDiedError | AwayError):  # which watch nobody
            still_there |= dict.fromkeys(_names(move.coming), _why(error))
    try:
        await expect()
    finally:
        lost: dict[str, str] = {}
        for group, camera in _returning(moves, before):
            if not group.is_placed:
                group.have([camera])  # the next process opens it
                continue
            try:
                await group.put_on([camera])
            except (GenesisError, RayError) as error:
                group.let_go_of([camera.camera_id])
                lost[camera.camera_id] = _why(error)
        there = [group for group, _ in moves if group.is_placed]
        await _failures([group.put_on([]) for group in there])  # they may end, if all is over
    return Undone(lost, still_there)


def _returning(
    moves: GroupMoves, before: Mapping[str, CameraSettings]
) -> Iterator[tuple[CameraGroup, CameraSettings]]:
    for group, move in moves:
        for name in move.leaving:
            yield group, before[name]


def _names(cameras: Collection[CameraSettings]) -> list[str]:
    return [camera.camera_id for camera in cameras]


async def _failures(
    answers: Iterable[Awaitable[object]],
) -> list[GenesisError | RayError | None]:
    """Wait for all; return what each failed of. What is no group's fault is raised after that."""
    failures: list[GenesisError | RayError | None] = []
    for outcome in await asyncio.gather(*answers, return_exceptions=True):
        error = outcome if isinstance(outcome, BaseException) else None
        if error and not isinstance(error, GenesisError | RayError):
            raise error
        failures.append(error)
    return failures


def _why(error: GenesisError | RayError) -> str:
    return str(error) if isinstance(error, GenesisError) else reason_of(error)


async def _all(answers: Iterable[Awaitable[None]]) -> None:
    """Wait for all, also where one fails: what is done after must not be overtaken."""
    outcomes = await asyncio.gather(*answers, return_exceptions=True)
    for outcome in outcomes:
        if outcome:
            raise outcome


def _late(moves: GroupMoves) -> str:
    """Say which cameras could not be prepared in time, and why."""
    homeless = [
        camera.camera_id for group, move in moves if not group.is_placed for camera in move.coming
    ]
    if homeless:
        return (
            f"no node has room for {', '.join(homeless)}; add a node, or reserve less for each "
            f"group of cameras (groups.num_cpus)"
        )
    return f"the sources could not be opened within {_PREPARED_WITHIN_S:.0f} s"
