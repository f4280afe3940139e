"""Conditions of alerts on people: who has a tag is here, who comes again and again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from genesis_ray.domain.alerting.alert_rules import Due, Lasting, Subject
from genesis_ray.domain.alerting.past_visits import PastVisit, PastVisits
from genesis_ray.domain.events import NAMES, Event, FaceRecognized, VisitEnded, VisitStarted
from genesis_ray.domain.recognition.tags import TagsOf, having


class Tagged:
    """Somebody with a tag was recognised, and has not left."""

    is_of_a_camera = False
    lasts: Lasting = "until-told"
    takes: tuple[type[Event], ...] = (FaceRecognized, VisitStarted, VisitEnded)
    next_at: datetime | None = None

    def __init__(self, tag: str, tags: TagsOf) -> None:
        """Watch for those who have the tag."""
        self.due: dict[Subject, Due] = {}
        self._tag = tag
        self._identity_ids = having(tag, tags)
        self._present: set[str] = set()

    def retag(self, tags: TagsOf) -> None:
        """Watch for those who have the tag now; who is here already, once a face shows them."""
        self._identity_ids = having(self._tag, tags)
        for subject in [each for each in self.due if each.identity_id not in self._identity_ids]:
            del self.due[subject]

    def take(self, event: Event) -> bool:
        """Take a name, or the beginning or end of a visit, which comes before the name."""
        match event:
            case VisitStarted(identity_id=who):
                self._present.add(who)
            case VisitEnded(identity_id=who):
                self._present.discard(who)
                return self.due.pop(Subject(identity_id=who), None) is not None
            case FaceRecognized(decision=decision, identity_id=who) if decision in NAMES:
                subject = Subject(identity_id=who)
                is_here = who in self._identity_ids and who in self._present
                if is_here and subject not in self.due:
                    at, camera_id = event.occurred_at, event.camera_id
                    message = f"somebody tagged {self._tag} is at {camera_id}"
                    self.due[subject] = Due(at, at, message, camera_id, event.track_id)
                    return True
        return False

    def advance(self, at: datetime) -> None:
        """Nothing changes by itself."""


class RepeatVisitor:
    """Somebody is here for the N-th time within some days, or more often.

    An alert is about the identity that a visit began as, whoever that is counted with later.
    """

    is_of_a_camera = False
    lasts: Lasting = "until-told"
    takes: tuple[type[Event], ...] = (VisitStarted, VisitEnded)
    next_at: datetime | None = None

    def __init__(self, visits: int, within: timedelta, past: Iterable[PastVisit] = ()) -> None:
        """Watch for the `visits`-th visit `within` a time; `past` are those there were before."""
        self.due: dict[Subject, Due] = {}
        self._visits = visits
        self._within = within
        self._began: defaultdict[str, set[datetime]] = defaultdict(set)
        self._aliases: Mapping[str, str] = {}
        self._here: dict[str, Due] = {}
        self._tidied_at: datetime | None = None
        for visit in past:
            self._began[visit.identity_id].add(visit.started_at)

    def take(self, event: Event) -> bool:
        """Take the beginning or end of a visit."""
        match event:
            case VisitStarted(identity_id=who, started_at=at, camera_id=camera_id):
                self._tidy(at)
                self._began[self._aliases.get(who, who)].add(at)
                self._here[who] = Due(at, at, "", camera_id)
                return self._judge(who)
            case VisitEnded(identity_id=who):
                self._here.pop(who, None)
                return self.due.pop(Subject(identity_id=who), None) is not None
        return False

    def recount(self, past: PastVisits) -> None:
        """Go by these visits instead of those told so far, of who is here, too."""
        self._aliases = past.aliases
        self._began.clear()
        for visit in past.visits:
            self._began[visit.identity_id].add(visit.started_at)
        for who in self._here:
            self._judge(who)

    def _judge(self, who: str) -> bool:
        """Tell whether somebody's visit that goes on is an alert now and was none, or otherwise."""
        here, subject = self._here[who], Subject(identity_id=who)
        since = here.at - self._within
        began = self._began.get(self._aliases.get(who, who), ())
        count = sum(since < each <= here.at for each in began)
        was_due = subject in self.due
        if count < self._visits:
            self.due.pop(subject, None)
            return was_due
        if not was_due:
            days = self._within / timedelta(days=1)
            message = f"the same person is at {here.camera_id}, {count} visits in {days:g} days"
            self.due[subject] = here._replace(message=message)
        return not was_due

    def advance(self, at: datetime) -> None:
        """Nothing changes by itself."""

    def _tidy(self, at: datetime) -> None:
        """Once a day forget visits that are too old to count."""
        if self._tidied_at and at - self._tidied_at < timedelta(days=1):
            return
        self._tidied_at = at
        kept = {who: {t for t in began if t > at - self._within}
                for who, began in self._began.items()}  # fmt: skip
        self._began = defaultdict(set, {who: began for who, began in kept.items() if began})
