"""Changing the cameras of a live system while the others go on."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from ray.exceptions import RayError

from genesis_ray.errors import GenesisError
from genesis_ray.live.changing import GroupMoves, Undone, change, close_prepared, prepare, undo
from genesis_ray.live.losing import tell_ended
from genesis_ray.live.placing import node_of, place, warn_of_devices
from genesis_ray.live.spec import LiveSpec
from genesis_ray.live.starting import explained
from genesis_ray.live.watched_groups import WatchedGroups
from genesis_ray.running.changes import Changes, changes_between
from genesis_ray.running.result import CameraProgress
from genesis_ray.settings import Settings


async def apply(settings: Settings, groups: WatchedGroups) -> Changes:
    """Add, change and take off cameras, one change at a time; return what was changed.

    Those that were given up are begun with again.

    Raises:
        ConfigurationError: Something else would have to be changed too.
        GenesisError: A source cannot be opened. Nothing has been changed then.
    """
    async with groups.changing:
        changes = changes_between(groups.spec.settings, settings, given_up=groups.given_up)
        if changes:
            await _exchange(changes, settings, groups)
        return changes


async def _exchange(changes: Changes, settings: Settings, groups: WatchedGroups) -> None:
    spec = replace(groups.spec, settings=settings)
    await groups.keepers.see_that_they_take()
    known, made = await _prepare(changes, spec, groups)
    anew = [camera.after.camera_id for camera in changes.changed]
    try:
        await change([*known, *made], partial(groups.keepers.expect, settings, anew))
    except (GenesisError, RayError) as error:
        for group, _ in made:
            group.kill()
        if left := str(await _undo(known, anew, groups)):
            await groups.note("configuration", "failed", f"a change was undone, but {left}")
            raise GenesisError(f"{explained(error)}; all is as it was, but {left}") from error
        raise
    groups.spec = spec
    warn_of_devices(changes.coming)
    for ended in groups:
        if ended.has_ended:
            ended.let_go_of(changes.leaving)
    groups.take_back([camera.camera_id for camera in changes.coming])
    for group, _ in made:
        groups.join(group)
    await groups.note("configuration", "changed", str(changes))


async def _prepare(
    changes: Changes, spec: LiveSpec, groups: WatchedGroups
) -> tuple[GroupMoves, GroupMoves]:
    """Have sources opened by the groups that there are, and by others that are made for it."""
    is_ready = False
    while not is_ready:
        placed = place(changes, spec.settings, groups.at_work)
        made = [(groups.make(spec, [], node=node_of(move.coming)), move) for move in placed.further]
        try:
            is_ready = await prepare([*placed.known, *made])
        finally:
            if not is_ready:
                for group, _ in made:
                    group.kill()
                await close_prepared(placed.known)
    return placed.known, made


async def _undo(moves: GroupMoves, anew: Collection[str], groups: WatchedGroups) -> Undone:
    """Watch as before a change that failed, as far as can be; of `anew` more was expected."""
    settings, keepers = groups.spec.settings, groups.keepers
    before = {camera.camera_id: camera for camera in settings.cameras}
    undone = await undo(moves, before, partial(keepers.expect, settings, anew))
    for camera_id, reason in undone.lost.items():
        await groups.lose(CameraProgress(camera_id=camera_id), reason)
    watched = {name for group in groups.at_work for name in group.cameras}
    await tell_ended([name for name in anew if name not in watched], keepers)
    return undone
