"""The questions of `genesis_ray.analytics`, put in polars to the same files.

As somebody would who knows polars and the layout of the folder: lazily, of the days that are needed
alone, with the streaming engine. Answers have the columns by which they are compared.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

HOUR = timedelta(hours=1)
LONGEST_STAY = timedelta(days=1)
UNTOLD_STAY = timedelta(hours=4)
NAMED_WITHIN = timedelta(hours=4)
_NAMED = pl.col("decision") == "named"


@dataclass(frozen=True, slots=True)
class Lake:
    """One tenant's files, and the range that is asked for.

    Attributes:
        folder: Of events.
        every: The bucket, as polars calls it.
    """

    folder: Path
    since: datetime
    until: datetime
    time_zone: str
    every: str

    def scan(
        self, table: str, *, before: timedelta = timedelta(), after: timedelta = timedelta()
    ) -> pl.LazyFrame:
        """Return the rows of a table from so long before the range to so long after it."""
        first, last = self.since - before, self.until + after
        days = self.folder / table / "tenant_id=default"
        paths = [
            path
            for day in sorted(days.iterdir())
            if f"day={first:%Y-%m-%d}" <= day.name <= f"day={last:%Y-%m-%d}"
            for path in day.glob("*.parquet")
        ]
        at = pl.col("occurred_at")
        return pl.scan_parquet(paths).filter(at >= first, at < last)

    def bucket(self, at: str) -> pl.Expr:
        """Return the start of the bucket that a time is in, by the site's clock."""
        return pl.col(at).dt.convert_time_zone(self.time_zone).dt.truncate(self.every)

    def within(self, at: str) -> pl.Expr:
        """Tell whether a time is in the range."""
        return (pl.col(at) >= self.since) & (pl.col(at) < self.until)


def _stays(lake: Lake, *, after: timedelta = LONGEST_STAY) -> pl.LazyFrame:
    track = ["camera_id", "zone_id", "track_id"]
    at = pl.col("occurred_at")
    return (
        lake.scan("zone_crossings", before=LONGEST_STAY, after=after)
        .select(*track, "direction", "occurred_at")
        .unique()
        .sort(*track, "occurred_at", "direction")
        .with_columns(next_at=at.shift(-1).over(track))
        .filter(pl.col("direction") == "enter")
        .select(
            *track,
            entered_at=at,
            left_at=pl.when(pl.col("next_at") <= at + LONGEST_STAY)
            .then("next_at")
            .otherwise(at + UNTOLD_STAY),
            has_left=(pl.col("next_at") <= at + LONGEST_STAY).fill_null(False),
        )
    )


def _visits(lake: Lake, *, before: timedelta = timedelta()) -> pl.LazyFrame:
    """Return a row a visit, its latest state."""
    return (
        lake.scan("visits", before=before, after=timedelta(days=1))
        .select("visit_id", "identity_id", "started_at", "ended_at", "zone_ids", "occurred_at")
        .sort("ended_at", "occurred_at", descending=True, nulls_last=True)
        .unique("visit_id", keep="first", maintain_order=True)
    )


def _begun(lake: Lake) -> pl.LazyFrame:
    return _visits(lake).filter(lake.within("started_at"))


def footfall(lake: Lake) -> pl.LazyFrame:
    """Crossings of counting lines."""
    return (
        lake.scan("line_crossings")
        .select("camera_id", "line_id", "track_id", "direction", "occurred_at")
        .unique()
        .group_by("camera_id", "line_id", lake.bucket("occurred_at"))
        .agg(
            went_in=(pl.col("direction") == "in").sum(),
            went_out=(pl.col("direction") == "out").sum(),
        )
        .sort("camera_id", "line_id", "occurred_at")
    )


def entries(lake: Lake) -> pl.LazyFrame:
    """Entries and exits of zones."""
    return (
        lake.scan("zone_crossings")
        .select("camera_id", "zone_id", "track_id", "direction", "occurred_at")
        .unique()
        .group_by("camera_id", "zone_id", lake.bucket("occurred_at"))
        .agg(
            entries=(pl.col("direction") == "enter").sum(),
            exits=(pl.col("direction") == "exit").sum(),
        )
        .sort("camera_id", "zone_id", "occurred_at")
    )


def dwell(lake: Lake) -> pl.LazyFrame:
    """How long stays take."""
    seconds = (pl.col("left_at") - pl.col("entered_at")).dt.total_microseconds() / 1e6
    over = seconds.filter(pl.col("has_left"))
    return (
        _stays(lake)
        .filter(lake.within("entered_at"))
        .group_by("camera_id", "zone_id")
        .agg(
            stays=pl.col("has_left").sum(),
            unfinished=(~pl.col("has_left")).sum(),
            total_s=over.sum(),
            mean_s=over.mean(),
            p50_s=over.quantile(0.5, "linear"),
            p90_s=over.quantile(0.9, "linear"),
            p95_s=over.quantile(0.95, "linear"),
            max_s=over.max(),
        )
        .sort("camera_id", "zone_id")
    )


def dwell_histogram(lake: Lake) -> pl.LazyFrame:
    """How many stays take how long."""
    starts = [5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0]
    seconds = (pl.col("left_at") - pl.col("entered_at")).dt.total_microseconds() / 1e6
    return (
        _stays(lake)
        .filter(lake.within("entered_at") & pl.col("has_left"))
        .group_by("camera_id", "zone_id", seconds.cut(starts, left_closed=True).alias("bin"))
        .agg(stays=pl.len())
        .sort("camera_id", "zone_id", "bin")
    )


def occupancy(lake: Lake) -> pl.LazyFrame:
    """Of zones, and of the site (nulls)."""
    within = (
        _stays(lake)
        .filter(pl.col("left_at") > lake.since)
        .with_columns(
            entered_at=pl.max_horizontal("entered_at", pl.lit(lake.since)),
            left_at=pl.min_horizontal("left_at", pl.lit(lake.until)),
        )
    )
    track = ["camera_id", "track_id"]
    before = pl.col("left_at").cum_max().shift(1).over(track)
    of_tracks = (
        within.sort(*track, "entered_at", "left_at")
        .with_columns(begins=(pl.col("entered_at") > before).fill_null(True))
        .with_columns(number=pl.col("begins").cum_sum().over(track))
        .group_by(*track, "number")
        .agg(pl.col("entered_at").min(), pl.col("left_at").max())
        .select(
            pl.lit(None, pl.String).alias("camera_id"),
            pl.lit(None, pl.String).alias("zone_id"),
            "entered_at",
            "left_at",
        )
    )
    zone = ["camera_id", "zone_id"]
    places = pl.concat([within.select(*zone, "entered_at", "left_at"), of_tracks])
    starts = pl.LazyFrame().select(
        pl.datetime_range(
            lake.since, lake.until, lake.every, closed="left", time_unit="us", time_zone="UTC"
        ).alias("at")
    )
    moves = pl.concat(
        [
            places.select(*zone, at="entered_at", change=1),
            places.select(*zone, at="left_at", change=-1),
            places.select(zone).unique().join(starts, how="cross").with_columns(change=0),
        ]
    )
    levels = (
        moves.group_by(*zone, "at")
        .agg(pl.col("change").sum())
        .sort(*zone, "at")
        .with_columns(
            people=pl.col("change").cum_sum().over(zone),
            until=pl.col("at").shift(-1).over(zone).fill_null(lake.until),
        )
    )
    person_us = pl.col("people") * (pl.col("until") - pl.col("at")).dt.total_microseconds()
    return (
        levels.filter(pl.col("at") < lake.until)
        .group_by(*zone, lake.bucket("at").alias("bucket"))
        .agg(max_people=pl.col("people").max(), person_seconds=person_us.sum() / 1e6)
        .sort(*zone, "bucket", nulls_last=False)
    )


def _buckets(lake: Lake) -> pl.LazyFrame:
    return pl.LazyFrame().select(
        bucket=pl.datetime_range(
            lake.since, lake.until, lake.every, closed="left", time_unit="us", time_zone="UTC"
        )
    )


def _people_by_zone(lake: Lake, stays: pl.LazyFrame) -> pl.LazyFrame:
    """Return how many are in each zone as each bucket ends."""
    moves = pl.concat(
        [
            stays.select("zone_id", at=pl.max_horizontal("entered_at", pl.lit(lake.since)), n=1),
            stays.filter(pl.col("left_at") < lake.until).select("zone_id", at="left_at", n=-1),
        ]
    )
    changes = (
        moves.with_columns(bucket=pl.col("at").dt.truncate(lake.every))
        .group_by("bucket", "zone_id")
        .agg(pl.col("n").sum())
    )
    return (
        moves.select("zone_id")
        .unique()
        .join(_buckets(lake), how="cross")
        .join(changes, on=["bucket", "zone_id"], how="left")
        .sort("zone_id", "bucket")
        .with_columns(people=pl.col("n").fill_null(0).cum_sum().over("zone_id"))
    )


def metrics(lake: Lake) -> pl.LazyFrame:
    """The site, bucket by bucket."""

    def by_bucket(rows: pl.LazyFrame, at: str = "occurred_at") -> pl.LazyFrame:
        return rows.with_columns(bucket=pl.col(at).dt.truncate(lake.every))

    people = (
        by_bucket(lake.scan("track_observations"))
        .select("bucket", "camera_id", "track_id")
        .unique()
        .group_by("bucket")
        .agg(people_total=pl.len())
    )
    faces = (
        by_bucket(lake.scan("face_recognitions"))
        .group_by("bucket")
        .agg(
            new_faces=pl.struct("camera_id", "track_id").filter(pl.col("is_new")).n_unique(),
            recognized_faces=pl.struct("camera_id", "track_id")
            .filter(_NAMED & ~pl.col("is_new"))
            .n_unique(),
        )
    )
    stays = _stays(lake).filter(pl.col("left_at") > lake.since)
    waited = (pl.col("left_at") - pl.col("entered_at")).dt.total_microseconds() / 1e6
    waits = (
        by_bucket(stays.filter(lake.within("left_at") & pl.col("has_left")), "left_at")
        .filter(pl.col("zone_id") == "zone-0")
        .group_by("bucket")
        .agg(avg_wait_sec=waited.mean())
    )
    zones = (
        _people_by_zone(lake, stays)
        .filter(pl.col("people") > 0)
        .group_by("bucket")
        .agg(
            people_by_zone=pl.struct("zone_id", "people"),
            queue_len=pl.col("people").filter(pl.col("zone_id") == "zone-0").sum(),
        )
    )
    answer = _buckets(lake)
    for part in (people, faces, waits, zones):
        answer = answer.join(part, on="bucket", how="left")
    return answer.with_columns(
        pl.col("people_total", "new_faces", "recognized_faces", "queue_len").fill_null(0)
    ).sort("bucket")


def current_metrics(lake: Lake) -> pl.LazyFrame:
    """The site in the last minute."""
    last = replace(lake, since=lake.until - timedelta(minutes=1), every="1m")
    return metrics(last)


def anomalies(lake: Lake) -> pl.LazyFrame:
    """Which minutes were unusual, against the hundred before."""
    step = timedelta(minutes=1) if lake.every == "1m" else HOUR
    longer = replace(lake, since=lake.since - 100 * step)
    stays = _stays(longer).filter(pl.col("left_at") > longer.since)
    names = ["people_total", "queue_len", "avg_wait_sec", "new_faces", "recognized_faces"]
    of_site = (
        metrics(longer)
        .select("bucket", *(pl.col(name).cast(pl.Float64) for name in names))
        .unpivot(names, index="bucket", variable_name="metric")
        .with_columns(zone_id=pl.lit(None, pl.String))
    )
    of_zones = _people_by_zone(longer, stays).select(
        "bucket", metric=pl.lit("people_by_zone"), value=pl.col("people").cast(pl.Float64),
        zone_id="zone_id",
    )  # fmt: skip
    series = ["metric", "zone_id"]
    value = pl.col("value")
    mean = value.rolling_mean(100, min_samples=30).shift(1).over(series)
    spread = value.rolling_std(100, min_samples=30).shift(1).over(series)
    return (
        pl.concat(
            [
                of_site.select("bucket", *series, "value"),
                of_zones.select("bucket", *series, "value"),
            ]
        )
        .filter(value.is_not_null())
        .sort(*series, "bucket")
        .with_columns(expected=mean, spread=pl.max_horizontal(spread, pl.lit(1.0)))
        .with_columns(score=(value - pl.col("expected")) / pl.col("spread"))
        .filter((pl.col("score").abs() > 2) & lake.within("bucket"))
        .sort("bucket", *series)
    )


def tracks(lake: Lake) -> pl.LazyFrame:
    """How many came into view of each camera, for how long, and what was decided."""
    track = ["camera_id", "track_id"]
    minute, longest = timedelta(minutes=1), timedelta(seconds=2)
    at = pl.col("occurred_at")
    before, after = at.shift(1).over(track), at.shift(-1).over(track)
    in_view = (
        lake.scan("track_observations", before=minute, after=longest)
        .select(*track, "occurred_at")
        .unique()
        .sort(*track, "occurred_at")
        .with_columns(
            is_first=(at - before > minute).fill_null(True),
            seen=pl.when(after.is_not_null()).then(pl.min_horizontal(after - at, pl.lit(longest))),
        )
        .filter(lake.within("occurred_at"))
        .group_by("camera_id", lake.bucket("occurred_at").alias("bucket"))
        .agg(
            tracks=pl.col("is_first").sum(),
            person_seconds=pl.col("seen").sum().dt.total_microseconds() / 1e6,
        )
    )
    kinds = ("carried", "review", "unknown")
    decided = (
        lake.scan("face_recognitions")
        .group_by("camera_id", lake.bucket("occurred_at").alias("bucket"))
        .agg(
            (_NAMED & ~pl.col("is_new")).sum().alias("named"),
            *((pl.col("decision") == kind).sum().alias(kind) for kind in kinds),
            new_visitors=(_NAMED & pl.col("is_new")).sum(),
        )
    )
    return in_view.join(decided, on=["camera_id", "bucket"], how="full", coalesce=True).sort(
        "camera_id", "bucket"
    )


def line_people(lake: Lake) -> pl.LazyFrame:
    """How many people went over lines; who is back within five minutes counts once."""
    gap, longest = timedelta(minutes=5), timedelta(days=1)
    own = ["camera_id", "line_id", "who"]
    at, leaves = pl.col("occurred_at"), pl.col("direction") != "in"
    names = (
        lake.scan("face_recognitions", before=longest + gap)
        .filter(pl.col("decision").is_in(["named", "carried"]))
        .select("camera_id", "track_id", "occurred_at", "identity_id")
        .sort("occurred_at")
    )
    passages = (
        lake.scan("line_crossings", before=longest + gap)
        .select("camera_id", "line_id", "track_id", "direction", "occurred_at")
        .unique()
        .sort("occurred_at")
        .join_asof(names, on="occurred_at", by=["camera_id", "track_id"], check_sortedness=False)
        .with_columns(
            leaves=leaves,
            who=pl.coalesce("identity_id", pl.format("{} of no name", "track_id")),
        )
        .sort(*own, "occurred_at", "leaves")
    )
    was_in = ~pl.col("leaves").shift(1).over(own)
    allowed = pl.when(pl.col("leaves") & was_in).then(pl.lit(longest)).otherwise(pl.lit(gap))
    return (
        passages.with_columns(is_anew=(at - at.shift(1).over(own) > allowed).fill_null(True))
        .with_columns(presence=pl.col("is_anew").cum_sum().over(own))
        .group_by(*own, "presence", "leaves")
        .agg(at.min())
        .filter(lake.within("occurred_at"))
        .group_by("camera_id", "line_id", lake.bucket("occurred_at").alias("bucket"))
        .agg(
            people_in=(~pl.col("leaves")).sum(),
            people_out=pl.col("leaves").sum(),
        )
        .sort("camera_id", "line_id", "bucket")
    )


def _stands(lake: Lake, cameras: list[str]) -> pl.LazyFrame:
    """Return where people stood, x and y, and for how many seconds."""
    track = ["camera_id", "track_id"]
    until_next = pl.col("occurred_at").shift(-1).over(track) - pl.col("occurred_at")
    return (
        lake.scan("track_observations", after=timedelta(seconds=2))
        .filter(pl.col("camera_id").is_in(cameras))
        .select(*track, "occurred_at", "frame_index", "x1", "x2", "y2")
        .unique()
        .sort(*track, "occurred_at", "frame_index")
        .with_columns(seconds=until_next.dt.total_microseconds() / 1e6)
        .filter((pl.col("seconds") > 0) & lake.within("occurred_at"))
        .with_columns(pl.min_horizontal("seconds", 2.0))
        .select(x=(pl.col("x1") + pl.col("x2")) / 2, y="y2", seconds="seconds")
    )


def foot_heat(lake: Lake) -> pl.LazyFrame:
    """Where people stood in one camera's picture."""
    return (
        _stands(lake, ["camera-00"])
        .group_by(
            row_index=(pl.col("y") * 36).floor().clip(0, 35).cast(pl.Int32),
            column_index=(pl.col("x") * 64).floor().clip(0, 63).cast(pl.Int32),
        )
        .agg(pl.col("seconds").sum())
        .sort("row_index", "column_index")
    )


def floor_heat(lake: Lake) -> pl.LazyFrame:
    """Where people of four cameras stood on the floor, in cells of half a metre."""
    x, y = pl.col("x"), pl.col("y")
    depth = 0.2 * y + 1
    return (
        _stands(lake, [f"camera-{number:02}" for number in range(4)])
        .with_columns(x_m=(8 * x + y) / depth, y_m=(0.5 * x + 9 * y) / depth)
        .group_by(x_m=(pl.col("x_m") / 0.5).floor() * 0.5, y_m=(pl.col("y_m") / 0.5).floor() * 0.5)
        .agg(pl.col("seconds").sum())
        .sort("y_m", "x_m")
    )


def queue(lake: Lake) -> pl.LazyFrame:
    """How those were served who joined a queue."""
    after = LONGEST_STAY + timedelta(seconds=10)
    track = ["camera_id", "track_id"]
    waits = _stays(lake, after=after).filter(
        (pl.col("zone_id") == "zone-0") & lake.within("entered_at")
    )
    served = (
        lake.scan("zone_crossings", before=LONGEST_STAY, after=after)
        .filter((pl.col("zone_id") == "zone-1") & (pl.col("direction") == "enter"))
        .select(*track, served_at="occurred_at")
    )
    in_time = (pl.col("served_at") >= pl.col("entered_at")) & (
        pl.col("served_at") <= pl.col("left_at") + timedelta(seconds=10)
    )
    wait_s = (pl.col("left_at") - pl.col("entered_at")).dt.total_microseconds() / 1e6
    return (
        waits.join(served, on=track, how="left")
        .group_by(*track, "entered_at", "left_at", "has_left")
        .agg(was_served=in_time.fill_null(False).any())
        .with_columns(was_served=pl.col("was_served") & pl.col("has_left"))
        .group_by("camera_id", lake.bucket("entered_at").alias("bucket"))
        .agg(
            joined=pl.len(),
            served=pl.col("was_served").sum(),
            mean_wait_s=wait_s.filter(pl.col("was_served")).mean(),
            p90_wait_s=wait_s.filter(pl.col("was_served")).quantile(0.9, "linear"),
        )
        .sort("camera_id", "bucket")
    )


def _links(lake: Lake) -> pl.LazyFrame:
    return (
        _begun(lake)
        .filter(pl.col("ended_at").is_not_null())
        .select("visit_id", "identity_id", "zone_ids")
        .explode("zone_ids")
        .filter(
            (pl.col("zone_ids") != pl.col("zone_ids").shift(1).over("visit_id")).fill_null(True)
        )
        .with_columns(
            origin=pl.col("zone_ids").shift(1).over("visit_id").fill_null("(enter)"),
            step=pl.int_range(pl.len()).over("visit_id") + 1,
        )
    )


def transitions(lake: Lake) -> pl.LazyFrame:
    """From which zone to which visitors go."""
    return (
        _links(lake)
        .group_by("origin", destination="zone_ids")
        .agg(moves=pl.len(), people=pl.col("identity_id").n_unique())
        .sort("origin", "destination")
    )


def journeys(lake: Lake) -> pl.LazyFrame:
    """The first steps of visits."""
    return (
        _links(lake)
        .filter(pl.col("step") <= 6)
        .group_by("step", "origin", destination="zone_ids")
        .agg(visits=pl.len(), people=pl.col("identity_id").n_unique())
        .sort("step", "origin", "destination")
    )


def returning(lake: Lake) -> pl.LazyFrame:
    """New visitors, and those that came back."""
    known = _visits(lake, before=timedelta(days=365))
    first_at = pl.col("started_at").min().over("identity_id")
    return (
        known.with_columns(first_at=first_at)
        .filter(lake.within("started_at"))
        .with_columns(bucket=lake.bucket("started_at"))
        .group_by("bucket")
        .agg(
            visits=pl.len(),
            people=pl.col("identity_id").n_unique(),
            new_people=pl.col("identity_id")
            .filter(pl.col("first_at") >= pl.col("bucket"))
            .n_unique(),
        )
        .sort("bucket")
    )


def cohorts(lake: Lake) -> pl.LazyFrame:
    """Who of each week comes again."""
    week = pl.col("started_at").dt.convert_time_zone(lake.time_zone).dt.truncate("1w")
    first_at = pl.col("started_at").min().over("identity_id")
    return (
        _visits(lake, before=timedelta(days=365))
        .with_columns(first_at=first_at)
        .filter(lake.within("started_at") & lake.within("first_at"))
        .select("identity_id", week=week, cohort=week.min().over("identity_id"))
        .unique()
        .group_by("cohort", "week")
        .agg(people=pl.len())
        .sort("cohort", "week")
    )


def visits(lake: Lake) -> pl.LazyFrame:
    """The first page of visits."""
    return _begun(lake).sort("started_at", "visit_id").limit(100)


def visit_distribution(lake: Lake) -> pl.LazyFrame:
    """Visits by the hour of the day."""
    hour = pl.col("started_at").dt.convert_time_zone(lake.time_zone).dt.hour()
    return (
        _begun(lake)
        .group_by(hour.alias("from_value"))
        .agg(visits=pl.len(), people=pl.col("identity_id").n_unique())
        .sort("from_value")
    )


def uptime(lake: Lake) -> pl.LazyFrame:
    """How long cameras were online."""
    own = ["camera_id"]
    states = lake.scan("camera_states", before=timedelta(days=365)).select(
        *own, "state", at=pl.max_horizontal("occurred_at", pl.lit(lake.since))
    )
    starts = pl.LazyFrame().select(
        pl.datetime_range(
            lake.since, lake.until, lake.every, closed="left", time_unit="us", time_zone="UTC"
        ).alias("at")
    )
    marks = (
        states.select(own)
        .unique()
        .join(starts, how="cross")
        .with_columns(state=pl.lit(None, pl.String))
    )
    seconds = pl.col("until") - pl.col("at")
    return (
        pl.concat([states, marks.select("camera_id", "state", "at")])
        .sort("camera_id", "at", maintain_order=True)
        .with_columns(
            state=pl.col("state").forward_fill().over(own),
            until=pl.col("at").shift(-1).over(own).fill_null(lake.until),
        )
        .group_by("camera_id", lake.bucket("at").alias("bucket"))
        .agg(
            online_s=seconds.filter(pl.col("state") == "online").sum().dt.total_microseconds() / 1e6
        )
        .sort("camera_id", "bucket")
    )


def identification(lake: Lake) -> pl.LazyFrame:
    """What became of tracks."""
    track = ["camera_id", "track_id"]
    rank = pl.col("decision").replace_strict(
        {"named": 1, "carried": 2, "review": 3}, default=4, return_dtype=pl.Int8
    )
    decided = (
        lake.scan("face_recognitions")
        .group_by(track)
        .agg(decision=pl.col("decision").sort_by(rank).first(), is_new=pl.col("is_new").any())
    )
    return (
        lake.scan("track_observations")
        .select(track)
        .unique()
        .join(decided, on=track, how="full", coalesce=True)
        .group_by("camera_id")
        .agg(
            tracks=pl.len(),
            named=_NAMED.sum(),
            new_visitors=(_NAMED & pl.col("is_new")).sum(),
        )
        .sort("camera_id")
    )


def timeline(lake: Lake) -> pl.LazyFrame:
    """What is known of one person."""
    track = ["camera_id", "track_id"]
    own = (
        lake.scan("face_recognitions", before=NAMED_WITHIN, after=NAMED_WITHIN)
        .filter(
            pl.col("identity_id") == "visitor-0000003",
            pl.col("decision").is_in(["named", "carried"]),
        )
        .select(*track, "occurred_at", event="decision")
        .unique()
    )
    tracks = own.select(track).unique()
    sights = (
        lake.scan("track_observations", before=NAMED_WITHIN, after=NAMED_WITHIN)
        .select(*track, "occurred_at")
        .join(tracks, on=track, how="semi")
        .group_by(track)
        .agg(first_at=pl.col("occurred_at").min(), last_at=pl.col("occurred_at").max())
    )
    at = ["occurred_at", "event", *track]
    parts = [
        own,
        sights.select(*track, occurred_at="first_at", event=pl.lit("came_into_view")),
        sights.select(*track, occurred_at="last_at", event=pl.lit("was_last_in_view")),
        *(
            lake.scan(table)
            .join(tracks, on=track, how="semi")
            .select(*track, "occurred_at", event="direction")
            for table in ("zone_crossings", "line_crossings")
        ),
        lake.scan("visits")
        .filter(pl.col("identity_id") == "visitor-0000003")
        .select("camera_id", "occurred_at", track_id=pl.lit(None, pl.Int64), event=pl.lit("visit")),
    ]
    return (
        pl.concat([part.select(at) for part in parts])
        .filter(lake.within("occurred_at"))
        .sort("occurred_at")
    )


QUESTIONS: dict[str, Callable[[Lake], pl.LazyFrame]] = {
    "metrics": metrics,
    "current-metrics": current_metrics,
    "anomalies": anomalies,
    "tracks": tracks,
    "line-people": line_people,
    "footfall": footfall,
    "entries": entries,
    "occupancy": occupancy,
    "dwell": dwell,
    "dwell-histogram": dwell_histogram,
    "queue": queue,
    "heat": foot_heat,
    "floor-heat": floor_heat,
    "transitions": transitions,
    "journeys": journeys,
    "returning": returning,
    "cohorts": cohorts,
    "visits": visits,
    "visit-distribution": visit_distribution,
    "uptime": uptime,
    "identification": identification,
    "timeline": timeline,
}
