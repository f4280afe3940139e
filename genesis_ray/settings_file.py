"""Reading the configuration file, with errors that name its lines."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from genesis_ray.errors import ConfigurationError
from genesis_ray.settings import Settings


def load(path: Path | None) -> Settings:
    """Return the settings of the YAML file at `path`, or the defaults; GENESIS_* wins over both.

    Raises:
        ConfigurationError: The file is missing, is no YAML, or has an unknown key or a wrong
            value; names file, line, and what was expected.
    """
    if path is None:
        return _validate({}, path, {})
    try:
        text = path.read_text()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; give --config a YAML file") from error
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: not valid YAML: {error}") from error
    if values is not None and not isinstance(values, dict):
        raise ConfigurationError(f"{path}: expected a mapping of settings, got {values!r:.60}")
    return _validate(values or {}, path, _lines_of(tree))


def _validate(
    values: dict[str, Any], path: Path | None, lines: dict[tuple[str, ...], int]
) -> Settings:
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigurationError(
            "\n".join(_describe(problem, path, lines) for problem in error.errors())
        ) from None


def _describe(problem: Any, path: Path | None, lines: dict[tuple[str, ...], int]) -> str:
    location = tuple(str(part) for part in problem["loc"])
    setting = ".".join(location) or "the configuration"
    known = next((location[:n] for n in range(len(location), -1, -1) if location[:n] in lines), ())
    place = f"{path}:{lines[known]}" if path and known in lines else "GENESIS_* environment"
    if path and len(known) < len(location) and problem["type"] != "missing":
        place = f"{place} or the environment"
    if problem["type"] == "extra_forbidden":
        return f"{place}: unknown setting {setting!r}; remove it or correct its spelling"
    expected = problem["msg"].removeprefix("Value error, ")
    if problem["type"] in ("missing", "value_error"):
        return f"{place}: {setting}: {expected}"
    return f"{place}: {setting}: {expected}, got {problem['input']!r:.60}"


def _lines_of(node: Any, at: tuple[str, ...] = ()) -> dict[tuple[str, ...], int]:
    """Return the line of every key and list item below `node`, by its path."""
    lines: dict[tuple[str, ...], int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*at, str(key.value))
            lines[place] = key.start_mark.line + 1
            lines |= _lines_of(value, place)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            place = (*at, str(index))
            lines[place] = value.start_mark.line + 1
            lines |= _lines_of(value, place)
    return lines
