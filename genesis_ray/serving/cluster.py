"""The Ray cluster: one that is there, or one of our own on this machine."""

import os

import ray

NAMESPACE = "genesis"

_OBJECT_STORE_BYTES = 256 * 1024 * 1024
"""The stacks under way fit in it many times over; Ray's default is a third of the memory."""


def start() -> None:
    """Connect to the cluster that RAY_ADDRESS names, or start one on this machine."""
    # Nothing of a customer's cameras is told to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if os.environ.get("RAY_ADDRESS"):
        ray.init(namespace=NAMESPACE, log_to_driver=False, logging_level="ERROR")
        return
    ray.init(
        namespace=NAMESPACE,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=_OBJECT_STORE_BYTES,
    )
