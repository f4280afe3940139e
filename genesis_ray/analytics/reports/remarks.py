"""What has to be known of how good the figures of a report are."""

from collections.abc import Iterator, Sequence

from genesis_ray.analytics.dwell import dwell
from genesis_ray.analytics.identification import identification_rates
from genesis_ray.analytics.reports.contents import CameraTime
from genesis_ray.analytics.reports.measures import Site
from genesis_ray.analytics.reports.wording import counted, duration, percent, share_of
from genesis_ray.domain.comparison import LEAST_FOR_SHARE
from genesis_ray.domain.periods import Period

_LEAST_GAP_S = 60.0
_NO_DATE = 1970


def remarks_on(
    site: Site, period: Period, cameras: Sequence[CameraTime], *, by_lines: bool
) -> Iterator[str]:
    """Yield remarks, a sentence each: gaps first."""
    since, until = period
    if since.year == _NO_DATE:
        yield "The recordings tell no date: times are counted from 1 January 1970 on."
    yield from (text for camera in cameras for text in _gaps(camera, period))
    if not cameras:
        yield "No camera told its state: whether all of the time was watched is not known."
    if not by_lines:
        yield (
            "No line was crossed: people are counted as they come into view, and whoever two "
            "cameras see without knowing them counts twice."
        )
    rates = identification_rates(site.tables, since=since, until=until).to_pylist()
    tracks = sum(row["tracks"] for row in rates)
    known = sum(row["named"] + row["carried"] for row in rates)
    if tracks and known:
        yield (
            f"{share_of(known, tracks)}{f' of {tracks:,}' if tracks >= LEAST_FOR_SHARE else ''} "
            f"tracks were of somebody who was recognised; visits and returning visitors are "
            f"theirs alone."
        )
    unfinished = sum(
        row["unfinished"] for row in dwell(site.tables, since=since, until=until).to_pylist()
    )
    if unfinished:
        yield (
            f"{counted(unfinished, 'stay')} in a zone had no end and "
            f"{'is' if unfinished == 1 else 'are'} in no figure of how long people stay."
        )


def _gaps(camera: CameraTime, period: Period) -> Iterator[str]:
    for seconds, what in (
        (camera.offline_s, "was offline for"),
        (camera.impaired_s, "had an impaired picture for"),
        (camera.unwatched_s, "was not watched for"),
    ):
        if seconds >= _LEAST_GAP_S or seconds >= period.seconds / 2:
            yield (
                f"{camera.camera_id} {what} {duration(seconds)} "
                f"({percent(seconds / period.seconds)} of the time): its figures are of the rest."
            )
