"""How close people are: people by the square metre of the zone that they are in."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Areas = Mapping[tuple[str, str], float]
"""Square metres on the ground, by camera and zone, of the zones that somebody measured."""


def with_density(levels: pa.Table, areas_m2: Areas) -> pa.Table:
    """Return how many people were in zones, with how many that is to a square metre.

    Args:
        levels: With the columns camera_id, zone_id, mean_people and max_people.
        areas_m2: Of the zones.

    Columns: those of `levels`, then mean_people_per_m2 and max_people_per_m2, both null where no
    area is known, and so in rows of several zones together.
    """
    area: Any = pa.nulls(len(levels), pa.float64())
    for (camera_id, zone_id), area_m2 in areas_m2.items():
        is_there = pc.and_kleene(
            pc.equal(levels["camera_id"], pa.scalar(camera_id)),
            pc.equal(levels["zone_id"], pa.scalar(zone_id)),
        )
        area = pc.if_else(pc.coalesce(is_there, pa.scalar(False)), area_m2, area)
    for people in ("mean_people", "max_people"):
        density = pc.divide(levels[people].cast(pa.float64()), area)
        levels = levels.append_column(f"{people}_per_m2", density)
    return levels
