"""Talking to a live system from another process."""

import os
from typing import Any

import ray
from ray import serve
from ray.exceptions import RayTaskError
from ray.serve.exceptions import RayServeException

from genesis_ray.errors import GenesisError
from genesis_ray.running.changes import Changes
from genesis_ray.serving import cluster
from genesis_ray.settings import Settings

LIVE = "live"
"""The deployment that watches."""

_ANSWERS_WITHIN_S = 120.0
"""Sources are opened meanwhile, and what cameras have under way is finished."""


class RemoteSystem:
    """The live system that `serve run` or `serve deploy` started on a cluster."""

    def __init__(self, *, app: str = "default") -> None:
        """Connect to the cluster that RAY_ADDRESS names, else to one on this machine.

        Raises:
            GenesisError: There is none, or no such application on it.
        """
        os.environ.setdefault("RAY_ADDRESS", "auto")
        cluster.start()
        try:
            self._live = serve.get_deployment_handle(LIVE, app)
        except RayServeException as error:
            raise GenesisError(
                f"no application {app!r} with a live system runs on this cluster; start it with "
                f"`serve run genesis_ray.app:build config=FILE`, or name it with --app"
            ) from error

    def apply(self, settings: Settings, *, dry_run: bool) -> Changes:
        """Change the cameras to those of the settings; see `app.Live.apply`."""
        changes: Changes = self._ask("apply", settings, dry_run=dry_run)
        return changes

    def go_back(self, *, dry_run: bool) -> Changes:
        """Change the cameras back to those before the last change."""
        changes: Changes = self._ask("go_back", dry_run=dry_run)
        return changes

    def close(self) -> None:
        """Disconnect."""
        ray.shutdown()

    def _ask(self, method: str, *arguments: object, **options: object) -> Any:
        request = getattr(self._live, method).remote(*arguments, **options)
        try:
            return request.result(timeout_s=_ANSWERS_WITHIN_S)
        except RayTaskError as error:
            if isinstance(error.cause, GenesisError):
                raise error.cause from None
            raise
