"""Which process a camera is watched by: cameras spread over groups by importance and load.

A group serves the cameras of its most important class first, so where each group has its share of
every class, an overload is met by the lower classes everywhere; and a process that dies takes
few of the important ones with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from genesis_ray.domain.load.roles import DropClass


@dataclass(frozen=True, slots=True)
class CameraLoad:
    """What a camera brings into a group.

    Attributes:
        fps: Frames a second of it that are looked at.
        node: The only node that can watch it; None where all can.
    """

    name: str
    drop_class: DropClass
    fps: float
    node: str | None = None


@dataclass(frozen=True, slots=True)
class GroupLoad:
    """A group's cameras, all of them for one node or all for any."""

    cameras: tuple[CameraLoad, ...]
    node: str | None = None

    def weight_for(self, camera: CameraLoad) -> tuple[int, float]:
        """Return what is least where a camera is best placed."""
        alike = sum(own.drop_class == camera.drop_class for own in self.cameras)
        return alike, sum(own.fps for own in self.cameras)


def by_importance(camera: CameraLoad) -> tuple[int, float]:
    """Return the place of a camera in the order in which cameras are placed."""
    classes: tuple[DropClass, ...] = ("never", "adaptive", "aggressive")
    return classes.index(camera.drop_class), -camera.fps


def best_group(camera: CameraLoad, groups: Sequence[GroupLoad], *, most: int) -> int | None:
    """Return the index of the group that a camera is best placed in.

    `most` is the largest number of cameras in a group; None says that a new one is needed.
    """
    indices = _with_room(camera, groups, most)
    return min(indices, key=lambda index: groups[index].weight_for(camera), default=None)


def spread(cameras: Sequence[CameraLoad], *, most: int) -> list[GroupLoad]:
    """Return all cameras in as few groups as will do."""
    nodes = dict.fromkeys(camera.node for camera in cameras)
    groups = [
        GroupLoad((), node)
        for node in nodes
        for _ in range(0, sum(camera.node == node for camera in cameras), most)
    ]
    for camera in sorted(cameras, key=by_importance):
        indices = _with_room(camera, groups, most)
        best = min(indices, key=lambda index: groups[index].weight_for(camera))
        groups[best] = GroupLoad((*groups[best].cameras, camera), camera.node)
    return groups


def _with_room(camera: CameraLoad, groups: Sequence[GroupLoad], most: int) -> list[int]:
    return [
        index
        for index, group in enumerate(groups)
        if len(group.cameras) < most and group.node == camera.node
    ]
