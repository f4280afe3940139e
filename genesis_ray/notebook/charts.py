"""The questions of a run as plotly figures."""

from typing import TYPE_CHECKING

from genesis_ray.analytics import charts
from genesis_ray.analytics.ranges import Ids
from genesis_ray.domain.clocks.site_time import Bucket
from genesis_ray.running.questions.asking import Moment

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from genesis_ray.notebook.run import Run


class Charts:
    """Figures of the answers of one run: `run.chart.footfall(...)` draws `run.footfall(...)`."""

    def __init__(self, run: "Run") -> None:
        self._run = run

    def footfall(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket: Bucket | None = "hour",
        camera_ids: Ids = None,
        title: str = "Entries over lines",
    ) -> "go.Figure":
        """Draw how many came in, all lines together, in each bucket."""
        counts = self._run.footfall(since, until, bucket=bucket, camera_ids=camera_ids)
        return charts.footfall(counts, time_zone=self._run.time_zone, title=title)

    def week(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_ids: Ids = None,
        title: str = "Hours of the week",
    ) -> "go.Figure":
        """Draw how many came in, in each hour of each weekday, the mean over the weeks."""
        counts = self._run.footfall(since, until, bucket="hour", camera_ids=camera_ids)
        return charts.week(counts, time_zone=self._run.time_zone, title=title)

    def occupancy(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        bucket: Bucket | None = "hour",
        camera_ids: Ids = None,
        zone_ids: Ids = None,
        title: str = "People at once",
    ) -> "go.Figure":
        """Draw how many people were in each zone, their mean over each bucket."""
        levels = self._run.occupancy(
            since, until, bucket=bucket, camera_ids=camera_ids, zone_ids=zone_ids
        )
        return charts.occupancy(levels, time_zone=self._run.time_zone, title=title)

    def dwell(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_ids: Ids = None,
        zone_ids: Ids = None,
        title: str = "How long people stay",
    ) -> "go.Figure":
        """Draw how many stays in zones took how long."""
        stays = self._run.dwell_histogram(since, until, camera_ids=camera_ids, zone_ids=zone_ids)
        return charts.dwell_distribution(stays, title=title)

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
        title: str = "Waiting",
    ) -> "go.Figure":
        """Draw how long half and nine in ten of those served waited, by when they joined."""
        service = self._run.queue(
            since,
            until,
            queue_zone_id=queue_zone_id,
            service_zone_id=service_zone_id,
            within_s=within_s,
            bucket=bucket,
            camera_ids=camera_ids,
        )
        return charts.queue_waits(
            service, time_zone=self._run.time_zone, within_s=within_s, title=title
        )

    def journeys(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        most_steps: int = 6,
        title: str = "Ways through the zones",
    ) -> "go.Figure":
        """Draw the ways of visits through zones as a Sankey diagram."""
        links = self._run.journeys(since, until, most_steps=most_steps)
        return charts.journeys(links, title=title)

    def heat(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_id: str,
        rows: int = 36,
        columns: int = 64,
        title: str = "Where people stand",
    ) -> "go.Figure":
        """Draw how long people stood in each place of a camera's picture."""
        cells = self._run.heat(since, until, camera_id=camera_id, rows=rows, columns=columns)
        return charts.foot_points(cells, rows=rows, columns=columns, title=title)

    def floor_heat(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_ids: Ids = None,
        cell_m: float = 0.5,
        title: str = "Where people stand on the floor",
    ) -> "go.Figure":
        """Draw how long people stood in each place of the floor plan."""
        cells = self._run.floor_heat(since, until, camera_ids=camera_ids, cell_m=cell_m)
        return charts.floor(cells, cell_m=cell_m, title=title)

    def uptime(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        camera_ids: Ids = None,
        title: str = "Cameras online",
    ) -> "go.Figure":
        """Draw for which share of the time each camera was online, and what it was else."""
        states = self._run.uptime(since, until, bucket=None, camera_ids=camera_ids)
        return charts.uptime(states, title=title)
