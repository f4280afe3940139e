"""Cameras and zones that a question names: those of the run, or the answer would be zeros."""

from collections.abc import Collection, Iterable

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables
from genesis_ray.errors import NotFoundError
from genesis_ray.settings import Settings

_CAMERAS = """
SELECT DISTINCT camera_id AS id FROM camera_states
UNION SELECT DISTINCT camera_id FROM zone_crossings
UNION SELECT DISTINCT camera_id FROM line_crossings
UNION SELECT DISTINCT camera_id FROM visit_events
"""

_ZONES = """
SELECT DISTINCT zone_id AS id FROM zone_crossings
UNION SELECT DISTINCT unnest(zone_ids) FROM visit_events
"""


def check_places(
    tables: Tables, settings: Settings, *, camera_ids: Iterable[str], zone_ids: Iterable[str]
) -> None:
    """Refuse cameras and zones that are neither in a run's settings nor in its events.

    The events, where cameras and zones are that came or went while it ran, are looked at only
    where the settings do not have a name.

    Raises:
        NotFoundError: One is in neither.
    """
    cameras = {camera.camera_id for camera in settings.cameras}
    zones = {zone.zone_id for camera in settings.cameras for zone in camera.zones}
    _check("camera", camera_ids, cameras, tables, _CAMERAS)
    _check("zone", zone_ids, zones, tables, _ZONES)


def _check(
    kind: str, asked: Iterable[str], known: Collection[str], tables: Tables, sql: str
) -> None:
    missing = {*asked} - {*known}
    if not missing:
        return
    there = {*known, *map(str, run(sql, tables)["id"].to_pylist())}
    if missing := missing - there:
        raise NotFoundError(
            f"no {kind} {', '.join(sorted(missing))} in this run; there "
            f"{'is' if len(there) == 1 else 'are'} {', '.join(sorted(there)) or 'none'}"
        )
