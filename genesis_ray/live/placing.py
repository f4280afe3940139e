"""Which camera is watched by which group."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import ray

from genesis_ray.domain.load.roles import drop_class_of
from genesis_ray.domain.load.spreading import (
    CameraLoad,
    GroupLoad,
    best_group,
    by_importance,
    spread,
)
from genesis_ray.live.groups import CameraGroup
from genesis_ray.running.changes import Changes
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Move:
    """The cameras that a group loses, by name, and those that it gets."""

    leaving: list[str] = field(default_factory=list)
    coming: list[CameraSettings] = field(default_factory=list)


@dataclass(slots=True)
class Moves:
    """What a change means for the groups there are, and for those that have to be made."""

    known: list[tuple[CameraGroup, Move]]
    further: list[Move]


def in_groups(settings: Settings) -> list[list[CameraSettings]]:
    """Return the cameras in as few groups as will do."""
    cameras = {camera.camera_id: camera for camera in settings.cameras}
    loads = [_load(camera, settings) for camera in cameras.values()]
    groups = spread(loads, most=settings.groups.cameras)
    return [[cameras[load.name] for load in group.cameras] for group in groups]


def place(changes: Changes, settings: Settings, groups: Sequence[CameraGroup]) -> Moves:
    """Return which group gets which camera, with `settings` those after the change.

    A changed camera stays where it is; a new one goes where its class and its load are least.
    """
    moves = [(group, Move()) for group in groups]
    left = set(changes.leaving)
    homeless = list(changes.added)
    for changed in changes.changed:
        camera = changed.after
        home = next((move for group, move in moves if camera.camera_id in group.cameras), None)
        if home:
            home.coming.append(camera)
        else:
            homeless.append(camera)  # its group has ended
    for group, move in moves:
        move.leaving = [name for name in group.cameras if name in left]
    loads = [_load_after(group, move, settings) for group, move in moves]
    moved = [move for _, move in moves]
    by_name = {camera.camera_id: camera for camera in homeless}
    for load in sorted((_load(camera, settings) for camera in homeless), key=by_importance):
        index = best_group(load, loads, most=settings.groups.cameras)
        if index is None:
            index = len(loads)
            loads.append(GroupLoad((), load.node))
            moved.append(Move())
        loads[index] = GroupLoad((*loads[index].cameras, load), load.node)
        moved[index].coming.append(by_name[load.name])
    touched = [(group, move) for group, move in moves if move.leaving or move.coming]
    return Moves(touched, moved[len(moves) :])


def node_of(cameras: Sequence[CameraSettings]) -> str | None:
    """Return the node that has to watch a group's cameras; None where all can."""
    return cameras[0].node if cameras else None


def warn_of_devices(cameras: Sequence[CameraSettings]) -> None:
    """Log which cameras are of one machine and may be watched on any, where there are several."""
    vague = [camera for camera in cameras if camera.is_device and camera.node is None]
    if not vague or sum(node["Alive"] for node in ray.nodes()) == 1:
        return
    for camera in vague:
        _log.warning(
            "camera %s: %s is looked for on whichever node watches it, and there are several; "
            "say by node which one has it",
            camera.camera_id,
            camera.source,
        )


def _load(camera: CameraSettings, settings: Settings) -> CameraLoad:
    fps = settings.fps_of(camera)
    return CameraLoad(camera.camera_id, drop_class_of(camera.role), fps, camera.node)


def _load_after(group: CameraGroup, move: Move, settings: Settings) -> GroupLoad:
    staying = [camera for name, camera in group.cameras.items() if name not in set(move.leaving)]
    loads = [_load(camera, settings) for camera in (*staying, *move.coming)]
    return GroupLoad(tuple(loads), group.node)
