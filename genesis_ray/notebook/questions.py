"""Every question as a method, of whatever has tables and a site's clock."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pyarrow as pa

from genesis_ray.analytics.attendance import attendances
from genesis_ray.analytics.dwell import BINS_S, dwell, dwell_histogram
from genesis_ray.analytics.footfall import footfall, zone_entries
from genesis_ray.analytics.identification import identification_rates
from genesis_ray.analytics.journeys import journeys, zone_transitions
from genesis_ray.analytics.line_people import line_people
from genesis_ray.analytics.metrics import METRICS, last_metrics, metrics
from genesis_ray.analytics.occupancy import occupancy
from genesis_ray.analytics.overview import cameras
from genesis_ray.analytics.queues import queue_service
from genesis_ray.analytics.ranges import Ids
from genesis_ray.analytics.returning import cohort_retention, returning_visitors
from genesis_ray.analytics.stored import Table
from genesis_ray.analytics.timeline import person_timeline
from genesis_ray.analytics.tracks import tracks_in_view
from genesis_ray.analytics.traffic import floor_heat, foot_heat
from genesis_ray.analytics.unusual_hours import unusual_hours
from genesis_ray.analytics.unusual_minutes import anomalies
from genesis_ray.analytics.uptime import camera_uptime
from genesis_ray.analytics.visits import By, VisitKey, visit_distribution, visits_page
from genesis_ray.domain.clocks.site_time import Bucket
from genesis_ray.running.people.who import identity_named
from genesis_ray.running.questions.asking import Moment, answer_of
from genesis_ray.sections.alerts import queue_zones_of
from genesis_ray.sections.cameras import areas_of, homographies_of
from genesis_ray.settings import Settings


class Questions:
    """The questions of docs/questions.md, each as a method that returns an Arrow table.

    They are of [since, until): datetimes, dates, or text as "2026-01-05T14:30", "today", "-7d";
    without an offset of the site's clock. By default they reach from the first event to the last.

    Attributes:
        tables: The event tables by name.
        time_zone: Of the site.
    """

    def __init__(self, tables: Mapping[str, Table], settings: Settings) -> None:
        """Ask `tables`, which are of the tenant of `settings`."""
        self.tables = tables
        self.time_zone = settings.time_zone
        self._own = settings

    def overview(self) -> pa.Table:
        """Return what each camera saw: camera_id, people (tracks), faces, identity_ids."""
        return cameras(self.tables)

    def metrics(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket_s: int = 60,
        names: Sequence[str] = METRICS,
        camera_ids: Ids = None,
        queue_zone_ids: Ids = None,
    ) -> pa.Table:
        """Return the site's metrics, a row for each `bucket_s` seconds.

        Columns: starts_at, ends_at, people_total, queue_len, avg_wait_sec, people_by_zone,
        new_faces, recognized_faces. People queue in `queue_zone_ids`, by default those of the
        alert rules of queues and waits.
        """
        return self._ask(
            metrics, since, until, bucket_s=bucket_s, names=names, camera_ids=camera_ids,
            queue_zone_ids=self._queues(queue_zone_ids),
        )  # fmt: skip

    def current_metrics(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket_s: int = 60,
        names: Sequence[str] = METRICS,
        camera_ids: Ids = None,
        queue_zone_ids: Ids = None,
    ) -> pa.Table:
        """Return the same of the last `bucket_s` seconds of the range, in one row.

        Columns: starts_at, ends_at, people_total, queue_len, avg_wait_sec, people_by_zone,
        new_faces, recognized_faces.
        """
        return self._ask(
            last_metrics, since, until, bucket_s=bucket_s, names=names, camera_ids=camera_ids,
            queue_zone_ids=self._queues(queue_zone_ids),
        )  # fmt: skip

    def anomalies(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket_s: int = 60,
        names: Sequence[str] = METRICS,
        camera_ids: Ids = None,
        queue_zone_ids: Ids = None,
        window: int = 100,
        threshold: float = 2.0,
        warm_up: int = 30,
    ) -> pa.Table:
        """Return which minutes of the metrics were unusual, against the `window` before.

        Columns: starts_at, metric, zone_id, value, expected, spread, score, direction, why.
        """
        return self._ask(
            anomalies, since, until, bucket_s=bucket_s, names=names, camera_ids=camera_ids,
            queue_zone_ids=self._queues(queue_zone_ids), window=window, threshold=threshold,
            warm_up=warm_up,
        )  # fmt: skip

    def unusual_hours(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_ids: Ids = None,
        weeks: int = 12,
        threshold: float = 3.5,
        warm_up: int = 4,
    ) -> pa.Table:
        """Return the hours in which unusually many or few came into view, for weekday and hour.

        Columns: starts_at, camera_id, value, expected, spread, score, direction, why.
        """
        return self._ask_here(
            unusual_hours, since, until, camera_ids=camera_ids, weeks=weeks, threshold=threshold,
            warm_up=warm_up,
        )  # fmt: skip

    def footfall(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket: Bucket | None = "hour",
        camera_ids: Ids = None,
    ) -> pa.Table:
        """Return how often counting lines were crossed, a row a bucket and line.

        Columns: starts_at, ends_at, camera_id, line_id, went_in, went_out.
        """
        return self._ask_here(footfall, since, until, bucket=bucket, camera_ids=camera_ids)

    def line_people(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket: Bucket | None = "hour",
        camera_ids: Ids = None,
    ) -> pa.Table:
        """Return how many people went over counting lines: who is soon back counts once.

        Columns: starts_at, ends_at, camera_id, line_id, people_in, people_out.
        """
        return self._ask_here(
            line_people, since, until, bucket=bucket, camera_ids=camera_ids,
            visit_gap_s=self._own.visit_gap_s,
        )  # fmt: skip

    def entries(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket: Bucket | None = "hour",
        camera_ids: Ids = None,
        zone_ids: Ids = None,
    ) -> pa.Table:
        """Return how often zones were entered and left, a row a bucket and zone.

        Columns: starts_at, ends_at, camera_id, zone_id, entries, exits.
        """
        return self._ask_here(
            zone_entries, since, until, bucket=bucket, camera_ids=camera_ids, zone_ids=zone_ids
        )

    def occupancy(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket: Bucket | None = "hour",
        camera_ids: Ids = None,
        zone_ids: Ids = None,
    ) -> pa.Table:
        """Return how many people were in zones at once, a row a bucket and zone.

        Columns: starts_at, ends_at, camera_id and zone_id (null: all together), mean_people,
        max_people, person_seconds, mean_people_per_m2 and max_people_per_m2 (of zones with an
        area_m2).
        """
        return self._ask_here(
            occupancy, since, until, bucket=bucket, camera_ids=camera_ids, zone_ids=zone_ids,
            areas_m2=areas_of(self._own.cameras),
        )  # fmt: skip

    def dwell(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_ids: Ids = None,
        zone_ids: Ids = None,
    ) -> pa.Table:
        """Return how long people stay, a row a zone.

        Columns: camera_id, zone_id, stays, unfinished, total_s, mean_s, p50_s, p90_s, p95_s, max_s.
        """
        return self._ask(dwell, since, until, camera_ids=camera_ids, zone_ids=zone_ids)

    def dwell_histogram(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_ids: Ids = None,
        zone_ids: Ids = None,
        bins_s: Sequence[float] = BINS_S,
    ) -> pa.Table:
        """Return how many stays took how long, a row a zone and bin.

        Columns: camera_id, zone_id, from_s, to_s, stays.
        """
        return self._ask(
            dwell_histogram, since, until, camera_ids=camera_ids, zone_ids=zone_ids, bins_s=bins_s
        )

    def queue(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        queue_zone_id: str,
        service_zone_id: str | None = None,
        within_s: float = 300.0,
        bucket: Bucket | None = "hour",
        camera_ids: Ids = None,
    ) -> pa.Table:
        """Return how a queue was served, a row a bucket (of joining) and camera.

        Columns: starts_at, ends_at, camera_id, joined, served, served_within, abandoned, waiting,
        service_level, total_wait_s, mean_wait_s, p50_wait_s, p90_wait_s, max_wait_s.
        """
        return self._ask_here(
            queue_service, since, until, queue_zone_id=queue_zone_id,
            service_zone_id=service_zone_id, within_s=within_s, bucket=bucket,
            camera_ids=camera_ids,
        )  # fmt: skip

    def heat(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_id: str,
        rows: int = 36,
        columns: int = 64,
    ) -> pa.Table:
        """Return how long people stood in each cell of a grid over a camera's picture.

        Columns: row_index, column_index, seconds.
        """
        return self._ask(foot_heat, since, until, camera_id=camera_id, rows=rows, columns=columns)

    def floor_heat(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_ids: Ids = None,
        cell_m: float = 0.5,
    ) -> pa.Table:
        """Return how long people stood in each cell of the floor plan, of cameras with a floor.

        Columns: x_m, y_m, seconds.
        """
        return self._ask(
            floor_heat, since, until, homographies=homographies_of(self._own.cameras),
            camera_ids=camera_ids, cell_m=cell_m,
        )  # fmt: skip

    def transitions(self, since: Moment | None = None, until: Moment | None = None) -> pa.Table:
        """Return from which zone visitors went to which next, a row a pair.

        Columns: origin, destination, moves, people, share, suppressed.
        """
        return self._ask(zone_transitions, since, until, least_group=self._least_group)

    def journeys(
        self, since: Moment | None = None, until: Moment | None = None, *, most_steps: int = 6
    ) -> pa.Table:
        """Return the ways of visits through zones: the links of a Sankey diagram.

        Columns: step, origin, destination, visits, people, suppressed.
        """
        return self._ask(
            journeys, since, until, most_steps=most_steps, least_group=self._least_group
        )

    def returning(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket: Bucket | None = "day",
        look_back: timedelta | None = None,
    ) -> pa.Table:
        """Return how many visitors were new and how many came back, a row a bucket.

        Of visits before the range all count, or those that began at most `look_back` before it.

        Columns: starts_at, ends_at, visits, people, new_people, returning_people, suppressed.
        """
        return self._ask_here(
            returning_visitors,
            since,
            until,
            bucket=bucket,
            least_group=self._least_group,
            look_back=look_back,
        )

    def cohorts(self, since: Moment | None = None, until: Moment | None = None) -> pa.Table:
        """Return how many of those first seen in a week came again, a row a cohort and week.

        Columns: cohort_starts_at, weeks_after, cohort_size, people, share, suppressed.
        """
        return self._ask_here(cohort_retention, since, until, least_group=self._least_group)

    def visits(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        person: str | None = None,
        camera_id: str | None = None,
        zone_id: str | None = None,
        least_s: float | None = None,
        after: VisitKey | None = None,
        limit: int = 1000,
    ) -> pa.Table:
        """Return visits, a row each, by when they began; `after` gives the next page.

        Columns: visit_id, identity_id, name, site_id, started_at, ended_at, duration_s,
        first_camera_id, last_camera_id, zone_ids, dwell_s (seconds in each zone).
        """
        return self._ask(
            visits_page, since, until,
            identity_id=identity_named(person, self._own) if person else None,
            camera_id=camera_id, zone_id=zone_id, least_s=least_s, after=after, limit=limit,
        )  # fmt: skip

    def attendances(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        least_s: float = 1.0,
        rejoin_s: float = 60.0,
    ) -> pa.Table:
        """Return who was there and for how long, those without a name too, a row each.

        Columns: identity_id, name, started_at, ended_at, seconds, entry_camera_id, exit_camera_id,
        tracks, zone_ids, dwell_s.
        """
        gap_s = self._own.visit_gap_s
        return self._ask(
            attendances, since, until, visit_gap_s=gap_s, least_s=least_s, rejoin_s=rejoin_s
        )

    def visit_distribution(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        by: By = "duration",
        bins_s: Sequence[float] = BINS_S,
    ) -> pa.Table:
        """Return how visits are distributed by duration, hour of the day or weekday.

        Columns: from_value, to_value, visits, people, suppressed.
        """
        group = self._least_group
        return self._ask_here(
            visit_distribution, since, until, by=by, bins_s=bins_s, least_group=group
        )

    def tracks(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket: Bucket | None = "hour",
        camera_ids: Ids = None,
    ) -> pa.Table:
        """Return how many came into view of each camera, a row a bucket and camera.

        Columns: starts_at, ends_at, camera_id, tracks, person_seconds, named, new_visitors,
        carried, review, unknown.
        """
        return self._ask_here(tracks_in_view, since, until, bucket=bucket, camera_ids=camera_ids)

    def uptime(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket: Bucket | None = "hour",
        camera_ids: Ids = None,
    ) -> pa.Table:
        """Return for how long cameras were online, a row a bucket and camera.

        Columns: starts_at, ends_at, camera_id, online_s, impaired_s, offline_s, unwatched_s,
        share_online.
        """
        return self._ask_here(camera_uptime, since, until, bucket=bucket, camera_ids=camera_ids)

    def identification(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_ids: Ids = None,
    ) -> pa.Table:
        """Return how many of those in view could be identified, a row a camera.

        Columns: camera_id, tracks, with_face, named, new_visitors, carried, review, unknown,
        undecided, share_identified.
        """
        return self._ask(identification_rates, since, until, camera_ids=camera_ids)

    def timeline(
        self, since: Moment | None = None, until: Moment | None = None, *, person: str
    ) -> pa.Table:
        """Return what is known of one person, by name or identity, in order.

        Columns: occurred_at, event, camera_id, track_id, subject.
        """
        return self._ask(
            person_timeline, since, until, identity_id=identity_named(person, self._own)
        )

    @property
    def _least_group(self) -> int:
        return self._own.analytics.min_group

    def _queues(self, given: Ids) -> Ids:
        return queue_zones_of(self._own.alerts) if given is None else given

    def _ask(
        self,
        question: Callable[..., pa.Table],
        since: Moment | None,
        until: Moment | None,
        **params: object,
    ) -> pa.Table:
        zone = self.time_zone
        return answer_of(
            question, self.tables, self._own, since, until, time_zone=zone, params=params
        )

    def _ask_here(
        self,
        question: Callable[..., pa.Table],
        since: Moment | None,
        until: Moment | None,
        **params: object,
    ) -> pa.Table:
        """Ask a question whose buckets are those of the site's clock."""
        return self._ask(question, since, until, time_zone=self.time_zone, **params)
