"""Where model replicas run."""

from pathlib import Path

import ray

from genesis_ray.sections.models import ReplicaSettings

HEALTH_CHECK_PERIOD_S = 2.0
"""How soon Serve sees that a replica died; its own ten seconds are most of a recovery."""

_GPU_SHARE = 0.25
"""Four replicas of small models share a GPU: one alone does not fill it."""


def gpus_a_replica(wanted: float | None) -> float:
    """Return the share of a GPU a replica takes: what is set, else a part of what there is."""
    if wanted is not None:
        return wanted
    return _GPU_SHARE if _has_gpu() else 0.0


def autoscaling(settings: ReplicaSettings, *, requests_a_replica: int) -> dict[str, float]:
    """Return what Serve is told of how many replicas there are to be."""
    window_s = max(1.0, settings.upscale_delay_s)
    return {
        "min_replicas": settings.min_replicas,
        "max_replicas": settings.max_replicas,
        "target_ongoing_requests": requests_a_replica,
        "upscale_delay_s": settings.upscale_delay_s,
        "downscale_delay_s": settings.downscale_delay_s,
        # An average over longer than the delay would be one more delay.
        "look_back_period_s": window_s,
        "metrics_interval_s": window_s / 2,
    }


def own_gpu_share() -> float:
    """Return how much of a GPU Ray has given to the actor or replica that asks."""
    return float(ray.get_runtime_context().get_assigned_resources().get("GPU", 0.0))


def _has_gpu() -> bool:
    """Tell whether the cluster has a GPU; before there is one, whether this machine does.

    `serve run` builds an application first and starts Ray on this machine after.
    """
    if ray.is_initialized():
        return bool(ray.cluster_resources().get("GPU", 0) > 0)
    return any(Path("/dev").glob("nvidia[0-9]*"))
