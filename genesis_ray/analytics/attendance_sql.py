"""Attendances of tracks, in SQL.

`$since` and `$until` say when they begin, null: whenever; what is looked at is from `$read_since`
to `$read_until`, and of sights to `$seen_until`. Durations are in microseconds.
"""

from genesis_ray.analytics.zone_lists import bounded

_LOOKED_AT = """
    ($read_since::TIMESTAMPTZ IS NULL OR occurred_at >= $read_since::TIMESTAMPTZ)
    AND ($read_until::TIMESTAMPTZ IS NULL OR occurred_at < $read_until::TIMESTAMPTZ)
"""

_SEEN = """
    ($read_since::TIMESTAMPTZ IS NULL OR occurred_at >= $read_since::TIMESTAMPTZ)
    AND ($seen_until::TIMESTAMPTZ IS NULL OR occurred_at < $seen_until::TIMESTAMPTZ)
"""

_ASKED_FOR = """
    ($since::TIMESTAMPTZ IS NULL OR started_at >= $since)
    AND ($until::TIMESTAMPTZ IS NULL OR started_at < $until)
"""

ATTENDANCES = f"""
WITH seen AS (
    SELECT camera_id, track_id, min(occurred_at) AS since, max(occurred_at) AS until
    FROM track_observations
    WHERE {_SEEN}
    GROUP BY camera_id, track_id
),
-- A number is compared sooner than a camera and an id.
spans AS MATERIALIZED (
    SELECT *, row_number() OVER () AS track FROM seen
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
-- Times are compared in microseconds: those with a zone take the calendar along.
sights AS MATERIALIZED (
    SELECT
        track, x1, y1, x2, y2,
        epoch_us(occurred_at) <= epoch_us(since) + $still_us AS at_start,
        epoch_us(occurred_at) >= epoch_us(until) - $still_us AS at_end
    FROM track_observations JOIN nameless USING (camera_id, track_id)
    WHERE
        {_SEEN}
        AND epoch_us(until) - epoch_us(since) >= $still_us
        AND $rejoin_us > 0
        AND (at_start OR at_end)
),
-- What all boxes of a track share, and what is round all of them: at its beginning, at its end. Of
-- one that moves they are so unlike each other that no other track can make up for it.
rests AS (
    SELECT
        track, is_end,
        max(x1) AS left_in, max(y1) AS top_in, min(x2) AS right_in, min(y2) AS foot_in,
        min(x1) AS left_out, min(y1) AS top_out, max(x2) AS right_out, max(y2) AS foot_out
    FROM (
        SELECT *, false AS is_end FROM sights WHERE at_start
        UNION ALL
        SELECT *, true FROM sights WHERE at_end
    )
    GROUP BY track, is_end
    HAVING
        greatest(min(x2) - max(x1), 0) * greatest(min(y2) - max(y1), 0)
        >= $least_overlap * (max(x2) - min(x1)) * (max(y2) - min(y1))
),
-- Who comes back in time does so in the piece of time that the other was lost in, or the next.
lost AS (
    SELECT *, unnest([piece, piece + 1]) AS back_in
    FROM (
        SELECT *, epoch_us(until) // $rejoin_us AS piece
        FROM rests JOIN nameless USING (track) WHERE is_end
    )
),
back AS (
    SELECT *, epoch_us(since) // $rejoin_us AS back_in
    FROM rests JOIN nameless USING (track) WHERE NOT is_end
),
links AS (
    SELECT lost.track, back.track AS next, back.since AS back_at
    FROM lost JOIN back ON lost.camera_id = back.camera_id AND lost.back_in = back.back_in
    WHERE
        back.since > lost.until
        AND epoch_us(back.since) <= epoch_us(lost.until) + $rejoin_us
        AND greatest(least(lost.right_in, back.right_in) - greatest(lost.left_in, back.left_in), 0)
            * greatest(least(lost.foot_in, back.foot_in) - greatest(lost.top_in, back.top_in), 0)
        >= $least_overlap
            * (greatest(lost.right_out, back.right_out) - least(lost.left_out, back.left_out))
            * (greatest(lost.foot_out, back.foot_out) - least(lost.top_out, back.top_out))
    QUALIFY
        row_number() OVER (PARTITION BY lost.track ORDER BY back.since, back.track_id) = 1
        AND row_number() OVER (
            PARTITION BY back.track ORDER BY lost.until DESC, lost.track_id
        ) = 1
),
next_ones AS (
    SELECT next AS track FROM links
),
chains AS (
    WITH RECURSIVE followed AS (
        SELECT track AS attendance, track FROM links ANTI JOIN next_ones USING (track)
        UNION ALL
        SELECT attendance, next FROM followed JOIN links USING (track)
    )
    FROM followed
),
-- The tracks of attendances of several, and of those with a name.
parts AS (
    SELECT
        min(track) OVER (PARTITION BY identity_id, visit) AS attendance,
        identity_id, track, camera_id, track_id, since, until, NULL AS back_at
    FROM (
        SELECT
            *,
            -- `count_if`, as `count(*) FILTER` over a window takes quadratic time
            count_if(left_at IS NULL OR epoch_us(since) > epoch_us(left_at) + $gap_us) OVER (
                PARTITION BY identity_id ORDER BY since, camera_id, track_id
            ) AS visit
        FROM named
    )
    UNION ALL
    SELECT attendance, NULL, track, camera_id, track_id, since, until, back_at
    FROM nameless JOIN chains USING (track) LEFT JOIN links USING (track)
),
-- Those of a single track without a name: most, and there is nothing to be put together.
singles AS (
    SELECT track AS attendance, camera_id, track_id, since AS started_at, until AS ended_at
    FROM nameless ANTI JOIN links USING (track) ANTI JOIN next_ones USING (track)
    WHERE epoch_us(ended_at) - epoch_us(started_at) >= $shortest_us AND {_ASKED_FOR}
),
attendances AS (
    FROM (
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
            OR epoch_us(max(until)) - epoch_us(min(since)) >= $shortest_us
    )
    WHERE {_ASKED_FOR}
    UNION ALL
    SELECT
        attendance, NULL, started_at, ended_at, camera_id, camera_id,
        [{{camera_id: camera_id, track_id: track_id}}]
    FROM singles
),
tracks_asked_for AS (
    SELECT attendance, track, camera_id, track_id, until, back_at
    FROM parts SEMI JOIN attendances USING (attendance)
    UNION ALL
    SELECT attendance, attendance, camera_id, track_id, ended_at, NULL FROM singles
),
crossings AS (
    SELECT
        attendance, track, zone_id, direction, until, back_at,
        occurred_at AS entered_at,
        lead(occurred_at) OVER (
            PARTITION BY track, zone_id ORDER BY occurred_at, direction
        ) AS left_at
    FROM zone_crossings JOIN tracks_asked_for USING (camera_id, track_id)
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
    FROM crossings WHERE direction = 'enter'
),
periods AS (
    SELECT
        attendance, zone_id,
        min(entered_at) AS entered_at,
        (epoch_us(max(left_at)) - epoch_us(min(entered_at))) / 1000000 AS seconds
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
-- Lists are sorted all together, which `list(... ORDER BY ...)` does group by group.
ways AS (
    SELECT
        attendance,
        list_transform(list_sort(list((entered_at, zone_id))), lambda entry: entry[2]) AS zone_ids
    FROM periods GROUP BY attendance
),
dwells AS (
    SELECT attendance, map_from_entries(list_sort(list((zone_id, seconds)))) AS dwell_s
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
    (epoch_us(ended_at) - epoch_us(started_at)) / 1000000 AS seconds,
    entry_camera_id,
    exit_camera_id,
    tracks,
    coalesce({bounded("zone_ids")}, []) AS zone_ids,
    coalesce(dwell_s, MAP {{}}) AS dwell_s
FROM attendances LEFT JOIN ways USING (attendance) LEFT JOIN dwells USING (attendance)
ORDER BY started_at, entry_camera_id, tracks[1].track_id
"""  # noqa: S608  a piece of ours
