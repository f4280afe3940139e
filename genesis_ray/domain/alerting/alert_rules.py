"""What an alert's rule is: how it is told, and the condition that it waits for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from genesis_ray.domain.alerting.past_visits import PastVisits
from genesis_ray.domain.events import Event
from genesis_ray.domain.recognition.tags import TagsOf

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
"""From the mildest to the gravest."""

Lasting = Literal["while-tracked", "until-told", "until-acknowledged"]
"""How long a condition holds: as long as tracks are there, which a system that starts anew has
none of; until an event says that it no longer does; or until somebody says that it was seen to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """How alerts of a rule are told; when is its condition's.

    Attributes:
        cool_down: After one is resolved, before the same is raised again.
        escalate_after: Not acknowledged for so long, one is a severity graver and told again;
            None: never.
    """

    rule_id: str
    severity: Severity
    cool_down: timedelta
    escalate_after: timedelta | None = None


class Subject(NamedTuple):
    """What an alert is about: of one rule and subject one alert at most is open."""

    camera_id: str = ""
    zone_id: str = ""
    track_id: int | None = None
    identity_id: str = ""


class Due(NamedTuple):
    """That a subject has met, or will meet, a rule's condition.

    Attributes:
        at: From then on, unless something changes before; an alert bears this time.
        ripe_at: When nothing that is told later can change that.
        message: What holds, for people; names nobody.
        camera_id: Where to look.
        track_id: Whom to look at.
    """

    at: datetime
    ripe_at: datetime
    message: str
    camera_id: str = ""
    track_id: int | None = None


class Condition(Protocol):
    """What a rule waits for: a fold over events.

    Attributes:
        due: The subjects that meet it, or will if nothing changes.
    """

    due: dict[Subject, Due]

    @property
    def is_of_a_camera(self) -> bool:
        """Return whether it holds at a camera; if not, about a person, wherever they are."""

    @property
    def lasts(self) -> Lasting:
        """Return how long it holds."""

    @property
    def takes(self) -> tuple[type[Event], ...]:
        """Return the kinds of events that it is to be given."""

    @property
    def next_at(self) -> datetime | None:
        """Return when it changes without an event."""

    def take(self, event: Event) -> bool:
        """Take the next event; tell whether `due` may have changed."""

    def advance(self, at: datetime) -> None:
        """Let the time come that `next_at` said."""


@runtime_checkable
class CountsVisits(Protocol):
    """A condition that depends on earlier visits, whose people may turn out to be others."""

    def recount(self, past: PastVisits) -> None:
        """Go by these visits from now on; `due` may have changed."""


@runtime_checkable
class GoesByTags(Protocol):
    """A condition that depends on people's tags, which may change while it waits."""

    def retag(self, tags: TagsOf) -> None:
        """Go by these tags from now on; `due` may have changed."""
