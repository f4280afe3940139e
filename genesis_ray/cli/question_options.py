"""Which options of `genesis ask` give which parameters of a question."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from genesis_ray.errors import ConfigurationError

if TYPE_CHECKING:
    from genesis_ray.analytics.catalogue import Question

_OPTIONS = {
    "bucket": "--bucket",
    "bucket_s": "--bucket-s",
    "camera_ids": "--camera",
    "camera_id": "--camera",
    "zone_ids": "--zone",
    "zone_id": "--zone",
    "queue_zone_ids": "--queue-zone",
    "queue_zone_id": "--queue-zone",
    "service_zone_id": "--service-zone",
    "within_s": "--within",
    "identity_id": "--person",
    "names": "--metric",
    "by": "--by",
    "least_s": "--at-least",
    "cell_m": "--cell-m",
    "limit": "--limit",
    "after": "--after",
}


def options_of(question: "Question") -> list[str]:
    """Return the options that a question takes, beside the range."""
    return [_OPTIONS[name] for name in question.takes if name in _OPTIONS]


def params_of(
    question: str,
    asked: "Question",
    given: Mapping[str, object],
    set_for_all: Mapping[str, object],
) -> dict[str, object]:
    """Return the parameters of a question.

    Args:
        question: What it is called.
        asked: The question.
        given: The value of each option; None or [] where it was not given.
        set_for_all: Parameters that do not come from options, for questions that take them.

    Raises:
        ConfigurationError: An option was given that the question does not take, or more than
            once where it takes one, or one that it needs was not.
    """
    params = {name: set_for_all[name] for name in asked.takes if name in set_for_all}
    options = {_OPTIONS[name]: name for name in asked.takes if name in _OPTIONS}
    for option, value in given.items():
        if value is None or value == []:
            continue
        if option not in options:
            takes = ", ".join(options) or "none beside --since and --until"
            raise ConfigurationError(f"{question} takes no {option}; it takes {takes}")
        params[options[option]] = _value(options[option], option, value)
    missing = [
        option for option, name in options.items() if asked.takes[name] and name not in params
    ]
    if missing:
        raise ConfigurationError(
            f"{question} wants {' and '.join(missing)}, which `genesis ask --help` explains"
        )
    return params


def _value(name: str, option: str, value: object) -> object:
    """Return the value of a parameter: one of a list, where it takes no more."""
    if name == "after":
        return _visit_key(str(value))
    if not isinstance(value, list) or name.endswith("s"):
        return value
    if len(value) > 1:
        raise ConfigurationError(f"{option} can be given once here, got {', '.join(value)}")
    return value[0]


def _visit_key(text: str) -> object:
    from genesis_ray.analytics.visits import VisitKey

    started_at, _, visit_id = text.partition(",")
    try:
        at = datetime.fromisoformat(started_at)
    except ValueError as error:
        raise ConfigurationError(
            f"--after wants the started_at and visit_id of the last visit, with a comma between, "
            f"got {text!r:.80}"
        ) from error
    return VisitKey(at if at.tzinfo else at.replace(tzinfo=UTC), visit_id)
