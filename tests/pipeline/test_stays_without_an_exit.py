"""Stays whose exit was lost at a camera that goes on, and sees nobody."""

from datetime import timedelta

import pytest

from genesis_ray.domain.alerting.alert_events import AlertEvent
from genesis_ray.domain.alerting.alert_rules import AlertRule
from genesis_ray.domain.alerting.alert_zones import TooLongInZone, Where
from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import Event, ZoneCrossed
from genesis_ray.pipeline.alerting import Alerting
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import RESOLVER
from tests.domain.told import at, crossed, left, seen

END = 600


def told(
    door: dict[int, list[Event]], *, step: int = 1, patience: timedelta | None = None
) -> list[tuple[str, str, float]]:
    """Return exits and alerts of a site, each with the second that it bears.

    `door` tells events at the seconds of its frames, in reports of `step` frames; the yard sees
    somebody all the time.
    """
    loitering = AlertRule(rule_id="loitering", severity="info", cool_down=timedelta(0))
    stay = TooLongInZone(Where(), timedelta(seconds=30), wording="is")
    journal = SiteJournal(
        tenant_id="shop",
        site_id="york",
        visit_gap=timedelta(seconds=60),
        alerting=Alerting(tenant_id="shop", site_id="york", rules=[(loitering, stay)]),
    )
    stage = JournalStage(["door", "yard"], journal, patience=patience)
    facts, frames = [], sorted(door)
    reports = [frames[first : first + step] for first in range(0, len(frames), step)]
    for second in range(END):
        yard = [(at(second), (seen(second, 9, "yard"),))]
        facts += stage.take("yard", yard, at(second))
        facts += stage.take(RESOLVER, [], at(second))
        while reports and reports[0][-1] <= second:
            report = reports.pop(0)
            events = [(at(frame), tuple(door[frame])) for frame in report if door[frame]]
            facts += stage.take("door", events, at(report[-1]))
    for producer in ("door", "yard", RESOLVER):
        facts += stage.take(producer, [], DONE)
    return [
        (fact.direction if isinstance(fact, ZoneCrossed) else fact.status, fact.camera_id,
         (fact.occurred_at - at(0)).total_seconds())
        for fact in facts
        if isinstance(fact, AlertEvent)
        or (isinstance(fact, ZoneCrossed) and fact.direction == "exit")
    ]  # fmt: skip


def frames(*, every: int = 1, until: int = END) -> dict[int, list[Event]]:
    return {second: [] for second in range(0, until, every)}


LOST = {0: [crossed(0)], 1: [seen(1)], 40: [seen(40)]}


@pytest.mark.parametrize("step", [1, 3, 20])
@pytest.mark.parametrize("every", [1, 30])
def test_who_is_told_of_no_more_while_the_camera_goes_on_has_left_at_the_last_sight(step, every):
    found = told(frames(every=every) | LOST, step=step)
    assert [each for each in found if each[0] == "exit"] == [("exit", "door", 40)]
    raised, resolved = (each for each in found if each[0] != "exit")
    assert raised == ("raised", "door", 30)
    assert resolved[0] == "resolved"
    assert resolved[2] < END


def test_as_long_as_the_camera_tells_nothing_nobody_has_left():
    assert "exit" not in [kind for kind, *_ in told(frames(until=50) | LOST)]


def test_who_is_lost_at_a_gap_of_a_recording_leaves_once_as_the_camera_says():
    film = {0: [crossed(0)], 1: [seen(1)], 40: [seen(40)], 400: [left(40.5)], 401: []}
    assert [each for each in told(film) if each[0] == "exit"] == [("exit", "door", 40.5)]
    assert [each for each in told(film, step=2) if each[0] == "exit"] == [("exit", "door", 40.5)]


def test_who_is_there_and_seen_rarely_has_not_left():
    there = frames() | {0: [crossed(0)]} | {second: [seen(second)] for second in range(0, END, 115)}
    there[0] = [crossed(0), seen(0)]
    assert "exit" not in [kind for kind, *_ in told(there)]


def test_a_camera_that_lags_has_not_said_that_nobody_is_there():
    film = frames(until=60) | LOST | {END - 1: [left(590)]}
    found = told(film, patience=timedelta(seconds=5))
    assert [each for each in found if each[0] == "exit"] == [("exit", "door", 590)]
