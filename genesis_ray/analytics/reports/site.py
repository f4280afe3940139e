"""What is to be known of a site to report on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.figures.periods import Period


class Queue(NamedTuple):
    """Where people queue, where they are served, and how soon that is to be."""

    zone_id: str
    service_zone_id: str | None = None
    within_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is to be known of a site to measure it.

    Attributes:
        tables: One tenant's.
        within: Returns those of a period alone.
        time_zone: Of the site.
        queues: Its queues.
        least_group: People whom a figure of a group tells of at least.
        visit_gap_s: Who is out of sight for longer comes anew.
    """

    tables: Tables
    within: Callable[[Period], Tables]
    time_zone: str
    queues: Sequence[Queue] = ()
    least_group: int
    visit_gap_s: float = 300.0
