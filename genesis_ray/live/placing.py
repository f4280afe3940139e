"""Which camera is watched by which group."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from genesis_ray.domain.capacity import CAMERAS_A_GROUP
from genesis_ray.live.groups import CameraGroup
from genesis_ray.running.changes import Changes
from genesis_ray.settings import CameraSettings


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


def in_groups(cameras: Sequence[CameraSettings]) -> list[Sequence[CameraSettings]]:
    """Return the cameras in as few groups as will do."""
    return [
        cameras[first : first + CAMERAS_A_GROUP]
        for first in range(0, len(cameras), CAMERAS_A_GROUP)
    ]


def place(changes: Changes, groups: Sequence[CameraGroup]) -> Moves:
    """Return which group gets which camera.

    A changed camera stays where it is; a new one goes to the group that has the most room.
    """
    moves = [(group, Move()) for group in groups]
    further: list[Move] = []
    left = set(changes.leaving)
    homeless = list(changes.added)
    for changed in changes.changed:
        name = changed.after.camera_id
        home = next((move for group, move in moves if name in group.cameras), None)
        if home:
            home.coming.append(changed.after)
        else:
            homeless.append(changed.after)  # its group has ended
    for group, move in moves:
        move.leaving = [name for name in group.cameras if name in left]
    for camera in homeless:
        sizes = [
            (len(group.cameras) - len(move.leaving) + len(move.coming), move)
            for group, move in moves
        ] + [(len(move.coming), move) for move in further]
        size, move = min(sizes, key=lambda item: item[0], default=(CAMERAS_A_GROUP, Move()))
        if size >= CAMERAS_A_GROUP:
            move = Move()
            further.append(move)
        move.coming.append(camera)
    touched = [(group, move) for group, move in moves if move.leaving or move.coming]
    return Moves(touched, further)
