"""What has to be known of how good the figures of a report are."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from genesis_ray.analytics.drops import dropped_frames
from genesis_ray.analytics.dwell import dwell
from genesis_ray.analytics.identification import identification_rates
from genesis_ray.analytics.ranges import ask, between
from genesis_ray.analytics.reports.came import CountedBy
from genesis_ray.analytics.reports.contents import CameraTime
from genesis_ray.analytics.reports.kept import (
    ALERTS,
    CAMERAS,
    DROPS,
    DWELL,
    HEAT,
    LEVELS,
    LINE_ENTRIES,
    LINE_PEOPLE,
    LOOK_BACK,
    PEOPLE_SEEN,
    RECOGNISED,
    RETURNING,
    STAYS,
    UNFINISHED,
    VISITS,
    WAITING,
    WAYS,
    Part,
    is_kept,
    left_out,
)
from genesis_ray.analytics.reports.measures import Measures
from genesis_ray.analytics.reports.site import Site
from genesis_ray.analytics.reports.wording import counted, duration, percent, share_of
from genesis_ray.domain.clocks.site_time import zone_named
from genesis_ray.domain.figures.comparison import LEAST_FOR_SHARE
from genesis_ray.domain.figures.periods import Period

_WEEK = timedelta(weeks=1)
_LEAST_GAP_S = 60.0
_MOST_CAMERAS = 10
"""Of which each gap is told; of more, the sum."""

_LEAST_SHARE = 0.0005
"""Of the period, that is not written as 0.0 %."""

_NO_DATE = 1970

_PEOPLE = """
SELECT count(DISTINCT identity_id) AS people
FROM face_recognitions
WHERE
    occurred_at >= $since AND occurred_at < $until AND decision IN ('named', 'carried')
"""


def remarks_on(
    site: Site,
    period: Period,
    cameras: Sequence[CameraTime] | None,
    now: Measures,
    *,
    counted_by: CountedBy,
    by_visits: bool,
) -> Iterator[str]:
    """Yield remarks, a sentence each: what is not told and gaps first."""
    parts = _parts(site, counted_by, by_visits=by_visits)
    yield from left_out(site.tables, parts, period, zone_named(site.time_zone))
    if period.since.year == _NO_DATE:
        yield "The recordings tell no date: times are counted from 1 January 1970 on."
    if cameras is not None:
        yield from _gaps(cameras, period)
        if not cameras:
            yield "No camera told its state: whether all of the time was watched is not known."
    if is_kept(site.tables, DROPS, period):
        yield from _drops(site, period)
    has_lines = is_kept(site.tables, LINE_ENTRIES, period)
    if counted_by == "views" and has_lines and now.came.in_buckets is not None:
        yield (
            "No line was crossed: people are counted as they come into view, and whoever two "
            "cameras see without knowing them counts twice."
        )
    if now.visitors and now.visitors["visits"] != 0 and not now.returning_of:
        weeks = LOOK_BACK // _WEEK
        yield (
            f"Returning visitors had been here in the {weeks} weeks before the period"
            f"{'' if now.is_comparable else ', of which only a part is recorded'}."
        )
    if is_kept(site.tables, RECOGNISED, period):
        yield from _recognised(site, period)
    if is_kept(site.tables, UNFINISHED, period):
        yield from _unfinished(site, period)


def _parts(site: Site, counted_by: CountedBy, *, by_visits: bool) -> list[Part]:
    return [
        *((PEOPLE_SEEN,) if counted_by == "views" else (LINE_PEOPLE, LINE_ENTRIES)),
        *(VISITS, RETURNING),
        *(() if by_visits else (STAYS,)),
        *(LEVELS, DWELL, WAYS, HEAT, RECOGNISED, UNFINISHED),
        *((WAITING,) if site.queues else ()),
        *(ALERTS, CAMERAS, DROPS),
    ]


def _drops(site: Site, period: Period) -> Iterator[str]:
    rows = dropped_frames(site.tables, since=period.since, until=period.until).to_pylist()
    for row in rows[:_MOST_CAMERAS]:
        frames = row["looked_at"] + row["dropped"]
        yield (
            f"{row['camera_id']}: in {duration(row['seconds'])} more frames came than could be "
            f"looked at; {row['dropped']:,} of {frames:,} were dropped."
        )
    if more := rows[_MOST_CAMERAS:]:
        dropped = sum(row["dropped"] for row in more)
        yield (
            f"{counted(len(more), 'other camera')} had {counted(dropped, 'frame')} dropped, too."
        )


def _recognised(site: Site, period: Period) -> Iterator[str]:
    since, until = period
    rates = identification_rates(site.tables, since=since, until=until).to_pylist()
    tracks = sum(row["tracks"] for row in rates)
    known = sum(row["named"] + row["carried"] for row in rates)
    if not (tracks and known):
        return
    (row,) = ask(_PEOPLE, site.tables, between(since, until)).to_pylist()
    if row["people"] < site.least_group:
        yield (
            f"How many tracks were of somebody who was recognised is withheld: of fewer than "
            f"{site.least_group} people. Visits and returning visitors are theirs alone."
        )
        return
    of = f" of {tracks:,}" if tracks >= LEAST_FOR_SHARE else ""
    yield (
        f"{share_of(known, tracks)}{of} tracks were of somebody who was recognised; visits and "
        f"returning visitors are theirs alone."
    )


def _unfinished(site: Site, period: Period) -> Iterator[str]:
    since, until = period
    unfinished = sum(
        row["unfinished"] for row in dwell(site.tables, since=since, until=until).to_pylist()
    )
    if unfinished:
        yield (
            f"{counted(unfinished, 'stay')} in a zone had no end and "
            f"{'is' if unfinished == 1 else 'are'} in no figure of how long people stay."
        )


def _gaps(cameras: Sequence[CameraTime], period: Period) -> Iterator[str]:
    with_gaps = [(camera, [*_gaps_of(camera, period)]) for camera in cameras]
    told = sorted((each for each in with_gaps if each[1]), key=lambda each: -each[0].gaps_s)
    for _, lines in told[:_MOST_CAMERAS]:
        yield from lines
    if more := [camera for camera, _ in told[_MOST_CAMERAS:]]:
        longest = duration(max(camera.gaps_s for camera in more))
        yield (
            f"{counted(len(more), 'other camera')} had shorter gaps, of {longest} at most each: "
            f"the figures are of the rest."
        )


def _gaps_of(camera: CameraTime, period: Period) -> Iterator[str]:
    for seconds, what in (
        (camera.offline_s, "was offline for"),
        (camera.impaired_s, "had an impaired picture for"),
        (camera.unwatched_s, "was not watched for"),
    ):
        if seconds >= _LEAST_GAP_S or seconds >= period.seconds / 2:
            share = seconds / period.seconds
            part = f" ({percent(share)} of the time)" if share >= _LEAST_SHARE else ""
            text = f"{camera.camera_id} {what} {duration(seconds)}{part}"
            yield f"{text}: its figures are of the rest."
