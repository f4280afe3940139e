"""The ways that `genesis calibrate` goes, and which of its options belong to which."""

from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum
from types import MappingProxyType

import typer

from genesis_ray.errors import ConfigurationError


class Way(StrEnum):
    """What it does, by the option that asks for it."""

    PAIRS = "--pairs"
    GALLERY = "--gallery"
    CAMERAS = "--cameras"
    WHAT_IF = "--what-if"


_PHOTOS = (Way.PAIRS, Way.GALLERY)

_BELONGS_TO: Mapping[str, tuple[Way, ...]] = MappingProxyType(
    {
        "root": _PHOTOS,
        "sets": _PHOTOS,
        "beta": (Way.PAIRS,),
        "fpir": (Way.GALLERY,),
        "enroll": (Way.GALLERY,),
        "camera": (*_PHOTOS, Way.WHAT_IF),
        "margin": (Way.WHAT_IF,),
        "votes": (Way.WHAT_IF,),
        "listed": (Way.WHAT_IF,),
        "run": (Way.CAMERAS, Way.WHAT_IF),
        "config": (*_PHOTOS, Way.CAMERAS),  # for --what-if the run says what it was made with
    }
)
"""Those that do not belong to every way, by their parameters' names."""


def check_one_way(context: typer.Context) -> None:
    """See that one way is asked for, and that all other options belong to it.

    Raises:
        ConfigurationError: None is asked for, or several, or there is an option of another.
    """
    given = _given(context)
    chosen = [way for way in Way if way in given.values()]
    if len(chosen) != 1:
        said = f"got {' and '.join(chosen)}" if chosen else "got none of them"
        raise ConfigurationError(
            f"expected one of {', '.join(Way)}, {said}; `genesis calibrate --help` explains them"
        )
    (way,) = chosen
    for name, option in given.items():
        ways = _BELONGS_TO.get(name, (way,))
        if way not in ways:
            raise ConfigurationError(
                f"{option} belongs to {_enumerated(ways)}, not to {way}; leave it out"
            )


def check_none_before(context: typer.Context) -> None:
    """See that no option stands before a sub-command, where it would not count.

    Raises:
        ConfigurationError: One does.
    """
    for option in _given(context).values():
        command = f"genesis calibrate {context.invoked_subcommand}"
        raise ConfigurationError(
            f"{option} stands before {context.invoked_subcommand} and would not count; if it is of "
            f"use there it goes after `{command}`, see `{command} --help`"
        )


def _given(context: typer.Context) -> dict[str, str]:
    """Return the options that were given, by their parameters' names."""
    options = {each.name: each.opts[0] for each in context.command.params if each.name}
    sources = {name: context.get_parameter_source(name) for name in options}
    return {name: options[name] for name, source in sources.items() if _is_given(source)}


def _is_given(source: Enum | None) -> bool:
    return source is not None and source.name in {"COMMANDLINE", "ENVIRONMENT"}


def _enumerated(ways: Sequence[str]) -> str:
    *before, last = ways
    return f"{', '.join(before)} and {last}" if before else last
