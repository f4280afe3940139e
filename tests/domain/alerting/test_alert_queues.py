from datetime import timedelta

from genesis_ray.domain.alerting.alert_queues import LongMeanWait
from genesis_ray.domain.alerting.alert_rules import Subject
from genesis_ray.domain.alerting.alert_zones import Where
from tests.domain.told import at, camera_is, crossed, left, named

QUEUE = Subject("door", "queue")


def condition(service: str | None = "till") -> LongMeanWait:
    return LongMeanWait(
        Where(zone_id="queue"),
        timedelta(seconds=60),
        service_zone_id=service,
        handover=timedelta(seconds=5),
        window=timedelta(seconds=100),
    )


def served(own: LongMeanWait, track: int, since: float, until: float) -> None:
    for event in (
        crossed(since, track),
        left(until, track),
        crossed(until + 1, track, zone="till"),
    ):
        own.take(event)


def test_a_long_mean_is_due_when_it_is_known_and_over_when_waits_get_shorter():
    own = condition()
    served(own, 1, 0, 80)
    assert own.next_at == at(85)
    own.advance(at(85))
    assert own.due[QUEUE].at == at(85)
    assert own.due[QUEUE].message.startswith("people wait 80 s in zone queue of door in the mean")
    served(own, 2, 80, 100)
    own.advance(at(105))
    assert own.due == {}


def test_it_is_over_when_the_waits_are_too_old():
    own = condition()
    served(own, 1, 0, 80)
    own.advance(at(85))
    own.advance(at(179))
    assert own.due
    own.advance(at(180))
    assert own.due == {}


def test_who_gave_up_is_not_in_it():
    own = condition()
    own.take(crossed(0, 1))
    own.take(left(80, 1))
    own.advance(at(200))
    assert own.due == {}


def test_a_camera_that_ends_and_names_change_nothing_of_what_is_known():
    own = condition(service=None)
    own.take(crossed(0, 1))
    own.take(named(1, "ada", 1))
    own.take(camera_is("ended", 90))
    own.advance(at(95))
    assert own.due[QUEUE].at == at(95)
