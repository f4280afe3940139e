"""The metric families, declared once, and the Prometheus text of what a live system counts.

There is one way for each kind of process. Actors and replicas count in plain fields that they
return when asked; the supervisor adds them up, and the API renders the sum at /metrics. So one
address has the figures of the whole system wherever its actors run, and nothing below the API
knows of Prometheus. Ray and Serve tell of their own processes (queues, replicas, object store)
through Ray's metrics agent; ours are not sent there as well, or they would be counted twice.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal, NamedTuple, get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from genesis_ray.domain.topology import Refusal
from genesis_ray.figures import Figures, GalleryFigures
from genesis_ray.pipeline.counting import SiteCounts
from genesis_ray.store.recall import Recall

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Family(NamedTuple):
    """A metric, with a sample for each combination of its labels."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    labels: tuple[str, ...] = ()


INFO = Family("genesis_build_info", "gauge", "1, labelled with the version.", ("version",))
READY = Family("genesis_ready", "gauge", "1 when sources are open and replicas are up, else 0.")
CAMERA_ACTIVE = Family(
    "genesis_camera_active", "gauge", "1 while the camera gives frames, else 0.", ("camera_id",)
)
CAMERA_STATE = Family(
    "genesis_camera_state",
    "gauge",
    "1 for the state that a live stream is in: connecting, online, stalled, frozen, ...",
    ("camera_id", "state"),
)
FRAMES = Family("genesis_frames_processed_total", "counter", "Frames looked at.", ("camera_id",))
DROPS = Family(
    "genesis_frames_dropped_total",
    "counter",
    "Frames not looked at, by the reason.",
    ("camera_id", "reason"),
)
STAGES = Family(
    "genesis_stage_seconds_total",
    "counter",
    "Seconds spent in a stage, over all threads and cameras; stages overlap.",
    ("stage",),
)
EVENTS = Family("genesis_events_total", "counter", "Events logged, by their class.", ("event",))
SYSTEM = Family(
    "genesis_system_states_total",
    "counter",
    "States that parts of the system came into: restarted, recovered, slowed, failed, ...",
    ("component", "state"),
)
WAITING = Family(
    "genesis_reports_waiting",
    "gauge",
    "Reports of a camera group that resolver and journal have not taken yet.",
    ("group",),
)
PLACED = Family(
    "genesis_group_placed",
    "gauge",
    "1 while a camera group is on a node, 0 while it waits for one that has room.",
    ("group",),
)
LATENCY = Family(
    "genesis_report_latency_seconds",
    "gauge",
    "From the capture of a report's last frame until the log has it, of the latest reports.",
    ("quantile",),
)
LATE = Family(
    "genesis_events_late_total", "counter", "Groups of events that came after their turn."
)
DEAD_LETTERS = Family(
    "genesis_dead_letters_total",
    "counter",
    "Frames and recordings set aside because they failed again and again, by the stage.",
    ("unit", "stage"),
)
REJECTIONS = Family(
    "genesis_gate_rejections_total",
    "counter",
    "Names refused to tracks because their bearers cannot be there, by the reason.",
    ("reason",),
)
FALSE_MERGES = Family(
    "genesis_false_merges_total",
    "counter",
    "Pairs of tracks in view at once, where nobody is twice, that are one identity.",
)
OUT_OF_MEMORY = Family(
    "genesis_detector_out_of_memory_total",
    "counter",
    "Batches that did not fit in a replica's GPU memory and were halved or given up.",
    ("replica",),
)
ON_PROCESSOR = Family(
    "genesis_detector_on_processor",
    "gauge",
    "1 since a replica gave up its GPU, whose memory is full, for the processor, else 0.",
    ("replica",),
)
GALLERY = Family("genesis_gallery_faces", "gauge", "Faces in the gallery.")
INDEXED = Family(
    "genesis_gallery_indexed",
    "gauge",
    "1 while the gallery is searched through an index, 0 while all faces are compared.",
)
SAMPLED = Family(
    "genesis_gallery_searches_sampled_total",
    "counter",
    "Searches of the index done again exactly, by whether it gave the most similar identity.",
    ("result",),
)
SAMPLED_IDENTITIES = Family(
    "genesis_gallery_identities_sampled_total",
    "counter",
    "Most similar identities of those searches, by whether the index gave them too.",
    ("result",),
)
MATCH_SIMILARITY = Family(
    "genesis_match_similarity_mean",
    "gauge",
    "Mean similarity of a camera's latest matches, a window of them at most.",
    ("camera_id",),
)
DRIFTING = Family(
    "genesis_match_similarity_drifting",
    "gauge",
    "1 while that is too far below what it was at first, else 0.",
    ("camera_id",),
)
LINE_PASSAGES = Family(
    "genesis_line_passages_total",
    "counter",
    "Times that somebody went over a line, by the direction.",
    ("camera_id", "line_id", "direction"),
)
LINE_PEOPLE = Family(
    "genesis_line_people_total",
    "counter",
    "People who did: who is back before a visit is over is nobody else.",
    ("camera_id", "line_id", "direction"),
)
ZONE_PEOPLE = Family(
    "genesis_zone_people", "gauge", "People in a zone now.", ("camera_id", "zone_id")
)
ZONE_DENSITY = Family(
    "genesis_zone_people_per_square_metre",
    "gauge",
    "The same by the zone's area_m2, where that is set.",
    ("camera_id", "zone_id"),
)
DELIVERIES = Family(
    "genesis_alert_deliveries_total",
    "counter",
    "Attempts to tell of an alert, by the kind of channel and whether it was delivered, is to be "
    "tried again or was set_aside.",
    ("channel", "result"),
)
DELIVERIES_WAITING = Family(
    "genesis_alert_deliveries_waiting",
    "gauge",
    "Alerts that wait to be delivered, also for their first attempt.",
    ("channel",),
)
DELIVERY_AGE = Family(
    "genesis_alert_delivery_oldest_waiting_seconds",
    "gauge",
    "How long the one that waits longest has been waiting, 0 where none does.",
    ("channel",),
)
FAMILIES = (
    INFO,
    READY,
    CAMERA_ACTIVE,
    CAMERA_STATE,
    FRAMES,
    DROPS,
    STAGES,
    EVENTS,
    LINE_PASSAGES,
    LINE_PEOPLE,
    ZONE_PEOPLE,
    ZONE_DENSITY,
    SYSTEM,
    WAITING,
    PLACED,
    LATENCY,
    LATE,
    MATCH_SIMILARITY,
    DRIFTING,
    DEAD_LETTERS,
    REJECTIONS,
    FALSE_MERGES,
    OUT_OF_MEMORY,
    ON_PROCESSOR,
    GALLERY,
    INDEXED,
    SAMPLED,
    SAMPLED_IDENTITIES,
    DELIVERIES,
    DELIVERIES_WAITING,
    DELIVERY_AGE,
)
"""All there are."""

_KNOWN_TO_FAIL = (
    ("frame", "detect"),
    ("frame", "embed"),
    ("recording", "decode"),
    ("recording", "watch"),
)
"""Told from the start, as 0: Prometheus sees no growth in a counter that begins with its first."""

_Sample = tuple[Family, tuple[str, ...], float]


def render(figures: Figures, *, is_ready: bool) -> bytes:
    """Return the figures in Prometheus text format, for CONTENT_TYPE."""
    return generate_latest(_Collector([*_samples(figures), (READY, (), float(is_ready))]))


def _samples(figures: Figures) -> Iterator[_Sample]:
    yield INFO, (version("genesis-ray"),), 1
    for camera in figures.cameras:
        yield CAMERA_ACTIVE, (camera.camera_id,), float(bool(camera.frames) and not camera.is_done)
        if camera.state:
            yield CAMERA_STATE, (camera.camera_id, camera.state), 1
        yield FRAMES, (camera.camera_id,), camera.frames
        for reason, count in camera.dropped.items():
            yield DROPS, (camera.camera_id, reason), count
    for stage, seconds in figures.stage_s.items():
        yield STAGES, (stage,), seconds
    for event, count in figures.events.items():
        yield EVENTS, (event,), count
    for (component, state), count in figures.system.items():
        yield SYSTEM, (component, state), count
    for quantile, seconds in figures.latency_s.items():
        yield LATENCY, (str(quantile),), seconds
    for group in figures.groups:
        yield WAITING, (group.name,), group.waiting
        yield PLACED, (group.name,), float(group.node is not None)
    yield LATE, (), figures.late
    for camera_id, level in figures.match_levels.items():
        yield MATCH_SIMILARITY, (camera_id,), level.mean
        yield DRIFTING, (camera_id,), float(level.is_drifting)
    for unit_and_stage, count in {**dict.fromkeys(_KNOWN_TO_FAIL, 0), **figures.set_aside}.items():
        yield DEAD_LETTERS, unit_and_stage, count
    for reason, count in {**dict.fromkeys(get_args(Refusal), 0), **figures.rejections}.items():
        yield REJECTIONS, (reason,), count
    yield FALSE_MERGES, (), figures.false_merges
    for replica, memory in figures.detectors.items():
        yield OUT_OF_MEMORY, (replica,), memory.out_of_memory
        yield ON_PROCESSOR, (replica,), float(memory.on_processor)
    if figures.site:
        yield from _of_site(figures.site)
    if figures.gallery:
        yield from _of_gallery(figures.gallery)
    yield from _of_deliveries(figures, datetime.now(UTC))


def _of_site(site: SiteCounts) -> Iterator[_Sample]:
    for place, count in site.lines.items():
        yield LINE_PASSAGES, place, count.passages
        yield LINE_PEOPLE, place, count.people
    for place_of_zone, zone in site.zones.items():
        yield ZONE_PEOPLE, place_of_zone, zone.people
        if zone.per_m2 is not None:
            yield ZONE_DENSITY, place_of_zone, zone.per_m2


def _of_gallery(gallery: GalleryFigures) -> Iterator[_Sample]:
    recall = gallery.recall or Recall()
    yield GALLERY, (), gallery.faces
    yield INDEXED, (), float(gallery.recall is not None)
    yield SAMPLED, ("found",), recall.first
    yield SAMPLED, ("missed",), recall.samples - recall.first
    yield SAMPLED_IDENTITIES, ("found",), recall.found
    yield SAMPLED_IDENTITIES, ("missed",), recall.wanted - recall.found


def _of_deliveries(figures: Figures, now: datetime) -> Iterator[_Sample]:
    for kind, own in figures.deliveries.items():
        yield DELIVERIES, (kind, "delivered"), own.delivered
        yield DELIVERIES, (kind, "tried_again"), own.tried_again
        yield DELIVERIES, (kind, "set_aside"), own.set_aside
        yield DELIVERIES_WAITING, (kind,), own.waiting
        age_s = (now - own.waits_since).total_seconds() if own.waits_since else 0.0
        yield DELIVERY_AGE, (kind,), max(age_s, 0.0)


class _Collector(Collector):
    """What prometheus_client asks for its metrics."""

    def __init__(self, samples: list[_Sample]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        for family in FAMILIES:
            metric = _METRICS[family.kind](family.name, family.help, labels=family.labels)
            for own, labels, value in self._samples:
                if own is family:
                    metric.add_metric(labels, value)
            yield metric


_METRICS = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}
