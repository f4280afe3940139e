"""Deploying model replicas, and saying why they do not come up."""

from collections.abc import Iterable, Mapping

from ray import serve
from ray.serve import Application, RunTarget

from genesis_ray.errors import GenesisError
from genesis_ray.serving.reasons import reason_in


def deploy(applications: Mapping[str, Application]) -> None:
    """Deploy applications, by name, side by side, and wait until all are up.

    Raises:
        GenesisError: One does not come up, for instance because of its model's files.
    """
    try:
        serve.run_many([RunTarget(app, name, None) for name, app in applications.items()])
    except RuntimeError as error:
        raise GenesisError(why_not_up(applications) or str(error)) from error


def why_not_up(names: Iterable[str]) -> str | None:
    """Return why a deployment of these applications is not up; None where all are."""
    status = serve.status().applications
    reasons = (
        f"the {deployment} cannot start: {reason_in(its.message)}"
        for name in names
        if name in status
        for deployment, its in status[name].deployments.items()
        if its.message and its.status != "HEALTHY"
    )
    return next(reasons, None)
