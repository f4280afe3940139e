"""Conditions of alerts on queues: who was served lately waited too long."""

from datetime import datetime, timedelta

from genesis_ray.domain.alerting.alert_rules import Due, Lasting, Subject
from genesis_ray.domain.alerting.alert_zones import Where, is_over
from genesis_ray.domain.events import NAMES, CameraStateChanged, Event, FaceRecognized, ZoneCrossed
from genesis_ray.domain.places.occupancy import Place
from genesis_ray.domain.places.queues import QueueBook, QueuePolicy


class LongMeanWait:
    """The mean wait of those who were served lately is longer than a limit."""

    is_of_a_camera = True
    lasts: Lasting = "while-tracked"
    takes: tuple[type[Event], ...] = (ZoneCrossed, FaceRecognized, CameraStateChanged)

    def __init__(
        self,
        where: Where,
        limit: timedelta,
        *,
        service_zone_id: str | None,
        handover: timedelta,
        window: timedelta,
    ) -> None:
        """Watch the queues of `where`, each with the zone of service of its own camera."""
        self.due: dict[Subject, Due] = {}
        self._where = where
        self._limit = limit
        self._service_zone_id = service_zone_id
        self._handover = handover
        self._window = window
        self._books: dict[Place, QueueBook] = {}

    @property
    def next_at(self) -> datetime | None:
        """When somebody's fate is known, or a wait is too old to count."""
        times = [book.next_at for book in self._books.values()]
        return min((at for at in times if at), default=None)

    def take(self, event: Event) -> bool:
        """Take a crossing, a name, or the end of a camera; what they lead to is known later."""
        at = event.occurred_at
        match event:
            case ZoneCrossed(camera_id=camera_id, zone_id=zone_id):
                if self._where.has((camera_id, zone_id)):
                    self._book(camera_id, zone_id)
                for place, book in self._books.items():
                    if place[0] == camera_id:
                        book.cross((camera_id, zone_id), event.track_id, event.direction, at)
            case FaceRecognized(decision=decision) if decision in NAMES:
                for book in self._books.values():
                    book.name((event.camera_id, event.track_id), event.identity_id, at)
            case _ if is_over(event):
                for book in self._books.values():
                    book.leave(event.camera_id, at)
        return True

    def advance(self, at: datetime) -> None:
        """Let time go on in all queues."""
        for place, book in self._books.items():
            book.advance(at)
            subject, mean = Subject(*place), book.mean_wait
            if mean is None or mean <= self._limit:
                self.due.pop(subject, None)
                continue
            since = self.due[subject].at if subject in self.due else at
            message = (
                f"people wait {mean.total_seconds():.0f} s in zone {place[1]} of {place[0]} in the "
                f"mean, more than {self._limit.total_seconds():g} s"
            )
            self.due[subject] = Due(since, since, message)

    def _book(self, camera_id: str, zone_id: str) -> QueueBook:
        service = (camera_id, self._service_zone_id) if self._service_zone_id else None
        policy = QueuePolicy(
            queue=(camera_id, zone_id),
            service=service,
            handover=self._handover,
            window=self._window,
        )
        return self._books.setdefault((camera_id, zone_id), QueueBook(policy))
