"""What a run watched, as its run.json tells."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from genesis_ray.domain.tracking.track_sights import Recordings
from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

_RECORDINGS = "recordings"
_PLAYED = "played"


def to_summary(cameras: Iterable[CameraSettings]) -> dict[str, object]:
    """Return what an archive's run adds to run.json: the cameras of its segments.

    Their zones and the like are in the settings.
    """
    return {
        _RECORDINGS: [
            {
                "camera_id": camera.camera_id,
                "source": [*map(_from_anywhere, camera.sources)],
                "start": camera.start.isoformat() if camera.start else None,
            }
            for camera in cameras
        ]
    }


def told_apart(cameras: Iterable[CameraSettings]) -> dict[str, object]:
    """Return what a run adds to run.json for `recordings_of`."""
    return {_PLAYED: {camera_id: sorted(own) for camera_id, own in played(cameras).items()}}


def played(cameras: Iterable[CameraSettings]) -> Recordings:
    """Return the recordings that cameras play, each by a digest of where it lies."""
    return _by_camera(
        (camera.camera_id, [*map(_from_anywhere, camera.sources)])
        for camera in cameras
        if not camera.is_live
    )


def recordings_of(run: RunFolder) -> Recordings:
    """Return the recordings that a run watched; nothing where it does not tell.

    Runs of earlier versions tell where they are an archive's.
    """
    try:
        told: Any = run.summary()
    except (OSError, ValueError):
        return {}
    if segments := told.get(_RECORDINGS):
        return _by_camera((row["camera_id"], row["source"]) for row in segments)
    return {camera: frozenset(own) for camera, own in (told.get(_PLAYED) or {}).items()}


def _by_camera(found: Iterable[tuple[str, Sequence[str]]]) -> Recordings:
    recordings: defaultdict[str, set[str]] = defaultdict(set)
    for camera_id, sources in found:
        recordings[camera_id].add(sha256("\n".join(sources).encode()).hexdigest()[:16])
    return {camera_id: frozenset(own) for camera_id, own in recordings.items()}


class WatchedRun:
    """The settings and the recordings of an earlier run.

    Attributes:
        settings: As they were; no variable of the environment is asked.
    """

    def __init__(self, run: RunFolder) -> None:
        """Read a run's run.json.

        Raises:
            StoreError: It does not tell.
        """
        summary: Mapping[str, Any] = run.summary()
        try:
            self.settings: Settings = _as_they_were(summary["settings"])
            self._recordings = [self._camera(**row) for row in summary.get(_RECORDINGS, ())]
        except (LookupError, TypeError, ValidationError) as error:
            raise StoreError(
                f"{run.path}/run.json does not say with which settings the run was made; restore "
                f"it from a copy, else nothing of it can be watched again: drop the dead letter"
            ) from error

    def camera(self, camera_id: str, *, began_at: datetime | None = None) -> CameraSettings:
        """Return a camera that was watched; of several recordings the one that began then.

        Raises:
            NotFoundError: There was none.
        """
        own = [
            camera
            for camera in self._recordings or self.settings.cameras
            if camera.camera_id == camera_id
            and (not self._recordings or began_at in (None, camera.start))
        ]
        if not own:
            raise NotFoundError(f"run.json names no recording of camera {camera_id} to watch again")
        return own[0]

    def _camera(self, camera_id: str, source: list[str], start: datetime | None) -> CameraSettings:
        changed = {"camera_id": camera_id, "source": source, "start": start}
        configured = (c for c in self.settings.cameras if c.camera_id == camera_id)
        known = next(configured, None)
        return CameraSettings.model_validate({**(known.model_dump() if known else {}), **changed})


class _AsItWas(Settings):
    """Settings that only a run.json says."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let nothing win over what was given."""
        return (init_settings,)


def _as_they_were(told: Any) -> Settings:
    """Return the settings that a run.json tells, but for those that there are no more.

    Raises:
        TypeError: It tells none.
        ValidationError: A value cannot be one.
    """
    try:
        return _AsItWas(**told)
    except ValidationError as error:
        gone: list[Any] = [
            each["loc"] for each in error.errors() if each["type"] == "extra_forbidden"
        ]
        if not gone:
            raise
        known = deepcopy(told)
        for *path, name in gone:
            within: Any = known
            for step in path:  # the name of a kind of rule is no step
                within = within[step] if isinstance(within, list) or step in within else within
            within.pop(name, None)
        return _AsItWas(**known)


def _from_anywhere(source: str) -> str:
    """Return a file's path as it can be found from any folder."""
    path = Path(source).expanduser()
    return str(path.resolve()) if path.exists() else source
