"""Zones, lines and masks in the configuration file: drawn, drawn anew, and removed.

The rest of the file stays as it is, its comments too. What comes out is read again: it has to say
what it said, and the change, and to be a configuration that works. Then it takes the file's place
in one step.
"""

import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from genesis_ray import settings_file
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.zones.yaml_text import with_item, with_value, without_item
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.zones import Corner
from genesis_ray.settings import Settings
from genesis_ray.store.disk import write_file

Kind = Literal["zone", "line", "mask"]
KINDS: tuple[Kind, ...] = ("zone", "line", "mask")

_DIGITS = 4
"""Behind the point, of a fraction of the picture: a third of a pixel of 4K."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A place in a camera's picture as it was drawn.

    Attributes:
        kind: What it is.
        place_id: Its name.
        corners: Of its outline, or the two ends of a line: fractions of width and height.
        more: Further settings, for one that is new.
    """

    kind: Kind
    place_id: str
    corners: tuple[Corner, ...]
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> tuple[Kind, str]:
        """By which it is told from the camera's other places."""
        return self.kind, self.place_id

    @property
    def shape(self) -> dict[str, list[Any]]:
        """The settings that say where it is.

        Raises:
            ConfigurationError: It is a line and has not two ends.
        """
        corners = [[round(float(x), _DIGITS), round(float(y), _DIGITS)] for x, y in self.corners]
        if self.kind != "line":
            return {"outline": corners}
        if len(corners) != 2:
            raise ConfigurationError(
                f"line {self.place_id}: expected its two ends, got {len(corners)} points"
            )
        return {"start": corners[0], "end": corners[1]}


def drawn_of(camera: CameraSettings) -> list[Drawn]:
    """Return the places that a camera has."""
    return [
        *(Drawn("zone", zone.zone_id, zone.outline) for zone in camera.zones),
        *(Drawn("line", line.line_id, (line.start, line.end)) for line in camera.lines),
        *(Drawn("mask", mask.mask_id, mask.outline) for mask in camera.masks),
    ]


def camera_named(settings: Settings, camera_id: str | None) -> CameraSettings:
    """Return a camera; None means the only one.

    Raises:
        NotFoundError: There is none of that name, or several to choose from.
    """
    known = ", ".join(camera.camera_id for camera in settings.cameras) or "none"
    if camera_id is None and len(settings.cameras) != 1:
        raise NotFoundError(f"say which camera: there are {known}")
    for camera in settings.cameras:
        if camera_id in (None, camera.camera_id):
            return camera
    raise NotFoundError(f"no camera is called {camera_id}; there are {known}")


def place_named(camera: CameraSettings, place_id: str, *, kind: Kind | None) -> Drawn:
    """Return a place of a camera; without a kind, whatever is called so.

    Raises:
        NotFoundError: There is none, or there are several.
    """
    there = [place for place in drawn_of(camera) if kind in (None, place.kind)]
    found = [place for place in there if place.place_id == place_id]
    if len(found) == 1:
        return found[0]
    if found:
        kinds = " and a ".join(place.kind for place in found)
        raise NotFoundError(f"a {kinds} are called {place_id}; say which with --kind")
    known = ", ".join(f"{place.kind} {place.place_id}" for place in there) or "none"
    raise NotFoundError(
        f"camera {camera.camera_id} has no {kind or 'place'} {place_id!r}; there is {known}"
    )


def draw(
    config: Path,
    camera_id: str,
    places: Sequence[Drawn],
    *,
    gone: Sequence[tuple[Kind, str]] = (),
) -> Settings:
    """Write places of a camera; one that is there keeps its settings and gets the new shape.

    All is written, or nothing. Returns the settings as they are then.

    Args:
        config: The YAML file.
        camera_id: Of the camera.
        places: What is to be there.
        gone: What is to be removed before, by kind and name.

    Raises:
        ConfigurationError: They cannot work, which is told with the line it would have, or the
            file cannot be changed in these places. It is as it was.
        NotFoundError: There is no such camera, or nothing of the name that is to go.
        StoreError: The file cannot be written. It is as it was.
    """

    def drawn(text: str, values: dict[str, Any]) -> str:
        number, camera = _camera(values, camera_id)
        return _drawn(text, number, camera, places, gone)

    return _rewrite(config, drawn)


def redraw(
    config: Path, camera_id: str, places: Sequence[Drawn], *, shown: Sequence[Drawn]
) -> Settings:
    """Write what somebody made of the places they were shown, and nothing else.

    What was added to the file or changed in it meanwhile stays. All is written, or nothing. Returns
    the settings as they are then.

    Args:
        config: The YAML file.
        camera_id: Of the camera.
        places: As they are to be: those that are not among `shown` are new, those that are only
            there are to go.
        shown: As the camera had them when the work on them began.

    Raises:
        ConfigurationError: One was changed or removed both here and in the file; or see `draw`.
        NotFoundError: There is no such camera.
        StoreError: The file cannot be written. It is as it was.
    """
    before = {each.key: each.shape for each in shown}
    after = {each.key: each.shape for each in places}
    changed = [each for each in places if before.get(each.key) != each.shape]
    gone = [key for key in before if key not in after]

    def redrawn(text: str, values: dict[str, Any]) -> str:
        number, camera = _camera(values, camera_id)
        for key in (*(each.key for each in changed), *gone):
            if _shape_of(camera, *key) not in (before.get(key), after.get(key)):
                raise ConfigurationError(
                    f"{config}: {' '.join(key)} of camera {camera_id} was changed there, too, "
                    f"meanwhile; draw it anew on the picture with the places as they are now"
                )
        left = [key for key in gone if _shape_of(camera, *key) is not None]
        return _drawn(text, number, camera, changed, left)

    return _rewrite(config, redrawn)


def _rewrite(config: Path, change: Callable[[str, dict[str, Any]], str]) -> Settings:
    """Write what `change` makes of the file's text, having changed its values the same way."""
    before = settings_file.load(config)  # tells what is wrong with it already
    path = config.resolve()
    content = path.read_bytes()
    text = content.decode()
    values = _unshared(yaml.safe_load(text))
    if not values or not before.cameras:
        raise NotFoundError(f"{config} has no cameras; add one with its camera_id and source")
    try:
        changed = change(text, values)
        is_meant = yaml.safe_load(changed) == values
    except (yaml.YAMLError, ValueError, LookupError) as error:
        raise _by_hand(config) from error
    if not is_meant:
        raise _by_hand(config)
    settings = settings_file.parse(changed, config)
    if path.read_bytes() != content:
        raise ConfigurationError(f"{config} was changed by somebody else meanwhile; try again")
    write_file(path, changed.encode(), mode=stat.S_IMODE(path.stat().st_mode))
    return settings


def _drawn(
    text: str,
    number: int,
    camera: dict[str, Any],
    places: Sequence[Drawn],
    gone: Sequence[tuple[Kind, str]],
) -> str:
    for kind, place_id in gone:
        text = _without_place(text, number, camera, kind, place_id)
    for place in places:
        text = _with_place(text, number, camera, place)
    return text


def _with_place(text: str, number: int, camera: dict[str, Any], place: Drawn) -> str:
    name = f"{place.kind}s"
    index = _index(camera, place.kind, place.place_id)
    if index is None:
        item = {f"{place.kind}_id": place.place_id, **place.shape, **place.more}
        camera[name] = [*(camera.get(name) or ()), item]
        return with_item(text, ("cameras", number), name, item)
    for key, corners in place.shape.items():
        if camera[name][index][key] != corners:
            camera[name][index][key] = corners
            text = with_value(text, ("cameras", number, name, index, key), corners)
    return text


def _without_place(
    text: str, number: int, camera: dict[str, Any], kind: Kind, place_id: str
) -> str:
    index = _index(camera, kind, place_id)
    if index is None:
        there = ", ".join(str(each[f"{kind}_id"]) for each in camera.get(f"{kind}s") or ())
        raise NotFoundError(
            f"camera {camera['camera_id']} has no {kind} {place_id!r}; there is {there or 'none'}"
        )
    del camera[f"{kind}s"][index]
    return without_item(text, ("cameras", number, f"{kind}s"), index)


def _shape_of(camera: dict[str, Any], kind: Kind, place_id: str) -> dict[str, list[Any]] | None:
    """Return the shape that the file gives a place, as `Drawn.shape` is; None: it is not there."""
    index = _index(camera, kind, place_id)
    if index is None:
        return None
    item = camera[f"{kind}s"][index]
    corners = (item["start"], item["end"]) if kind == "line" else item["outline"]
    return Drawn(kind, place_id, tuple(corners)).shape


def _camera(values: dict[str, Any], camera_id: str) -> tuple[int, dict[str, Any]]:
    for number, camera in enumerate(values.get("cameras") or ()):
        if str(camera.get("camera_id")) == camera_id:
            return number, camera
    raise NotFoundError(f"the file has no camera {camera_id}")


def _index(camera: dict[str, Any], kind: Kind, place_id: str) -> int | None:
    for index, each in enumerate(camera.get(f"{kind}s") or ()):
        if str(each.get(f"{kind}_id")) == place_id:
            return index
    return None


def _unshared(values: Any) -> Any:
    """Return a copy in which nothing is one with anything else, as parts shared by anchors are."""
    match values:
        case dict():
            return {key: _unshared(value) for key, value in values.items()}
        case list():
            return [_unshared(value) for value in values]
    return values


def _by_hand(config: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{config} cannot be changed here without changing something else, as where parts of it "
        f"are shared by anchors; change it by hand. It is as it was"
    )
