"""The live system as a service: it watches until its end, and changes while it does."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ray import serve
from ray.exceptions import ActorAlreadyExistsError, RayActorError, RayTaskError
from ray.serve.handle import DeploymentHandle

from genesis_ray.errors import ConfigurationError, GenesisError, NotFoundError
from genesis_ray.figures import Figures
from genesis_ray.live.alerts import FINISH_WITHIN_S, deliver_alerts
from genesis_ray.live.configuration import Configuration
from genesis_ray.live.keeping_inputs import keep_needed
from genesis_ray.live.spec import LiveSpec
from genesis_ray.live.supervisor import STOP_WITHIN_S, Supervisor
from genesis_ray.live.system_states import CONFIGURATION, GOES_ON_WITHIN, SystemStates
from genesis_ray.running.alerting.delivery import Delivery
from genesis_ray.running.changes import Changes
from genesis_ray.running.dating import dated
from genesis_ray.running.live_run import open_live_run
from genesis_ray.running.live_state import LiveState
from genesis_ray.running.recordings import told_apart
from genesis_ray.running.result import summary
from genesis_ray.running.templates.gallery_in_use import as_it_runs
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.serving import detector, embedder
from genesis_ray.serving.needed_inputs import NeededInputs
from genesis_ray.serving.reasons import reason_in
from genesis_ray.settings import Settings
from genesis_ray.store.keys.template_keys import KeyRef

_MODELS = (detector.NAME, embedder.NAME)

_LOOK_AGAIN_S = 0.5
"""Between two looks at what is starting or ending."""


class Live:
    """Watches the cameras from its start to the end of their sources: a Serve deployment."""

    def __init__(
        self,
        settings: Settings,
        realtime: bool,
        life: bytes,
        template_key: KeyRef,
        needed: NeededInputs,
        *_models: DeploymentHandle,  # naming them makes Serve deploy them
    ) -> None:
        self._settings = settings
        self._configuration: Configuration | None = None
        self._realtime = self._goes_by_clock = realtime
        self._life = life
        self._template_key = template_key
        self._needed = needed
        self._app = serve.get_replica_context().app_name
        self._supervisor: Supervisor | None = None
        self._delivery: Delivery | None = None
        self._last = Figures()
        self._changing = asyncio.Lock()
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
        async with self._changing:
            return await self._apply(settings, dry_run=dry_run)

    async def put_camera(self, camera: CameraSettings, *, dry_run: bool = False) -> Changes:
        """Add a camera, or change the one of its name, as `apply` does."""
        async with self._changing:
            _, configuration = self._at_work()
            before = configuration.current.cameras
            names = [each.camera_id for each in before]
            after = [camera if each.camera_id == camera.camera_id else each for each in before]
            after += [camera] if camera.camera_id not in names else []
            return await self._apply(_with_cameras(configuration.current, after), dry_run=dry_run)

    async def remove_camera(self, camera_id: str, *, dry_run: bool = False) -> Changes:
        """Take a camera off, as `apply` does.

        Raises:
            NotFoundError: There is none of that name.
        """
        async with self._changing:
            _, configuration = self._at_work()
            before = configuration.current.cameras
            after = [each for each in before if each.camera_id != camera_id]
            if len(after) == len(before):
                names = ", ".join(each.camera_id for each in before)
                raise NotFoundError(f"no camera {camera_id!r}; there are {names}")
            return await self._apply(_with_cameras(configuration.current, after), dry_run=dry_run)

    async def go_back(self, *, dry_run: bool = False) -> Changes:
        """Apply the configuration that was in force before, as `apply` does.

        Raises:
            ConfigurationError: There was none.
        """
        async with self._changing:
            supervisor, configuration = self._at_work()
            earlier = self._dated(configuration.earlier(), supervisor.settings)
            if dry_run:
                return supervisor.changes_to(earlier)
            changes = await supervisor.apply(earlier)
            configuration.go_back()
            return changes

    async def _apply(self, settings: Settings, *, dry_run: bool) -> Changes:
        supervisor, configuration = self._at_work()
        settings = as_it_runs(settings, supervisor.settings)
        wanted = self._dated(settings, supervisor.settings)
        if dry_run:
            return supervisor.changes_to(wanted)
        changes = await supervisor.apply(wanted)
        if changes:
            configuration.adopt(settings)
        return changes

    async def state(self) -> LiveState:
        """Return how the system is."""
        replicas = await self._replicas()
        missing = _not_up(replicas)
        error = self._error()
        failure = _reason(error) if error else None
        supervisor = self._supervisor
        if supervisor and not failure:
            deliveries = self._delivery.figures() if self._delivery else {}
            self._last = replace(await supervisor.figures(), deliveries=deliveries)
            missing += supervisor.waits_for()
        elif not failure:
            missing.append("the cameras are not watched yet")
        return LiveState(
            missing=tuple(missing),
            is_open=bool(supervisor and supervisor.is_open),
            failure=failure,
            figures=replace(self._last, replicas=replicas),
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

    async def end(self) -> None:
        """Finish what is under way, and watch no more."""
        if self._supervisor:
            await self._supervisor.shut_down(within_s=STOP_WITHIN_S)
        await asyncio.wait([self._watching], timeout=FINISH_WITHIN_S + _LOOK_AGAIN_S)

    async def __del__(self) -> None:
        """Do so, as models may end at the same time; Serve waits for it."""
        await self.end()
        self._watching.cancel()

    async def _watch(self) -> None:
        begun_at = time.time()
        while _not_up(await self._replicas()):
            await asyncio.sleep(_LOOK_AGAIN_S)
        run = open_live_run(self._settings)
        states = await asyncio.to_thread(
            SystemStates,
            run,
            self._template_key,
            self._settings,
            life=self._life,
            within=GOES_ON_WITHIN if self._is_realtime(self._settings) else None,
        )
        folder = run.state / CONFIGURATION
        configuration = self._configuration = Configuration(self._settings, folder, states.key)
        settings = configuration.current
        self._goes_by_clock = self._is_realtime(settings)
        run.write_summary(summary(settings, None) | told_apart(settings.cameras))
        supervisor = self._supervisor = await _start(
            LiveSpec(
                settings=settings,
                run=run.path,
                realtime=self._goes_by_clock,
                dates_recordings=self._goes_by_clock,
                detector_app=self._app,
                embedder_app=self._app,
                template_key=self._template_key,
                key=states.key,
            ),
            is_resumed=configuration.is_resumed,
        )
        beside = [
            asyncio.create_task(deliver_alerts(settings, run, on_open=self._is_delivered_by)),
            asyncio.create_task(keep_needed(self._needed, run, lambda: supervisor.settings)),
        ]
        try:
            result = await supervisor.run(begun_at)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
        configuration.clear()
        states.clear()
        run.write_summary(summary(supervisor.settings, result))

    def _is_realtime(self, settings: Settings) -> bool:
        return self._realtime or settings.has_live_cameras

    def _is_delivered_by(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def _at_work(self) -> tuple[Supervisor, Configuration]:
        supervisor, configuration = self._supervisor, self._configuration
        if supervisor is None or configuration is None or self._watching.done():
            raise ConfigurationError(
                "the system watches nothing at the moment: it is starting, or its cameras have "
                "ended; start it with the configuration that you want"
            )
        if not supervisor.is_open:
            raise ConfigurationError(
                f"not all cameras are watched yet ({'; '.join(supervisor.waits_for())}); "
                f"try again when they are"
            )
        return supervisor, configuration

    def _dated(self, settings: Settings, before: Settings) -> Settings:
        """Return settings in which recordings that come beside those of `before` are dated."""
        if not self._goes_by_clock:
            return settings
        known = {camera.camera_id: camera.start for camera in before.cameras}
        return dated(settings, now=datetime.now(UTC), known=known)

    async def _replicas(self) -> dict[str, int]:
        """Return how many replicas of each model are up."""
        status = (await asyncio.to_thread(serve.status)).applications.get(self._app)
        deployments = status.deployments if status else {}
        return {
            name: deployments[name].replica_states.get("RUNNING", 0) if name in deployments else 0
            for name in _MODELS
        }

    def _error(self) -> BaseException | None:
        """Return what ended the watching before its time."""
        watching = self._watching
        return watching.exception() if watching.done() and not watching.cancelled() else None


def _not_up(replicas: Mapping[str, int]) -> list[str]:
    return [f"no replica of the {name} is up" for name, count in replicas.items() if not count]


async def _start(spec: LiveSpec, *, is_resumed: bool) -> Supervisor:
    """Start the actors, once those of a predecessor that is ending have given up their names."""
    while True:
        try:
            return Supervisor(spec, is_resumed=is_resumed)
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


def _with_cameras(settings: Settings, cameras: Sequence[CameraSettings]) -> Settings:
    """Return settings with other cameras.

    Raises:
        ConfigurationError: They do not fit to the rest.
    """
    changed = settings.model_copy(update={"cameras": tuple(cameras)})
    if found := changed.contradictions():
        raise ConfigurationError("; ".join(found))
    return changed
