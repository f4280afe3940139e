from datetime import timedelta
from pathlib import Path

import pytest

from genesis_ray.domain.events import Event, VisitEnded, VisitStarted
from genesis_ray.running.left_open import visits_left_open
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from tests.letters import NOON


def started(who: str, *, hours: float = 0, tenant_id: str = "shop") -> VisitStarted:
    at = NOON + timedelta(hours=hours)
    return VisitStarted(
        tenant_id=tenant_id, site_id="york", camera_id="door", occurred_at=at,
        visit_id=f"{who}-{hours}", identity_id=who, started_at=at,
    )  # fmt: skip


def ended(visit: VisitStarted) -> VisitEnded:
    at = visit.started_at + timedelta(minutes=5)
    return VisitEnded(
        tenant_id=visit.tenant_id, site_id="york", camera_id="door", occurred_at=at,
        visit_id=visit.visit_id, identity_id=visit.identity_id, started_at=visit.started_at,
        ended_at=at, zone_ids=(),
    )  # fmt: skip


@pytest.fixture
def left(tmp_path: Path):
    """Who is still there, by a log of events."""

    def left(*events: Event) -> list[tuple[str, float]]:
        with EventLog(tmp_path / "events") as log:
            log.append(events)
        visits = visits_left_open(RunTables(tmp_path / "events", "shop"))
        return [(v.identity_id, (v.opened_at - NOON) / timedelta(hours=1)) for v in visits]

    return left


def test_a_log_without_open_visits_has_none(left):
    assert left() == []
    visit = started("ada")
    assert left(visit, ended(visit)) == []


def test_visits_without_an_end_are_found_among_the_others(left):
    other = started("bob")
    assert left(started("ada", hours=1), other, ended(other)) == [("ada", 1)]


def test_those_of_another_tenant_are_theirs(left):
    assert left(started("ada"), started("bob", tenant_id="other")) == [("ada", 0)]


def test_one_that_was_opened_days_before_the_last_is_left_as_it_is(left):
    assert left(started("ada"), started("bob", hours=49)) == [("bob", 49)]
