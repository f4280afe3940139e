"""The Prometheus text of what a live system counts.

There is one way for each kind of process. Actors and replicas count in plain fields that they
return when asked; the supervisor adds them up, and the API renders the sum at /metrics. So one
address has the figures of the whole system wherever its actors run, and nothing below the API
knows of Prometheus. Ray and Serve tell of their own processes (queues, replicas, object store)
through Ray's metrics agent; ours are not sent there as well, or they would be counted twice.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from genesis_ray.domain.recognition.topology import Refusal
from genesis_ray.figures import Figures, GalleryFigures
from genesis_ray.metric_families import (
    CAMERA_ACTIVE,
    CAMERA_STATE,
    CLOCK_OFFSET,
    DEAD_LETTERS,
    DELIVERIES,
    DELIVERIES_WAITING,
    DELIVERY_AGE,
    DETECTOR_ON_PROCESSOR,
    DETECTOR_OUT_OF_MEMORY,
    DRIFTING,
    DROPS,
    EMBEDDER_ON_PROCESSOR,
    EMBEDDER_OUT_OF_MEMORY,
    EVENTS,
    FALSE_MERGES,
    FAMILIES,
    FRAMES,
    GALLERY,
    INFO,
    LATE,
    LATENCY,
    LINE_PASSAGES,
    LINE_PEOPLE,
    MATCH_SIMILARITY,
    PLACED,
    READY,
    REJECTIONS,
    REPLICAS,
    SAMPLED,
    SAMPLED_IDENTITIES,
    SKETCHED,
    STAGES,
    SYSTEM,
    WAITING,
    WAITS_FOR_ROOM,
    ZONE_DENSITY,
    ZONE_PEOPLE,
    Family,
)
from genesis_ray.pipeline.counting import SiteCounts
from genesis_ray.running.result import CameraProgress
from genesis_ray.store.galleries.recall import Recall

CONTENT_TYPE = CONTENT_TYPE_LATEST


_KNOWN_TO_FAIL = (
    ("frame", "detect"),
    ("frame", "embed"),
    ("frame", "resolver"),
    ("frame", "journal"),
    ("recording", "decode"),
    ("recording", "watch"),
)
"""Told from the start, as 0: Prometheus sees no growth in a counter that begins with its first."""

_KEEPERS = ("journal", "resolver")
"""Who keeps something on a disk."""

_OF_MODELS = {
    "detector": (DETECTOR_OUT_OF_MEMORY, DETECTOR_ON_PROCESSOR),
    "embedder": (EMBEDDER_OUT_OF_MEMORY, EMBEDDER_ON_PROCESSOR),
}

_Sample = tuple[Family, tuple[str, ...], float]


def render(figures: Figures, *, is_ready: bool) -> bytes:
    """Return the figures in Prometheus text format, for CONTENT_TYPE."""
    return generate_latest(_Collector([*_samples(figures), (READY, (), float(is_ready))]))


def _samples(figures: Figures) -> Iterator[_Sample]:
    yield INFO, (version("genesis-ray"),), 1
    for camera in figures.cameras:
        yield CAMERA_ACTIVE, (camera.camera_id,), float(_gives_frames(camera))
        if camera.state and not camera.is_done:
            yield CAMERA_STATE, (camera.camera_id, camera.state, camera.reason), 1
        if camera.clock_offset_s is not None and not camera.is_done:
            yield CLOCK_OFFSET, (camera.camera_id,), camera.clock_offset_s
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
    for keeper in _KEEPERS:
        yield WAITS_FOR_ROOM, (keeper,), float(keeper in figures.full_disks)
    yield LATE, (), figures.late
    for camera_id, level in figures.match_levels.items():
        yield MATCH_SIMILARITY, (camera_id,), level.mean
        yield DRIFTING, (camera_id,), float(level.is_drifting)
    for unit_and_stage, count in {**dict.fromkeys(_KNOWN_TO_FAIL, 0), **figures.set_aside}.items():
        yield DEAD_LETTERS, unit_and_stage, count
    for reason, count in {**dict.fromkeys(get_args(Refusal), 0), **figures.rejections}.items():
        yield REJECTIONS, (reason,), count
    yield FALSE_MERGES, (), figures.false_merges
    for model, count in figures.replicas.items():
        yield REPLICAS, (model,), count
    for (model, replica), memory in figures.memory.items():
        out_of_memory, on_processor = _OF_MODELS[model]
        yield out_of_memory, (replica,), memory.out_of_memory
        yield on_processor, (replica,), float(memory.on_processor)
    if figures.site:
        yield from _of_site(figures.site)
    if figures.gallery:
        yield from _of_gallery(figures.gallery)
    yield from _of_deliveries(figures, datetime.now(UTC))


def _gives_frames(camera: CameraProgress) -> bool:
    return bool(camera.frames) and not (camera.is_done or camera.is_away)


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
    yield SKETCHED, (), float(gallery.recall is not None)
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
