"""What another system had counted, in buckets of which this one recorded nothing: in SQL."""

IMPORTED = """
samples AS (
    -- A sample is of the interval that ends with it.
    SELECT (epoch_us(occurred_at) - 1 - $origin_us) // $bucket_us AS bucket, *
    FROM metric_samples
    WHERE
        occurred_at > $since
        AND occurred_at <= $until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
    QUALIFY row_number() OVER (PARTITION BY event_id) = 1
),
own AS (
    SELECT DISTINCT (epoch_us(occurred_at) - $origin_us) // $bucket_us AS bucket
    FROM (
        SELECT occurred_at, camera_id FROM track_observations
        UNION ALL SELECT occurred_at, camera_id FROM zone_crossings
        UNION ALL SELECT occurred_at, camera_id FROM face_recognitions
        UNION ALL SELECT occurred_at, camera_id FROM camera_states
    )
    WHERE
        occurred_at >= $since
        AND occurred_at < $until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
),
sampled AS (
    SELECT
        bucket,
        max(people_total) AS people_total,
        arg_max(queue_len, occurred_at) AS queue_len,
        avg(avg_wait_sec) AS avg_wait_sec,
        arg_max(people_by_zone, occurred_at) AS people_by_zone,
        sum(new_faces) AS new_faces,
        sum(recognized_faces) AS recognized_faces
    FROM samples
    ANTI JOIN own USING (bucket)
    GROUP BY bucket, camera_id
),
sampled_zones AS (
    SELECT bucket, map_from_entries(list((zone_id, people) ORDER BY zone_id)) AS people_by_zone
    FROM (
        SELECT bucket, entry.key AS zone_id, sum(entry.value)::BIGINT AS people
        FROM (SELECT bucket, unnest(map_entries(people_by_zone)) AS entry FROM sampled)
        GROUP BY ALL
    )
    GROUP BY bucket
),
imported AS (
    SELECT
        bucket,
        sum(people_total)::BIGINT AS people_total,
        sum(queue_len)::BIGINT AS queue_len,
        avg(avg_wait_sec) AS avg_wait_sec,
        any_value(sampled_zones.people_by_zone) AS people_by_zone,
        sum(new_faces)::BIGINT AS new_faces,
        sum(recognized_faces)::BIGINT AS recognized_faces
    FROM sampled
    LEFT JOIN sampled_zones USING (bucket)
    GROUP BY bucket
)
"""
"""Tables `imported`, a row for each bucket with samples and no row of this system's own, and what
it is made of. Over the samples of a camera in a bucket: the most people, queue and zones as the
last one says, the mean wait, the sum of faces; over cameras their sums, and the mean wait.
Parameters are those of `metrics`."""
