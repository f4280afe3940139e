"""The matches that a log has: how alike they are, from its beginning on."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.recognition.drift import MatchDrift, MatchLevel
from genesis_ray.running.assembly import drift_policy
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import RunTables

_COLUMNS = ("camera_id", "embedder", "similarity")


def matches_in(tables: RunTables) -> Iterator[tuple[str, str, float]]:
    """Yield camera, embedder and similarity of each match, in order of capture.

    Visitors that were made of the track itself are none.
    """
    rows = tables["face_recognitions"].read()
    is_named = pc.is_in(rows["decision"], value_set=pa.array(["named"]))
    matches = rows.filter(pc.and_(is_named, pc.invert(rows["is_new"])))
    yield from zip(*(matches[name].to_pylist() for name in _COLUMNS), strict=True)


def match_levels(events: Path, settings: Settings) -> dict[str, MatchLevel]:
    """Return how alike matches are at the end of a log, by camera."""
    drift = MatchDrift(drift_policy(settings))
    for match in matches_in(RunTables(events, settings.tenant_id)):
        drift.update(*match)
    return drift.levels()
