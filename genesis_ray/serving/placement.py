"""Where model replicas run."""

import ray

_GPU_SHARE = 0.25
"""Four replicas of small models share a GPU: one alone does not fill it."""


def gpus_a_replica(wanted: float | None) -> float:
    """Return the share of a GPU a replica takes: what is set, else a part of what there is."""
    if wanted is not None:
        return wanted
    return _GPU_SHARE if ray.cluster_resources().get("GPU", 0) > 0 else 0.0
