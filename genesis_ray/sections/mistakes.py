"""Mistakes that are between settings, found however many others there are.

Validation stops at a part whose own values are wrong before it looks at what the part is among
the others. So here what can be read of each is taken as it stands.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from genesis_ray.sections.alerts import AlertRuleSettings, places_of
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.topology import TopologySettings
from genesis_ray.sections.zone_checks import Place, Problem, problems
from genesis_ray.sections.zones import LineSettings, MaskSettings, ZoneSettings

Kind = Literal["zone", "line", "mask"]
KINDS: tuple[Kind, ...] = ("zone", "line", "mask")

_RULE: TypeAdapter[AlertRuleSettings] = TypeAdapter(AlertRuleSettings)

_Model = TypeVar("_Model", bound=BaseModel)


class Camera(NamedTuple):
    """A camera's name, and those of what it has by their places."""

    camera_id: str
    ids: Mapping[Kind, Mapping[int, str]]

    @property
    def zones(self) -> set[str]:
        """Its zones."""
        return {*self.ids["zone"].values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What settings have that is named, or names others.

    Attributes:
        cameras: All whose name can be read, by their places in the list.
        rules: Alerts by their place in the list; those that can be read.
        ways: Cameras that the topology names.
    """

    cameras: Mapping[int, Camera]
    rules: Mapping[int, AlertRuleSettings]
    ways: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        cameras: Sequence[CameraSettings],
        alerts: Sequence[AlertRuleSettings],
        topology: TopologySettings,
    ) -> Self:
        """Return those of valid settings."""
        own = {
            place: Camera(
                camera.camera_id,
                {
                    "zone": dict(enumerate(zone.zone_id for zone in camera.zones)),
                    "line": dict(enumerate(line.line_id for line in camera.lines)),
                    "mask": dict(enumerate(mask.mask_id for mask in camera.masks)),
                },
            )
            for place, camera in enumerate(cameras)
        }
        return cls(cameras=own, rules=dict(enumerate(alerts)), ways=frozenset(topology.cameras))

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> Self:
        """Return what can be read of settings that are not valid."""
        own = {
            place: Camera(
                str(camera["camera_id"]),
                {
                    kind: {at: str(each[f"{kind}_id"]) for at, each in _named(camera, kind).items()}
                    for kind in KINDS
                },
            )
            for place, camera in _mappings(values.get("cameras")).items()
            if "camera_id" in camera
        }
        rules = {}
        for number, value in _mappings(values.get("alerts")).items():
            try:
                rules[number] = _RULE.validate_python(value)
            except ValidationError:
                continue
        topology = _read(TopologySettings, values.get("topology"))
        ways = frozenset(topology.cameras) if topology else frozenset()
        return cls(cameras=own, rules=rules, ways=ways)


def repeats(parts: Parts) -> Iterator[Problem]:
    """Yield each place where a name stands that stands more than once."""
    of_cameras = {place: camera.camera_id for place, camera in parts.cameras.items()}
    of_rules = {place: rule.rule_id for place, rule in parts.rules.items()}
    yield from _repeated("camera_id", ("cameras",), of_cameras)
    yield from _repeated("name of a rule in alerts", ("alerts",), of_rules)
    for place, camera in parts.cameras.items():
        for kind in KINDS:
            within = ("cameras", str(place), f"{kind}s")
            what = f"{kind}_id of camera {camera.camera_id}"
            yield from _repeated(what, within, camera.ids[kind])


def _repeated(what: str, within: Place, names: Mapping[int, str]) -> Iterator[Problem]:
    counts = Counter(names.values())
    for place, name in names.items():
        if counts[name] > 1:
            message = f"each {what} may stand once; repeated: {name}"
            yield Problem((*within, str(place)), message)


def unknown(parts: Parts) -> Iterator[Problem]:
    """Yield which cameras and zones are named that are not there, where any camera is at all.

    Not a matter of the settings alone: a run may watch some of the cameras, and what is said of
    the others holds still.
    """
    zones = {camera.camera_id: camera.zones for camera in parts.cameras.values()}
    if not zones:
        return
    if missing := sorted(parts.ways - zones.keys()):
        message = f"topology: no camera is called {', '.join(missing)}; there are "
        yield Problem(("topology",), message + ", ".join(sorted(zones)))
    anywhere = {zone_id for own in zones.values() for zone_id in own}
    for number, rule in parts.rules.items():
        for camera_id, zone_id in places_of(rule):
            if camera_id is not None and camera_id not in zones:
                message, there = f"no camera is called {camera_id}", set(zones)
            elif zone_id is not None and zone_id not in zones.get(camera_id or "", anywhere):
                of = f"of camera {camera_id} " if camera_id else ""
                message = f"no zone {of}is called {zone_id}"
                there = zones.get(camera_id or "", anywhere)
            else:
                continue
            message += f"; there {'are' if there else 'is'} {', '.join(sorted(there)) or 'none'}"
            yield Problem(("alerts", str(number)), f"alerts.{number}, {rule.rule_id}: {message}")


def unworkable(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what can never count anybody, of the zones, lines and masks that can be read."""
    for number, camera in _mappings(values.get("cameras")).items():
        zones = _readable(ZoneSettings, camera.get("zones"))
        lines = _readable(LineSettings, camera.get("lines"))
        masks = _readable(MaskSettings, camera.get("masks"))
        at = {"zones": [*zones], "lines": [*lines], "masks": [*masks]}
        found = problems([*zones.values()], [*lines.values()], [*masks.values()])
        for (kind, place, *rest), message in found:
            where: Place = (kind, str(at[kind][int(place)]), *rest)
            yield Problem(
                ("cameras", str(number), *where), f"camera {camera.get('camera_id')}: {message}"
            )


def _mappings(values: object) -> dict[int, Mapping[str, Any]]:
    """Return the items of a list that are mappings, by their places."""
    items = values if isinstance(values, list | tuple) else ()
    return {place: item for place, item in enumerate(items) if isinstance(item, Mapping)}


def _named(camera: Mapping[str, Any], kind: Kind) -> dict[int, Mapping[str, Any]]:
    return {
        place: item
        for place, item in _mappings(camera.get(f"{kind}s")).items()
        if f"{kind}_id" in item
    }


def _readable(model: type[_Model], values: object) -> dict[int, _Model]:
    """Return the valid ones of a list by their places."""
    return {
        place: own
        for place, value in _mappings(values).items()
        if (own := _read(model, value)) is not None
    }


def _read(model: type[_Model], value: object) -> _Model | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None
