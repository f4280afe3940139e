"""What the parts of a live system counted, put together."""

from collections.abc import Sequence

from genesis_ray.figures import GroupPlace
from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.groups import CameraGroup
from genesis_ray.live.journal_figures import JournalFigures
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.vision.memory_guard import MemoryState


def place_of(group: CameraGroup, figures: GroupFigures) -> GroupPlace:
    """Return where a group is."""
    node = figures.node if group.is_placed else None
    return GroupPlace(
        name=group.name, node=node, cameras=tuple(group.cameras), waiting=figures.waiting
    )


def stages_of(groups: Sequence[GroupFigures], journal: JournalFigures) -> StageClock:
    """Return the time that all took together, by stage."""
    clock = StageClock()
    clock.add("write", journal.write_s)
    for group in groups:
        for stage, seconds in group.stage_s.items():
            clock.add(stage, seconds)
    return clock


def memory_of(groups: Sequence[GroupFigures]) -> dict[tuple[str, str], MemoryState]:
    """Return each replica's latest state: that of whom it told of the most."""
    told = [item for group in groups for item in group.memory.items()]
    return dict(sorted(told, key=lambda item: item[1].out_of_memory))
