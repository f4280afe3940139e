"""The composition root: `serve run genesis_ray.app:build config=deployments/config/dev.yaml`.

One Serve application of four deployments: `api` answers, `live` owns the actors that watch the
cameras, `detector` and `embedder` do the model work. `live` is a deployment, where a detached
actor would have done, because then Serve ties its life to the application's: it survives a
crash of the API, is started again when it dies itself, and ends with the application, and with
it the actors that it made.
"""

import asyncio
import logging
import os
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import ray
from click import ClickException, get_current_context
from pydantic import BaseModel, ConfigDict, ValidationError
from ray import serve
from ray.serve import Application
from ray.serve.handle import DeploymentHandle

from genesis_ray import settings_file
from genesis_ray.api.backends import Backends
from genesis_ray.api.feed import PolledFeed
from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.live.camera_changes import LiveCameras
from genesis_ray.live.remote import LIVE
from genesis_ray.live.service import Live
from genesis_ray.running.detector_inputs import inputs_of
from genesis_ray.running.live_run import live_run_path
from genesis_ray.running.templates.gallery_in_use import overruled, with_gallery_in_use
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.serving import detector, embedder
from genesis_ray.serving.needed_inputs import NeededInputs
from genesis_ray.serving.photo_faces import ServedPhotoFaces
from genesis_ray.serving.placement import HEALTH_CHECK_PERIOD_S
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import new_key

if TYPE_CHECKING:
    from fastapi import FastAPI

API = "api"

_log = logging.getLogger(__name__)

_CPUS_A_REPLICA = 0.1
"""A reservation for placing; neither replica computes much."""

_HEAD = "node:__internal_head__"
_A_LITTLE = 0.001
"""Of the resource that Ray gives the head node alone."""

_BY_THE_DATA = {"num_cpus": _CPUS_A_REPLICA, "resources": {_HEAD: _A_LITTLE}}
"""On the head node, where the data folder is: one has it written, the other reads it."""

_MOST_REQUESTS = 100
"""At once; more wait. Serve's own limit of five is meant for models."""


class Arguments(BaseModel):
    """What `serve run` or a Serve configuration may say.

    Attributes:
        config: The YAML file of settings; seen from the folder of whoever builds.
        realtime: Whether recordings play like live cameras: at their own pace, dated now, and
            with frames dropped where the models cannot keep up.
    """

    model_config = ConfigDict(extra="forbid")

    config: Path
    realtime: bool = True


def build(args: dict[str, object]) -> Application:
    """Return the whole system as a Serve application; nothing is started.

    A tenant's first template key is made here.

    Raises:
        ConfigurationError: An argument or a setting is wrong, or the template key is lost.
    """
    _end_with_serve_run()
    # Ray is started by whoever called: nothing of a customer's cameras is told to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        arguments = _checked(args)
        settings = _settings(arguments)
        template_key = tenant_keys(settings).ref
    except (ConfigurationError, StoreError) as error:
        raise _RefusedError(str(error)) from None
    live = serve.deployment(Live).options(
        name=LIVE,
        health_check_period_s=HEALTH_CHECK_PERIOD_S,
        ray_actor_options=_BY_THE_DATA,
        logging_config={"enable_access_log": False},  # it is asked for its state every second
    )
    faces = embedder.bind(settings.faces, template_key)
    needed = NeededInputs(frozenset(inputs_of(settings, RunFolder(live_run_path(settings)))))
    system = live.bind(
        settings,
        arguments.realtime,
        new_key(),  # one for all lives of the replica: where one was killed the next goes on
        template_key,
        needed,
        detector.bind(settings.detector, needed),
        faces,
    )
    api = serve.deployment(serve.ingress()(Api)).options(
        name=API,
        health_check_period_s=HEALTH_CHECK_PERIOD_S,
        ray_actor_options=_BY_THE_DATA,
        max_ongoing_requests=_MOST_REQUESTS,
    )
    return api.bind(settings, system, faces)


def _end_with_serve_run() -> None:
    """Have `serve run`, where this is it, end at SIGTERM as at Ctrl-C, which alone it heeds itself.

    Ray would only take its processes down then, those that watch and keep among them.
    """
    command = get_current_context(silent=True)
    if command and command.command.name == "run" and command.params.get("blocking"):
        command.call_on_close(_end_gently)


def _end_gently() -> None:
    signal.alarm(0)  # Ray's, that aborts the process three seconds after SIGTERM
    if ray.is_initialized():
        serve.shutdown()  # where that was done, it does nothing


class _RefusedError(ConfigurationError, ClickException):
    """A wrong configuration, which `serve run`, a Click command, shows without a traceback."""

    exit_code = 2


class Api:
    """The HTTP API, in a process of its own: whoever deploys it does without its libraries."""

    def __init__(
        self,
        settings: Settings,
        live: DeploymentHandle,
        faces: DeploymentHandle,
    ) -> None:
        self._settings = settings
        self._look = partial(ServedPhotoFaces, faces)
        self._cameras = LiveCameras(live)
        self._feed = PolledFeed(live.state.remote)
        self._polling = asyncio.create_task(self._feed.poll())

    def __serve_build_asgi_app__(self) -> "FastAPI":
        """Return the application that answers; Serve calls this once."""
        from genesis_ray.api.app import create_app
        from genesis_ray.running.enrolling.photo_search import SearchInUse
        from genesis_ray.running.questions.event_pages import EventPages
        from genesis_ray.running.questions.history import present_tables

        settings = self._settings
        events = live_run_path(settings) / "events"
        backends = Backends(
            started_with=settings,
            feed=self._feed,
            camera_changes=self._cameras,
            events=present_tables(events, settings, settings.tenant_id),
            event_page=EventPages(events, settings),
            look=self._look,
            search=SearchInUse(settings, self._look),
        )
        return create_app(backends, echo_request_id=False)


def _checked(args: dict[str, object]) -> Arguments:
    try:
        return Arguments.model_validate(args)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise ConfigurationError(
            f"argument {wrong['loc'][0]!r}: {wrong['msg']}; expected config=FILE, and perhaps "
            f"realtime=false to play recordings as fast as can be"
        ) from None


def _settings(arguments: Arguments) -> Settings:
    settings = settings_file.load(arguments.config)
    if not settings.cameras:
        raise ConfigurationError(f"{arguments.config}: nothing to watch; name at least one camera")
    settings = settings.model_copy(update={"data_dir": settings.data_dir.resolve()})
    if told := overruled(settings):
        _log.warning(told)
    return with_gallery_in_use(settings)
