"""How many cameras a machine can watch, and what is short first: costs in, a plan out.

The stages of all cameras share the processor's cores, so there it is the sum of their
core-seconds that counts, however they overlap. A detector with a device of its own is a second
thing to run short of, memory a third, and the one thread in which Python runs in a process that
hosts cameras a fourth.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from genesis_ray.domain.load.costs import Costs

Resource = Literal["processor", "detector", "memory", "group"]

CAMERAS_A_GROUP = 8
"""Cameras that the live system puts into one process (`live.placing`)."""

_MOST_CAMERAS = 1_000_000
"""Where the search for the most cameras of a node ends: its costs are wrong then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of the system.

    Attributes:
        fps: Frames a second of each camera that are looked at.
        source_fps: Frames a second that each camera sends, all of which are decoded.
        people: In a frame, on average.
        looks_a_s: Looks at faces a second, of a camera that shows faces.
        with_faces: Share of the cameras that do.
        stack_frames: Most frames in a request to the detector.
    """

    cameras: int
    fps: float
    source_fps: float
    people: float
    looks_a_s: float
    with_faces: float = 1.0
    stack_frames: int = 16

    def __post_init__(self) -> None:
        if self.cameras < 1 or self.stack_frames < 1:
            raise ValueError(f"expected cameras and frames in a stack, got {self}")
        if not 0 <= self.fps <= self.source_fps:
            raise ValueError(
                f"expected at most the {self.source_fps:g} frames/s that the camera sends, "
                f"got {self.fps:g}"
            )
        if min(self.people, self.looks_a_s) < 0 or not 0 <= self.with_faces <= 1:
            raise ValueError(f"expected people and faces of 0 or more, got {self}")

    @property
    def groups(self) -> int:
        """Processes that host the cameras."""
        return math.ceil(self.cameras / CAMERAS_A_GROUP)

    @property
    def requests_a_s(self) -> float:
        """Requests to the detector a second where it only just keeps up.

        A request then carries a frame of every camera of its group: what waits longer than the
        time between two frames is dropped. With less to do requests are smaller and more.
        """
        full, rest = divmod(self.cameras, CAMERAS_A_GROUP)
        requests = full * math.ceil(CAMERAS_A_GROUP / self.stack_frames)
        return self.fps * (requests + math.ceil(rest / self.stack_frames))


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A machine.

    Attributes:
        memory: Bytes that the system may use.
        has_device: Whether the detector runs on a device of its own, not on the cores.
    """

    cores: float
    memory: float
    has_device: bool = False

    def __post_init__(self) -> None:
        if self.cores <= 0 or self.memory <= 0:
            raise ValueError(f"expected cores and memory, got {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a load needs.

    Attributes:
        used: Share of each resource of one node that the load takes; over 1 where it is too much.
        fits: The most cameras of this rate for one node.
        most_fps: The highest rate at which one node watches that number of cameras, up to what
            they send; None where they are too many at any.
        short: What a camera more than fit would be short of.
        nodes: How many nodes numbers of cameras take; None where none fits on one.
        systems: How many live systems these are: the one journal of each has a limit too.
    """

    load: Load
    node: Node
    headroom: float
    used: Mapping[Resource, float]
    fits: int
    most_fps: float | None
    short: Resource
    nodes: Mapping[int, int | None]
    systems: Mapping[int, int]


def plan(
    load: Load,
    costs: Costs,
    node: Node,
    *,
    headroom: float = 0.1,
    sizes: Sequence[int] = (100, 1000),
) -> Plan:
    """Plan for a load, and for other numbers of such cameras (`sizes`).

    `headroom` is the share of each resource that is to stay free: people come in groups, and a
    processor that is always busy drops frames. One node is planned for as every other, with all
    that a system needs on it.
    """
    if not 0 <= headroom < 1:
        raise ValueError(f"expected a headroom from 0 to below 1, got {headroom}")
    if load.fps == 0:
        raise ValueError("expected a rate of more than 0 frames/s")
    limit = 1 - headroom
    fits = _most_cameras(load, costs, node, limit)
    beyond = utilisation(replace(load, cameras=fits + 1), costs, node)
    asked = sorted({load.cameras, *sizes})
    return Plan(
        load=load,
        node=node,
        headroom=headroom,
        used=utilisation(load, costs, node),
        fits=fits,
        most_fps=_most_fps(load, costs, node, limit),
        short=max(beyond, key=lambda resource: beyond[resource]),
        nodes={n: math.ceil(n / fits) if fits else None for n in asked},
        systems={n: _systems(n, load, costs, limit) for n in asked},
    )


def processor(load: Load, costs: Costs) -> dict[str, float]:
    """Return what each stage takes of the processor, in cores: core-seconds a second."""
    looked_at = load.cameras * load.fps
    looks = load.cameras * load.with_faces * load.looks_a_s
    parts = {
        "decode": load.cameras * load.source_fps * costs.decode_s,
        "prepare": looked_at * costs.prepare_s,
        "detect": looked_at * costs.detect_s,
        "track": looked_at * _observe_s(load, costs),
        "faces": looks * costs.face_s,
        "write": looked_at * costs.write_s,
    }
    live = costs.live
    between = looked_at * live.frame_s + load.requests_a_s * live.request_s + live.idle_cores
    return {stage: cores * costs.together for stage, cores in parts.items()} | {"live": between}


def utilisation(load: Load, costs: Costs, node: Node) -> dict[Resource, float]:
    """Return the share of each resource of a node that a load takes."""
    memory = costs.memory
    held = memory.system + load.groups * memory.group + load.cameras * memory.camera
    fullest = min(load.cameras, CAMERAS_A_GROUP)
    python_s = _observe_s(load, costs) * costs.together + costs.live.frame_s
    used: dict[Resource, float] = {
        "processor": sum(processor(load, costs).values()) / node.cores,
        "memory": held / node.memory,
        "group": fullest * load.fps * python_s,
    }
    if node.has_device:
        used["detector"] = load.cameras * load.fps * costs.device_s
    return used


def _observe_s(load: Load, costs: Costs) -> float:
    return costs.track_s + load.people * costs.person_s


def _fits(cameras: int, load: Load, costs: Costs, node: Node, limit: float) -> bool:
    used = utilisation(replace(load, cameras=cameras), costs, node)
    return max(used.values()) <= limit


def _most_cameras(load: Load, costs: Costs, node: Node, limit: float) -> int:
    """Return the largest number that fits; as more never need less, it is found by halving."""
    beyond = 1
    while _fits(beyond, load, costs, node, limit):
        beyond *= 2
        if beyond > _MOST_CAMERAS:
            raise ValueError(f"expected costs that a node runs short of, got {costs}")
    fits = beyond // 2
    while beyond - fits > 1:
        middle = (fits + beyond) // 2
        if _fits(middle, load, costs, node, limit):
            fits = middle
        else:
            beyond = middle
    return fits


def _most_fps(load: Load, costs: Costs, node: Node, limit: float) -> float | None:
    """Return the rate at which the first resource is used up to `limit`: all grow in line."""
    still = utilisation(replace(load, fps=0.0), costs, node)
    fast = utilisation(replace(load, fps=load.source_fps), costs, node)
    share = 1.0  # of what the camera sends
    for resource, at_rest in still.items():
        room, growth = limit - at_rest, fast[resource] - at_rest
        if room <= 0:
            return None
        if growth > room:
            share = min(share, room / growth)
    return share * load.source_fps


def _systems(cameras: int, load: Load, costs: Costs, limit: float) -> int:
    """Return how many journals can take what so many cameras report: each is one thread."""
    return math.ceil(cameras * load.fps * costs.write_s * costs.together / limit) or 1
