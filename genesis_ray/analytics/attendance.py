"""Attendances: who was there and for how long, those without a name too.

A visit is of an identity, and most people who are counted have none: they are seen from behind, or
too far away. An attendance is a visit of anybody. It is made from what was seen each time it is
asked for, so nothing more is kept of people without a name than where a track was and which zones
it entered.

A track without a name is an attendance of its own, for its id outlasts what hides a person for a
moment (`domain.relinking`). Only where somebody sat or stood still when they were lost, and
somebody sits or stands still at that very place soon after, do two tracks make one. Who walks out
of the picture, or through a door, moves: nothing is concluded of the next who comes that way.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.analytics.attendance_sql import ATTENDANCES
from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.pieces import in_pieces
from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables, narrowed
from genesis_ray.domain.figures.rollups import LONGEST_TRACK
from genesis_ray.errors import ConfigurationError

SHORTEST_S = 1.0
"""Of one without a name: what is shorter is a flicker of the detector, or part of somebody."""

REJOIN_S = 60.0
"""For which somebody who sits or stands still may be hidden, or be missed by the detector."""

_STILL_S = 3.0
"""Before a track is lost, and after one begins, in which its boxes tell whether it moves."""

_LEAST_OVERLAP = 0.5
"""Area that all boxes of both tracks share then, as a part of the one round all of them."""

_LONGEST_GAP = timedelta(days=366)
"""Beyond which no rows are looked for before a range, however long a gap may be."""

_UNSEEN = timedelta(hours=1)
"""For which no track is out of sight and goes on: who is hidden for minutes gets another."""

_EVER_S = 1e11
"""Three thousand years: as microseconds it can be added to a time, and no gap is longer."""

_AFTER = timedelta(days=1)
"""For which one that began in a range is followed."""


def attendances(
    tables: Tables,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    visit_gap_s: float = 300.0,
    least_s: float = SHORTEST_S,
    rejoin_s: float = REJOIN_S,
) -> pa.Table:
    """Return the attendances that began in [since, until), a row each, by when they began.

    Columns: identity_id (null of who has no name), started_at and ended_at (first and last sight,
    the last so far of who is still there), seconds, entry_camera_id, exit_camera_id, tracks (a list
    of camera_id and track_id, by when they began), zone_ids (entered, in order, each named once
    per time in it; of more than a thousand the first, and of each other zone its first), dwell_s
    (seconds in each zone, a map).

    Those of an identity are its visits: found anew, from the same rows, with the same times and
    zones, as far as it was named before the visit was over.

    Args:
        tables: One tenant's `track_observations`, `face_recognitions` and `zone_crossings`. What
            they lack, as the time before midnight where they are of one day, does not count. Of a
            range they are looked at from `LONGEST_TRACK` and the longer of the two gaps before it
            to a day after it; a long one piece by piece, see `in_pieces`.
        visit_gap_s: An identity out of sight for longer comes back for another attendance.
        since: None for all from the beginning.
        until: None for all to the end.
        least_s: Attendances without a name that are shorter are left out.
        rejoin_s: Longest time for which somebody without a name who keeps still may be unseen; zero
            to let each track be an attendance.

    Raises:
        ConfigurationError: `since` is not before `until`, or a duration is negative.
    """
    if since and until and since >= until:
        raise ConfigurationError(f"since {since} is not before until {until}")
    spans_s = {"visit_gap_s": visit_gap_s, "least_s": least_s, "rejoin_s": rejoin_s}
    for name, seconds in spans_s.items():
        if not 0 <= seconds < float("inf"):
            raise ConfigurationError(f"{name} must be 0 or more seconds, got {seconds}")
    gap = timedelta(seconds=min(max(visit_gap_s, rejoin_s), _LONGEST_GAP.total_seconds()))
    params = {
        "gap_us": _us(visit_gap_s),
        "shortest_us": _us(least_s),
        "rejoin_us": _us(rejoin_s),
        "still_us": _us(_STILL_S),
        "least_overlap": _LEAST_OVERLAP,
    }
    if since is None or until is None:
        return _asked(
            tables,
            params,
            since=since,
            until=until,
            read_since=since and since - LONGEST_TRACK - gap,
            read_until=until and until + _AFTER,
            seen_until=until and until + _AFTER,
        )
    last = until + _AFTER
    # Of one whose last sight is earlier no further sight can be a part.
    settled = gap + max(gap, _UNSEEN)
    further = LONGEST_TRACK + settled + timedelta(seconds=min(least_s, _AFTER.total_seconds()))

    def begun(since: datetime, until: datetime) -> pa.Table:
        """Follow those that began in a part of the range until the last of them is over."""
        after = further
        while True:
            seen_until = min(until + after, last)
            answer = _asked(
                tables,
                params,
                since=since,
                until=until,
                read_since=since - LONGEST_TRACK - gap,
                read_until=min(until + max(after, _AFTER), last),
                seen_until=seen_until,
            )
            if seen_until == last or not _go_on(answer, seen_until - settled):
                return answer
            after = max(_AFTER, 2 * after)

    return in_pieces(begun, since, until)


def _asked(
    tables: Tables,
    params: Mapping[str, object],
    *,
    since: datetime | None,
    until: datetime | None,
    read_since: datetime | None,
    read_until: datetime | None,
    seen_until: datetime | None,
) -> pa.Table:
    """Return attendances, with sights looked at until `seen_until`, the rest until `read_until`."""
    around = narrowed(tables, read_since, read_until)
    own = {name: around[name] for name in ("face_recognitions", "zone_crossings")}
    own["track_observations"] = narrowed(tables, read_since, seen_until)["track_observations"]
    range_ = {"since": since, "until": until, "read_since": read_since, "read_until": read_until}
    every = {**params, **range_, "seen_until": seen_until}
    return run(ATTENDANCES, own, every, limits=limits_of(tables))


def _go_on(answer: pa.Table, since: datetime) -> bool:
    """Tell whether there are attendances with a sight from then on."""
    ended = pc.max(answer["ended_at"]).as_py()
    return ended is not None and ended >= since


def _us(seconds: float) -> int:
    return round(min(seconds, _EVER_S) * 1_000_000)
