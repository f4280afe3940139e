"""The composition root: `serve run genesis_ray.app:build config=deployments/config/dev.yaml`.

One Serve application of four deployments: `api` answers, `live` owns the actors that watch the
cameras, `detector` and `embedder` do the model work. `live` is a deployment, where a detached
actor would have done, because then Serve ties its life to the application's: it survives a
crash of the API, is started again when it dies itself, and ends with the application, and with
it the actors that it made.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from click import ClickException
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, ValidationError
from ray import serve
from ray.exceptions import ActorAlreadyExistsError, RayActorError, RayTaskError
from ray.serve import Application
from ray.serve.handle import DeploymentHandle

from genesis_ray import settings_file
from genesis_ray.api.app import create_app
from genesis_ray.api.backends import Backends, LiveState
from genesis_ray.api.feed import PolledFeed
from genesis_ray.errors import ConfigurationError, GenesisError
from genesis_ray.live.configuration import Configuration
from genesis_ray.live.remote import LIVE
from genesis_ray.live.spec import LiveSpec
from genesis_ray.live.supervisor import Supervisor
from genesis_ray.running.changes import Changes, changes_between
from genesis_ray.running.identities import identity_folder
from genesis_ray.running.result import summary
from genesis_ray.serving import detector, embedder
from genesis_ray.serving.deploy import reason_in
from genesis_ray.settings import Settings
from genesis_ray.store.people import People, Person
from genesis_ray.store.reader import RunTables
from genesis_ray.store.run_folder import RunFolder
from genesis_ray.store.state_log import new_key
from genesis_ray.telemetry import Figures

API = "api"

_MODELS = (detector.NAME, embedder.NAME)

_CPUS_A_REPLICA = 0.1
"""A reservation for placing; neither replica computes much."""

_HEAD = "node:__internal_head__"
_A_LITTLE = 0.001
"""Of the resource that Ray gives the head node alone."""

_MOST_REQUESTS = 100
"""At once; more wait. Serve's own limit of five is meant for models."""

_STOP_WITHIN_S = 12.0
"""After which cameras are cut off; with the closing of the log it stays below 15 s, and below the
20 s that Serve waits."""

_LOOK_AGAIN_S = 0.5
"""Between two looks at what is starting or ending."""


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

    Raises:
        ConfigurationError: An argument or a setting is wrong.
    """
    # Ray is started by whoever called: nothing of a customer's cameras is told to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        arguments = _checked(args)
        settings = _settings(arguments)
    except ConfigurationError as error:
        raise _RefusedError(str(error)) from None
    live = serve.deployment(Live).options(
        name=LIVE,
        # With the data folder, which the actors that it starts write to, on the head node.
        ray_actor_options={"num_cpus": _CPUS_A_REPLICA, "resources": {_HEAD: _A_LITTLE}},
        logging_config={"enable_access_log": False},  # it is asked for its state every second
    )
    system = live.bind(
        settings,
        arguments.realtime,
        new_key(),  # one for all lives of the replica: where one was killed the next goes on
        detector.bind(settings.detector),
        embedder.bind(settings.faces),
    )
    api = serve.deployment(serve.ingress()(Api)).options(
        name=API,
        ray_actor_options={"num_cpus": _CPUS_A_REPLICA},
        max_ongoing_requests=_MOST_REQUESTS,
    )
    return api.bind(settings, system)


class _RefusedError(ConfigurationError, ClickException):
    """A wrong configuration, which `serve run`, a Click command, shows without a traceback."""

    exit_code = 2


def open_log(settings: Settings) -> RunFolder:
    """Return the live system's run: the one that its data folder has, else a new one.

    Raises:
        StoreError: It cannot be written, or another schema version wrote it.
    """
    path = _run_path(settings)
    return RunFolder.open(path) if (path / "run.json").exists() else RunFolder.create(path)


class Live:
    """Watches the cameras from its start to the end of their sources."""

    def __init__(
        self,
        settings: Settings,
        realtime: bool,
        key: bytes,
        *_models: DeploymentHandle,  # naming them makes Serve deploy them
    ) -> None:
        self._settings = settings
        self._configuration: Configuration | None = None
        self._realtime = realtime
        self._key = key
        self._app = serve.get_replica_context().app_name
        self._supervisor: Supervisor | None = None
        self._is_open = False
        self._last = Figures()
        self._watching = asyncio.create_task(self._watch())

    async def apply(self, settings: Settings, *, dry_run: bool = False) -> Changes:
        """Add, change and take off cameras while the others go on; return what changes.

        Args:
            settings: Of which the cameras may differ from those of now.
            dry_run: Change nothing.

        Raises:
            ConfigurationError: Something else differs, or the system is not watching.
            GenesisError: A source cannot be opened. Nothing has been changed then.
        """
        supervisor, configuration = self._at_work()
        dated = self._dated(settings, supervisor.settings)
        if dry_run:
            return changes_between(supervisor.settings, dated)
        changes = await supervisor.apply(dated)
        if changes:
            configuration.adopt(settings)
        return changes

    async def go_back(self, *, dry_run: bool = False) -> Changes:
        """Apply the configuration that was in force before, as `apply` does.

        Raises:
            ConfigurationError: There was none.
        """
        supervisor, configuration = self._at_work()
        dated = self._dated(configuration.earlier(), supervisor.settings)
        if dry_run:
            return changes_between(supervisor.settings, dated)
        changes = await supervisor.apply(dated)
        configuration.go_back()
        return changes

    async def state(self) -> LiveState:
        """Return how the system is."""
        missing = list(await self._models_not_up())
        error = self._error()
        failure = _reason(error) if error else None
        if self._supervisor and self._is_open and not failure:
            self._last = await self._supervisor.figures()
        elif not failure:
            missing.append("sources are being opened")
        return LiveState(
            missing=tuple(missing),
            is_open=self._is_open,
            failure=failure,
            figures=self._last,
            cameras=self._configuration.current.cameras if self._configuration else None,
        )

    def check_health(self) -> None:
        """Have Serve start all anew when an actor died; it asks now and then.

        Raises:
            GenesisError: One died. What a new start would not mend, a missing file for instance,
                raises nothing.
        """
        error = self._error()
        if isinstance(error, RayActorError) and not error.actor_init_failed:
            raise GenesisError(_reason(error))

    async def __del__(self) -> None:
        """Finish what is under way; Serve waits for it when the deployment is to end."""
        if self._supervisor:
            await self._supervisor.shut_down(within_s=_STOP_WITHIN_S)
        self._watching.cancel()

    async def _watch(self) -> None:
        begun_at = time.time()
        while await self._models_not_up():
            await asyncio.sleep(_LOOK_AGAIN_S)
        run = open_log(self._settings)
        folder = run.state / "configuration"
        configuration = self._configuration = Configuration(self._settings, folder, self._key)
        settings = self._dated(configuration.current)
        run.write_summary(summary(settings, None))
        self._supervisor = await _start(
            LiveSpec(
                settings=settings,
                run=run.path,
                realtime=self._realtime or settings.has_live_cameras,
                detector_app=self._app,
                embedder_app=self._app,
                key=self._key,
            )
        )
        await self._supervisor.ready()
        self._is_open = True
        result = await self._supervisor.run(begun_at)
        configuration.clear()
        run.write_summary(summary(self._supervisor.settings, result))

    def _at_work(self) -> tuple[Supervisor, Configuration]:
        is_at_work = self._is_open and not self._watching.done()
        if self._supervisor is None or self._configuration is None or not is_at_work:
            raise ConfigurationError(
                "the system watches nothing at the moment: it is starting, or its cameras have "
                "ended; start it with the configuration that you want"
            )
        return self._supervisor, self._configuration

    def _dated(self, settings: Settings, before: Settings | None = None) -> Settings:
        """Return settings in which recordings, where they play like cameras, begin now.

        Those that play already, as `before` has them, go on.
        """
        if not self._realtime:
            return settings
        known = {camera.camera_id: camera.start for camera in before.cameras} if before else {}
        cameras = tuple(
            camera.model_copy(update={"start": known.get(camera.camera_id, camera.start)})
            for camera in settings.cameras
        )
        dated = settings.model_copy(update={"cameras": cameras})
        return dated.with_start(datetime.now(UTC))

    async def _models_not_up(self) -> list[str]:
        status = (await asyncio.to_thread(serve.status)).applications.get(self._app)
        deployments = status.deployments if status else {}
        return [
            f"no replica of the {name} is up"
            for name in _MODELS
            if name not in deployments or not deployments[name].replica_states.get("RUNNING")
        ]

    def _error(self) -> BaseException | None:
        """Return what ended the watching before its time."""
        watching = self._watching
        return watching.exception() if watching.done() and not watching.cancelled() else None


class Api:
    """The HTTP API, in a process of its own."""

    def __init__(self, settings: Settings, live: DeploymentHandle) -> None:
        self._settings = settings
        self._feed = PolledFeed(live.state.remote)
        self._polling = asyncio.create_task(self._feed.poll())

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Return the application that answers; Serve calls this once."""
        settings = self._settings
        backends = Backends(
            configured=settings.cameras,
            feed=self._feed,
            events=RunTables(_run_path(settings) / "events", settings.tenant_id),
            people=self._people,
        )
        return create_app(backends, echo_request_id=False)

    def _people(self) -> Sequence[Person]:
        return People(identity_folder(self._settings)).everyone()


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
    return settings.model_copy(update={"data_dir": settings.data_dir.resolve()})


def _run_path(settings: Settings) -> Path:
    return settings.data_dir / "run"


async def _start(spec: LiveSpec) -> Supervisor:
    """Start the actors, once those of a predecessor that is ending have given up their names."""
    while True:
        try:
            return Supervisor(spec)
        except ActorAlreadyExistsError:
            await asyncio.sleep(_LOOK_AGAIN_S)


def _reason(error: BaseException) -> str:
    """Return why something failed, without the traceback that Ray adds."""
    if isinstance(error, RayTaskError):
        return _reason(error.cause)
    if isinstance(error, GenesisError):
        return str(error)
    if isinstance(error, RayActorError) and not error.actor_init_failed:
        return "a process that watches cameras or keeps their log died; Ray's logs say of what"
    return reason_in(str(error)) or type(error).__name__  # of an actor's: what its making raised
