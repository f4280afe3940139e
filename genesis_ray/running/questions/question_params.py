"""What gives which parameters of a question: options of a command, or what an address says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from genesis_ray.errors import ConfigurationError

if TYPE_CHECKING:
    from genesis_ray.analytics.catalogue import Question
    from genesis_ray.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the parameters of questions are called by who asks.

    Attributes:
        names: The option that gives a parameter, by the parameter.
        range: How those of the range are called, in words.
        help: Where what they mean is said, in words.
    """

    names: Mapping[str, str]
    range: str
    help: str

    def of(self, question: "Question") -> list[str]:
        """Return the options that a question takes, beside the range."""
        return [self.names[name] for name in question.takes if name in self.names]

    def params(
        self,
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
        options = {self.names[name]: name for name in asked.takes if name in self.names}
        for option, value in given.items():
            if value is None or value == []:
                continue
            if option not in options:
                takes = ", ".join(options) or f"none beside {self.range}"
                raise ConfigurationError(f"{question} takes no {option}; it takes {takes}")
            params[options[option]] = _value(options[option], option, value)
        missing = [
            option for option, name in options.items() if asked.takes[name] and name not in params
        ]
        if missing:
            raise ConfigurationError(
                f"{question} wants {' and '.join(missing)}, which {self.help} explains"
            )
        return params


def set_for_all(settings: "Settings", time_zone: str) -> dict[str, object]:
    """Return the parameters of questions that settings give."""
    from genesis_ray.sections.alerts import queue_zones_of
    from genesis_ray.sections.cameras import areas_of, homographies_of

    return {
        "time_zone": time_zone,
        "least_group": settings.analytics.min_group,
        "visit_gap_s": settings.visit_gap_s,
        "homographies": homographies_of(settings.cameras),
        "areas_m2": areas_of(settings.cameras),
        "queue_zone_ids": queue_zones_of(settings.alerts),
    }


def _value(name: str, option: str, value: object) -> object:
    """Return the value of a parameter: one of a list, where it takes no more."""
    if name == "after":
        return _visit_key(option, str(value))
    if not isinstance(value, list) or name.endswith("s"):
        return value
    if len(value) > 1:
        raise ConfigurationError(f"{option} can be given once here, got {', '.join(value)}")
    return value[0]


def _visit_key(option: str, text: str) -> object:
    from genesis_ray.analytics.visits import VisitKey

    started_at, _, visit_id = text.partition(",")
    try:
        at = datetime.fromisoformat(started_at)
    except ValueError as error:
        raise ConfigurationError(
            f"{option} wants the started_at and visit_id of the last visit, with a comma between, "
            f"got {text!r:.80}"
        ) from error
    return VisitKey(at if at.tzinfo else at.replace(tzinfo=UTC), visit_id)
