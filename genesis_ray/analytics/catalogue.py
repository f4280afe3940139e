"""Every question of a time range by its name, with what its columns mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature

import pyarrow as pa

from genesis_ray.analytics.attendance import attendances
from genesis_ray.analytics.dwell import dwell, dwell_histogram
from genesis_ray.analytics.footfall import footfall, zone_entries
from genesis_ray.analytics.identification import identification_rates
from genesis_ray.analytics.journeys import journeys, zone_transitions
from genesis_ray.analytics.line_people import line_people
from genesis_ray.analytics.metrics import last_metrics, metrics
from genesis_ray.analytics.occupancy import occupancy
from genesis_ray.analytics.queues import queue_service
from genesis_ray.analytics.returning import cohort_retention, returning_visitors
from genesis_ray.analytics.timeline import person_timeline
from genesis_ray.analytics.tracks import tracks_in_view
from genesis_ray.analytics.traffic import floor_heat, foot_heat
from genesis_ray.analytics.unusual_hours import unusual_hours
from genesis_ray.analytics.unusual_minutes import anomalies
from genesis_ray.analytics.uptime import camera_uptime
from genesis_ray.analytics.visits import visit_distribution, visits_page
from genesis_ray.errors import NotFoundError

_BUCKET = {"starts_at": "start of the bucket", "ends_at": "its end, not in it"}
_ZONE = {"camera_id": "camera", "zone_id": "zone of it"}
_SUPPRESSED = {"suppressed": "figures are withheld: too few people, or they would tell of too few"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be asked by its name.

    Attributes:
        ask: Called with the tables, since, until and what `takes` says.
        about: What it answers, in a line.
        columns: Of the answer, each with its meaning and unit.
    """

    ask: Callable[..., pa.Table]
    about: str
    columns: Mapping[str, str]

    @property
    def takes(self) -> dict[str, bool]:
        """Parameters beside the range, and whether each has to be given."""
        return {
            name: parameter.default is Parameter.empty
            for name, parameter in signature(self.ask).parameters.items()
            if name not in ("tables", "since", "until")
        }


QUESTIONS: Mapping[str, Question] = {
    "metrics": Question(
        metrics,
        "the site minute by minute: people, queue, waits, zones, faces",
        {
            **_BUCKET,
            "people_total": "tracks in view in the bucket",
            "queue_len": "people in the queue zones as it ends; null without queue zones",
            "avg_wait_sec": "mean seconds in a queue zone of those who left one",
            "people_by_zone": "people in each zone as it ends",
            "new_faces": "tracks that became a new visitor",
            "recognized_faces": "tracks named as somebody known",
        },
    ),
    "current-metrics": Question(
        last_metrics,
        "the same of the last minute of the range, in one row: --until now",
        {
            **_BUCKET,
            "people_total": "tracks in view in that time",
            "queue_len": "people in the queue zones as it ends; null without queue zones",
            "avg_wait_sec": "mean seconds in a queue zone of those who left one",
            "people_by_zone": "people in each zone as it ends",
            "new_faces": "tracks that became a new visitor",
            "recognized_faces": "tracks named as somebody known",
        },
    ),
    "anomalies": Question(
        anomalies,
        "which minutes were unusual, against the hundred before",
        {
            "starts_at": "start of the minute",
            "metric": "which of the metrics",
            "zone_id": "zone, of people_by_zone",
            "value": "what it was, in the metric's unit",
            "expected": "mean of those before",
            "spread": "their standard deviation, 1 at the least",
            "score": "spreads from what was expected",
            "direction": "above or below",
            "why": "the same as a sentence",
        },
    ),
    "unusual-hours": Question(
        unusual_hours,
        "which hours had unusually many or few people, for their weekday and hour",
        {
            "starts_at": "start of the hour",
            "camera_id": "camera",
            "value": "tracks that came into view",
            "expected": "median of that weekday and hour in the weeks before",
            "spread": "how far from it they usually are, 1 at the least",
            "score": "spreads from what was expected",
            "direction": "above or below",
            "why": "the same as a sentence",
        },
    ),
    "footfall": Question(
        footfall,
        "how often counting lines were crossed, by direction",
        {
            **_BUCKET,
            "camera_id": "camera",
            "line_id": "line of it",
            "went_in": "crossings inwards",
            "went_out": "crossings outwards",
        },
    ),
    "line-people": Question(
        line_people,
        "how many people went over counting lines: who is soon back counts once",
        {
            **_BUCKET,
            "camera_id": "camera",
            "line_id": "line of it",
            "people_in": "people who went in, by when they first did",
            "people_out": "people who went out",
        },
    ),
    "entries": Question(
        zone_entries,
        "how often zones were entered and left",
        {**_BUCKET, **_ZONE, "entries": "times entered", "exits": "times left"},
    ),
    "occupancy": Question(
        occupancy,
        "how many people were in zones at once",
        {
            **_BUCKET,
            "camera_id": "camera; null: all",
            "zone_id": "zone of it; null: all together",
            "mean_people": "people at once, mean over time",
            "max_people": "most people at once",
            "person_seconds": "seconds, summed over people",
            "mean_people_per_m2": "people to a square metre, mean; null: no area_m2 is set",
            "max_people_per_m2": "most people to a square metre",
        },
    ),
    "dwell": Question(
        dwell,
        "how long people stay in zones",
        {
            **_ZONE,
            "stays": "stays that are over",
            "unfinished": "stays without an end",
            "total_s": "seconds of all stays",
            "mean_s": "seconds, mean",
            "p50_s": "seconds that half stay at most",
            "p90_s": "seconds that nine in ten stay at most",
            "p95_s": "seconds that 95 % stay at most",
            "max_s": "seconds of the longest stay",
        },
    ),
    "dwell-histogram": Question(
        dwell_histogram,
        "how many stays took how long",
        {
            **_ZONE,
            "from_s": "seconds at least",
            "to_s": "seconds, not in the bin; null: no bound",
            "stays": "stays",
        },
    ),
    "queue": Question(
        queue_service,
        "how long a queue waits, how many are served in time and how many give up",
        {
            **_BUCKET,
            "camera_id": "camera",
            "joined": "people who joined",
            "served": "of them went on to the service zone",
            "served_within": "of these waited no longer than --within",
            "abandoned": "left elsewhere",
            "waiting": "have not left",
            "service_level": "served_within of served and abandoned, 0 to 1",
            "total_wait_s": "seconds that those served waited together",
            "mean_wait_s": "seconds, mean of those served",
            "p50_wait_s": "seconds that half of them waited at most",
            "p90_wait_s": "seconds that nine in ten waited at most",
            "max_wait_s": "seconds of the longest wait",
        },
    ),
    "heat": Question(
        foot_heat,
        "where people stand in a camera's picture",
        {
            "row_index": "row of the grid, from above",
            "column_index": "column, from the left",
            "seconds": "seconds, summed over people",
        },
    ),
    "floor-heat": Question(
        floor_heat,
        "where people stand on the floor plan, of cameras with a floor",
        {
            "x_m": "left edge of the cell on the plan, metres",
            "y_m": "its lower edge, metres",
            "seconds": "seconds, summed over people",
        },
    ),
    "transitions": Question(
        zone_transitions,
        "from which zone visitors go to which",
        {
            "origin": "zone, or (enter)",
            "destination": "zone, or (leave)",
            "moves": "times somebody went there next",
            "people": "identities who did",
            "share": "of the moves from this origin, 0 to 1",
            **_SUPPRESSED,
        },
    ),
    "journeys": Question(
        journeys,
        "the ways of visits through zones, as links of a Sankey diagram",
        {
            "step": "how many-th move of the visit",
            "origin": "zone, or (enter)",
            "destination": "zone, (leave) or (further): beyond the last step shown",
            "visits": "visits with this move",
            "people": "identities",
            **_SUPPRESSED,
        },
    ),
    "returning": Question(
        returning_visitors,
        "how many visitors are new and how many come back",
        {
            **_BUCKET,
            "visits": "visits that began",
            "people": "identities",
            "new_people": "of them on their first visit ever",
            "returning_people": "of them not",
            **_SUPPRESSED,
        },
    ),
    "cohorts": Question(
        cohort_retention,
        "how many of those first seen in a week come again",
        {
            "cohort_starts_at": "start of the week",
            "weeks_after": "weeks later; 0: the week itself",
            "cohort_size": "people first seen in that week",
            "people": "of them with a visit then",
            "share": "of the cohort, 0 to 1",
            **_SUPPRESSED,
        },
    ),
    "visits": Question(
        visits_page,
        "visits, a page at a time",
        {
            "visit_id": "visit",
            "identity_id": "whose",
            "site_id": "site",
            "started_at": "first sight",
            "ended_at": "last sight; null: not over",
            "duration_s": "seconds between",
            "first_camera_id": "camera of the first sight",
            "last_camera_id": "camera of the last",
            "zone_ids": "zones entered, in order",
            "dwell_s": "seconds in each zone; null: not over, or no longer known",
        },
    ),
    "attendances": Question(
        attendances,
        "who was there from when to when, with a name or without",
        {
            "identity_id": "who; null: nobody with a name",
            "started_at": "first sight",
            "ended_at": "last sight, so far",
            "seconds": "seconds between",
            "entry_camera_id": "camera of the first sight",
            "exit_camera_id": "camera of the last",
            "tracks": "camera and track id of each track, in order",
            "zone_ids": "zones entered, in order",
            "dwell_s": "seconds in each zone",
        },
    ),
    "visit-distribution": Question(
        visit_distribution,
        "how visits are distributed by duration, hour of the day or weekday",
        {
            "from_value": "seconds; hour; weekday, 1: Monday",
            "to_value": "not in the bin; null: no bound",
            "visits": "visits",
            "people": "identities",
            **_SUPPRESSED,
        },
    ),
    "tracks": Question(
        tracks_in_view,
        "how many came into view of cameras, for how long, and what became of their faces",
        {
            **_BUCKET,
            "camera_id": "camera",
            "tracks": "tracks that came into view",
            "person_seconds": "seconds in view, summed over people",
            "named": "decisions: named by the face",
            "new_visitors": "decisions: somebody new",
            "carried": "decisions: named by looks",
            "review": "decisions: for somebody to look at",
            "unknown": "decisions: nobody known",
        },
    ),
    "uptime": Question(
        camera_uptime,
        "how much of the time cameras were online",
        {
            **_BUCKET,
            "camera_id": "camera",
            "online_s": "seconds online",
            "impaired_s": "seconds with pictures that something is wrong with",
            "offline_s": "seconds without",
            "unwatched_s": "seconds before it was first seen, after its source ended, or to come",
            "share_online": "online of all but unwatched, 0 to 1",
        },
    ),
    "identification": Question(
        identification_rates,
        "how many of those in view could be identified",
        {
            "camera_id": "camera",
            "tracks": "tracks in view",
            "with_face": "of them whose face was compared",
            "named": "named by the face",
            "new_visitors": "of those named, as somebody new",
            "carried": "named by looks",
            "review": "for somebody to look at",
            "unknown": "nobody known",
            "undecided": "without a usable face, or not decided yet",
            "share_identified": "named or carried, of all tracks, 0 to 1",
        },
    ),
    "timeline": Question(
        person_timeline,
        "what is known of one person, in order",
        {
            "occurred_at": "when",
            "event": "what: visit_began, came_into_view, named, entered_zone, ...",
            "camera_id": "where",
            "track_id": "track; null: a visit",
            "subject": "zone, line or visit",
        },
    ),
}


def name_of(ask: Callable[..., pa.Table]) -> str:
    """Return the name of the question that a function answers.

    Raises:
        NotFoundError: It is none of the catalogue.
    """
    for name, question in QUESTIONS.items():
        if question.ask is ask:
            return name
    raise NotFoundError(f"no question is {ask.__name__}; there are {', '.join(QUESTIONS)}")


def question_named(name: str) -> Question:
    """Return a question.

    Raises:
        NotFoundError: There is none of that name.
    """
    if name not in QUESTIONS:
        raise NotFoundError(f"no question {name!r}; there are {', '.join(QUESTIONS)}")
    return QUESTIONS[name]
