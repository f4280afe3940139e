"""Reading the configuration file, with errors that name its lines."""

import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from genesis_ray.errors import ConfigurationError
from genesis_ray.sections.mistakes import Parts, repeats, unknown, unworkable
from genesis_ray.sections.types import shown
from genesis_ray.sections.zone_checks import PlacesError
from genesis_ray.settings import Settings

Place = tuple[str, ...]
"""Where a setting is: the keys and list indices that lead to it."""

_CHANNEL = 3
"""How deep in `delivery` a channel is: what is in it knows itself what may be shown."""


def load(path: Path | None) -> Settings:
    """Return the settings of the YAML file at `path`, or the defaults; GENESIS_* wins over both.

    Raises:
        ConfigurationError: The file is missing, is no YAML, or has unknown keys or wrong values;
            names of each, a line each, file, line, and what was expected.
    """
    if path is None:
        return _validate({}, path, {})
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; give --config a YAML file") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not text; give --config a YAML file") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Settings:
    """Return the settings of what `path` says, or is to say: see `load`."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigurationError(f"{path}{line}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        raise ConfigurationError(f"{path}: not valid YAML: {error}") from error
    if values is not None and not isinstance(values, dict):
        raise ConfigurationError(f"{path}: expected a mapping of settings, got {shown(values)}")
    return _validate(values or {}, path, _lines_of(tree, path))


def _validate(values: dict[str, Any], path: Path | None, lines: Mapping[Place, int]) -> Settings:
    told = [
        f"{_source_of((str(key),), path, lines)}: {_unknown(str(key))}"
        for key in values
        if key not in Settings.model_fields
    ]
    known = {key: value for key, value in values.items() if key in Settings.model_fields}
    settings: Settings | None = None
    try:
        settings = Settings(**known)
    except ValidationError as error:
        told += [_describe(problem, path, lines) for problem in error.errors()]
        parts = Parts.of_values(own := _of_the_file(known))
        found = [*unworkable(own), *repeats(parts), *unknown(parts)]
    except SettingsError as error:
        raise ConfigurationError(f"GENESIS_* environment: {error}; expected JSON") from error
    else:
        found = [*unknown(Parts.of(settings.cameras, settings.alerts, settings.topology))]
    told += [f"{_source_of(place, path, lines)}: {message}" for place, message in found]
    if told or settings is None:
        raise ConfigurationError("\n".join(dict.fromkeys("\n".join(told).split("\n"))))
    return settings


def _of_the_file(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the environment has not replaced."""
    variables = {name.upper() for name in os.environ}
    return {key: each for key, each in values.items() if f"GENESIS_{key}".upper() not in variables}


def _describe(problem: ErrorDetails, path: Path | None, lines: Mapping[Place, int]) -> str:
    place = tuple(str(part) for part in problem["loc"])
    source, setting = _source_of(place, path, lines), ".".join(place)
    where = f"{source}: {setting}: " if setting else f"{source}: "
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, PlacesError):
        return "\n".join(
            f"{_source_of((*place, *each.place), path, lines)}: {each.message}"
            for each in cause.problems
        )
    value = problem["input"]
    found = value if isinstance(value, date) else shown(value)
    if place[:1] == ("delivery",) and len(place) <= _CHANNEL:
        found = "something else"  # an address or a secret where its channel should be
    match problem["type"]:
        case "extra_forbidden":
            return f"{source}: {_unknown(setting)}"
        case "missing" | "value_error":  # the message has the value, or there is none
            said = problem["msg"].removeprefix("Value error, ")
            return "\n".join(where + each for each in said.split("\n"))
        case "union_tag_invalid" | "union_tag_not_found":
            choices = problem["ctx"]
            key = choices["discriminator"].strip("'")
            kinds = f", one of {choices['expected_tags']}" if "expected_tags" in choices else ""
            given = f", got {shown(choices['tag'])}" if "tag" in choices else ""
            return f"{where}expected a {key}{kinds}{given}"
        case "model_type":
            return f"{where}expected settings, indented below it, got {found}"
        case _:
            return f"{where}{problem['msg']}, got {found}"


def _unknown(setting: str) -> str:
    return f"unknown setting {setting!r}; remove it or correct its spelling"


def _source_of(place: Place, path: Path | None, lines: Mapping[Place, int]) -> str:
    """Return what set the value at `place`, or what that is a part of."""
    variables = {name.upper(): name for name in os.environ}
    for length in range(len(place), 0, -1):
        variable = "GENESIS_" + "__".join(place[:length]).upper()
        if variable in variables:
            return f"environment variable {variables[variable]}"
        if place[:length] in lines:
            return f"{path}:{lines[place[:length]]}"
    return str(path) if path else "GENESIS_* environment"


def _lines_of(tree: yaml.Node | None, path: Path) -> dict[Place, int]:
    """Return the line of every key and list item, by its place."""
    lines: dict[Place, int] = {}
    for place, line in _places(tree, ()):
        if place in lines:
            raise ConfigurationError(
                f"{path}:{line}: {'.'.join(place)} stands in line {lines[place]} already; "
                f"remove one of them"
            )
        lines[place] = line
    return lines


def _places(node: yaml.Node | None, at: Place) -> Iterator[tuple[Place, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*at, str(key.value))
            yield place, key.start_mark.line + 1
            yield from _places(value, place)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            place = (*at, str(index))
            yield place, value.start_mark.line + 1
            yield from _places(value, place)
