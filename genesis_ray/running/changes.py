"""What a new configuration would change in a system that runs."""

from collections.abc import Collection
from dataclasses import dataclass

from genesis_ray.errors import ConfigurationError
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings

_AGAIN = "watched again"
"""What is different at a camera that was given up, and is set as it was."""


@dataclass(frozen=True, slots=True)
class ChangedCamera:
    """A camera that is set in another way.

    Attributes:
        fields: What differs.
    """

    before: CameraSettings
    after: CameraSettings
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """The cameras that come, go, and are set in another way."""

    added: tuple[CameraSettings, ...] = ()
    removed: tuple[CameraSettings, ...] = ()
    changed: tuple[ChangedCamera, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.added or self.removed or self.changed)

    def __str__(self) -> str:
        """Say what changes, in a line."""
        parts = [
            *(f"+{camera.camera_id}" for camera in self.added),
            *(f"-{camera.camera_id}" for camera in self.removed),
            *(f"{each.after.camera_id}: {', '.join(each.fields)}" for each in self.changed),
        ]
        return "; ".join(parts)

    @property
    def leaving(self) -> list[str]:
        """The cameras that stop being watched as they are."""
        return [
            *(camera.camera_id for camera in self.removed),
            *(camera.before.camera_id for camera in self.changed),
        ]

    @property
    def coming(self) -> list[CameraSettings]:
        """The cameras that begin to be watched."""
        return [*self.added, *(camera.after for camera in self.changed)]


def changes_between(
    before: Settings, after: Settings, *, given_up: Collection[str] = ()
) -> Changes:
    """Return what applying `after` to a system that runs with `before` would change.

    Cameras that were `given_up` are begun with again, also where they stay as they were.

    Raises:
        ConfigurationError: Something else than cameras differs, which only a restart changes;
            a camera is to be on another node; or no camera would be left.
    """
    others = [name for name in _differing(before, after) if name != "cameras"]
    if others:
        raise ConfigurationError(
            f"only cameras can be changed while the system runs, but {', '.join(others)} "
            f"would change too; leave that as it was, or stop the system and start it anew"
        )
    if not after.cameras:
        raise ConfigurationError("no camera would be left; stop the system instead")
    old = {camera.camera_id: camera for camera in before.cameras}
    new = {camera.camera_id: camera for camera in after.cameras}
    moved = [name for name in old.keys() & new.keys() if old[name].node != new[name].node]
    if moved:
        raise ConfigurationError(
            f"a camera cannot be moved to another node in one step: apply a configuration "
            f"without {', '.join(sorted(moved))} first"
        )
    return Changes(
        tuple(camera for name, camera in new.items() if name not in old),
        tuple(camera for name, camera in old.items() if name not in new),
        tuple(
            ChangedCamera(old[name], camera, tuple(fields))
            for name, camera in new.items()
            if name in old
            and (fields := _differing(old[name], camera) or [_AGAIN] * (name in given_up))
        ),
    )


def _differing(one: Settings | CameraSettings, other: Settings | CameraSettings) -> list[str]:
    """Return the names of the settings in which two differ."""
    return [name for name in type(one).model_fields if getattr(one, name) != getattr(other, name)]
