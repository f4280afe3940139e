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

from datetime import datetime, timedelta

import pyarrow as pa

from genesis_ray.analytics.ranges import ask
from genesis_ray.analytics.stored import Tables
from genesis_ray.analytics.zone_lists import bounded
from genesis_ray.domain.rollups import LONGEST_TRACK
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

_AFTER = timedelta(days=1)
"""For which one that began in a range is followed."""

_LOOKED_AT = """
    ($read_since::TIMESTAMPTZ IS NULL OR occurred_at >= $read_since::TIMESTAMPTZ)
    AND ($read_until::TIMESTAMPTZ IS NULL OR occurred_at < $read_until::TIMESTAMPTZ)
"""

_ATTENDANCES = f"""
WITH spans AS (
    SELECT camera_id, track_id, min(occurred_at) AS since, max(occurred_at) AS until
    FROM track_observations
    WHERE {_LOOKED_AT}
    GROUP BY camera_id, track_id
),
names AS (
    SELECT camera_id, track_id, arg_max(identity_id, (occurred_at, event_id)) AS identity_id
    FROM face_recognitions
    WHERE decision IN ('named', 'carried') AND {_LOOKED_AT}
    GROUP BY camera_id, track_id
),
named AS (
    SELECT
        *,
        max(until) OVER (
            PARTITION BY identity_id ORDER BY since, camera_id, track_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS left_at
    FROM spans JOIN names USING (camera_id, track_id)
),
nameless AS (
    FROM spans ANTI JOIN names USING (camera_id, track_id)
),
sights AS (
    SELECT * FROM track_observations JOIN nameless USING (camera_id, track_id)
    WHERE {_LOOKED_AT} AND until - since >= to_seconds($still_s) AND $rejoin_s > 0
),
-- What all boxes of a track share, and what is round all of them: at its beginning, at its end.
rests AS (
    SELECT
        camera_id, track_id, since, until, is_end,
        max(x1) AS left_in, max(y1) AS top_in, min(x2) AS right_in, min(y2) AS foot_in,
        min(x1) AS left_out, min(y1) AS top_out, max(x2) AS right_out, max(y2) AS foot_out
    FROM (
        SELECT *, false AS is_end FROM sights WHERE occurred_at <= since + to_seconds($still_s)
        UNION ALL
        SELECT *, true FROM sights WHERE occurred_at >= until - to_seconds($still_s)
    )
    GROUP BY camera_id, track_id, since, until, is_end
),
-- Who comes back in time does so in the piece of time that the other was lost in, or the next.
lost AS (
    SELECT *, unnest([piece, piece + 1]) AS back_in
    FROM (SELECT *, floor(epoch(until) / $rejoin_s) AS piece FROM rests WHERE is_end)
),
back AS (
    SELECT *, floor(epoch(since) / $rejoin_s) AS back_in FROM rests WHERE NOT is_end
),
links AS (
    SELECT
        lost.camera_id,
        lost.track_id,
        back.track_id AS next_id,
        back.since AS back_at
    FROM lost JOIN back ON lost.camera_id = back.camera_id AND lost.back_in = back.back_in
    WHERE
        back.since > lost.until
        AND back.since <= lost.until + to_seconds($rejoin_s)
        AND greatest(least(lost.right_in, back.right_in) - greatest(lost.left_in, back.left_in), 0)
            * greatest(least(lost.foot_in, back.foot_in) - greatest(lost.top_in, back.top_in), 0)
        >= $least_overlap
            * (greatest(lost.right_out, back.right_out) - least(lost.left_out, back.left_out))
            * (greatest(lost.foot_out, back.foot_out) - least(lost.top_out, back.top_out))
    QUALIFY
        row_number() OVER (
            PARTITION BY lost.camera_id, lost.track_id ORDER BY back.since, back.track_id
        ) = 1
        AND row_number() OVER (
            PARTITION BY lost.camera_id, back.track_id ORDER BY lost.until DESC, lost.track_id
        ) = 1
),
chains AS (
    WITH RECURSIVE followed AS (
        SELECT camera_id, track_id AS first_id, track_id
        FROM nameless
        WHERE (camera_id, track_id) NOT IN (SELECT (camera_id, next_id) FROM links)
        UNION ALL
        SELECT camera_id, first_id, next_id
        FROM followed JOIN links USING (camera_id, track_id)
    )
    FROM followed
),
parts AS (
    SELECT
        -- `count_if`, as `count(*) FILTER` over a window takes quadratic time
        'visit ' || identity_id || ' ' || count_if(
            left_at IS NULL OR since > left_at + to_seconds($gap_s)
        ) OVER (PARTITION BY identity_id ORDER BY since, camera_id, track_id) AS attendance,
        identity_id, camera_id, track_id, since, until, NULL AS back_at
    FROM named
    UNION ALL
    SELECT
        'track ' || camera_id || ' ' || first_id,
        NULL, camera_id, track_id, since, until, back_at
    FROM nameless
    JOIN chains USING (camera_id, track_id)
    LEFT JOIN links USING (camera_id, track_id)
),
attendances AS (
    SELECT
        attendance,
        identity_id,
        min(since) AS started_at,
        max(until) AS ended_at,
        arg_min(camera_id, (since, camera_id, track_id)) AS entry_camera_id,
        arg_max(camera_id, (until, camera_id, track_id)) AS exit_camera_id,
        list(
            {{camera_id: camera_id, track_id: track_id}} ORDER BY since, camera_id, track_id
        ) AS tracks
    FROM parts
    GROUP BY attendance, identity_id
    HAVING
        identity_id IS NOT NULL
        OR max(until) - min(since) >= to_seconds($shortest_s)
),
crossings AS (
    SELECT
        camera_id, track_id, zone_id, direction,
        occurred_at AS entered_at,
        lead(occurred_at) OVER (
            PARTITION BY camera_id, track_id, zone_id ORDER BY occurred_at, direction
        ) AS left_at
    FROM zone_crossings
    WHERE {_LOOKED_AT}
),
inside AS (
    SELECT
        attendance, zone_id, entered_at,
        -- Who was in the zone when they were lost still was when they came back.
        CASE
            WHEN left_at IS NULL OR left_at >= until THEN coalesce(back_at, left_at, until)
            ELSE left_at
        END AS left_at
    FROM crossings JOIN parts USING (camera_id, track_id)
    WHERE direction = 'enter'
),
periods AS (
    SELECT
        attendance, zone_id,
        min(entered_at) AS entered_at,
        epoch(max(left_at) - min(entered_at)) AS seconds
    FROM (
        SELECT *, count_if(is_new) OVER own AS period
        FROM (
            SELECT *, coalesce(entered_at > max(left_at) OVER (
                own ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), true) AS is_new
            FROM inside
            WINDOW own AS (PARTITION BY attendance, zone_id ORDER BY entered_at, left_at)
        )
        WINDOW own AS (PARTITION BY attendance, zone_id ORDER BY entered_at, left_at)
    )
    GROUP BY attendance, zone_id, period
),
ways AS (
    SELECT attendance, list(zone_id ORDER BY entered_at, zone_id) AS zone_ids
    FROM periods GROUP BY attendance
),
dwells AS (
    SELECT attendance, map_from_entries(list((zone_id, seconds) ORDER BY zone_id)) AS dwell_s
    FROM (
        SELECT attendance, zone_id, sum(seconds) AS seconds
        FROM periods GROUP BY attendance, zone_id
    )
    GROUP BY attendance
)
SELECT
    identity_id,
    started_at,
    ended_at,
    epoch(ended_at - started_at) AS seconds,
    entry_camera_id,
    exit_camera_id,
    tracks,
    coalesce({bounded("zone_ids")}, []) AS zone_ids,
    coalesce(dwell_s, MAP {{}}) AS dwell_s
FROM attendances LEFT JOIN ways USING (attendance) LEFT JOIN dwells USING (attendance)
WHERE
    ($since::TIMESTAMPTZ IS NULL OR started_at >= $since)
    AND ($until::TIMESTAMPTZ IS NULL OR started_at < $until)
ORDER BY started_at, attendance
"""  # noqa: S608  a piece of ours


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
            to a day after it.
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
        "gap_s": visit_gap_s,
        "since": since,
        "until": until,
        "read_since": since and since - LONGEST_TRACK - gap,
        "read_until": until and until + _AFTER,
        "shortest_s": least_s,
        "rejoin_s": rejoin_s,
        "still_s": _STILL_S,
        "least_overlap": _LEAST_OVERLAP,
    }
    return ask(_ATTENDANCES, tables, params)
