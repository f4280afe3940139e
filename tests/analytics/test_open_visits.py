from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.open_visits import open_visits
from genesis_ray.domain.events import Event, FaceRecognized, TrackObserved, VisitEnded, ZoneCrossed
from genesis_ray.domain.places.zone_entries import ZoneEntries
from genesis_ray.domain.recognition.visits import Visit
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
OWNERS = {1: "ada", 2: "ada", 3: "bob"}
"""Whose track is whose, once it has been named."""


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def envelope(seconds: int, track: int) -> dict:
    camera_id = "till" if track == 2 else "door"
    return {
        "tenant_id": "shop",
        "site_id": "york",
        "camera_id": camera_id,
        "occurred_at": at(seconds),
    }


def seen(seconds: int, track: int = 1) -> TrackObserved:
    return TrackObserved(
        **envelope(seconds, track), track_id=track, frame_index=0,
        x1=0.1, y1=0.1, x2=0.2, y2=0.2, confidence=0.9,
    )  # fmt: skip


def entered(seconds: int, track: int = 1, zone: str = "counter") -> ZoneCrossed:
    return ZoneCrossed(**envelope(seconds, track), zone_id=zone, track_id=track, direction="enter")


def named(seconds: int, track: int = 1) -> FaceRecognized:
    return FaceRecognized(
        **envelope(seconds, track), track_id=track, identity_id=OWNERS[track],
        decision="named", similarity=0.8, runner_up_similarity=None, threshold=0.5, votes=3,
        quality=0.9, gate="", is_new=False, embedder="fused",
    )  # fmt: skip


def new_journal() -> SiteJournal:
    return SiteJournal(tenant_id="shop", site_id="york", visit_gap=timedelta(seconds=5))


def told(journal: SiteJournal, events: Sequence[Event]) -> list[Event]:
    """What a journal makes of events, with them."""
    return [each for event in events for each in (event, *journal.apply(event))]


def left_in(log: Sequence[Event]) -> list[Visit]:
    empty = {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()}
    return [
        Visit(
            *(row[name] for name in ("identity_id", "opened_at", "started_at", "last_seen_at")),
            *(row[name] for name in ("first_camera_id", "last_camera_id")),
            ZoneEntries(zip(row["entered_at"], row["zone_ids"], strict=True)),
        )
        for row in open_visits({**empty, **to_tables(log)}).to_pylist()
    ]


def ends_of(log: Sequence[Event]) -> list[Event]:
    """How the visits end that a journal finds open in the log, if nothing more comes."""
    journal = new_journal()
    return journal.reopen(left_in(log)) + journal.finish()


def test_nobody_is_there_where_nobody_came_or_all_have_left():
    assert left_in([]) == []
    journal = new_journal()
    log = told(journal, [seen(0), named(1), seen(2)])
    assert left_in(log + journal.finish()) == []


def test_a_visit_is_taken_up_with_all_that_was_seen_of_it():
    journal = new_journal()
    log = told(
        journal,
        [seen(0), entered(1), named(2), seen(3), seen(3, 2), named(4, 2), entered(5, 2, "till")],
    )
    (visit,) = left_in(log)
    assert (visit.identity_id, visit.opened_at, visit.started_at) == ("ada", at(0), at(0))
    assert (visit.last_seen_at, visit.first_camera_id) == (at(5), "door")
    assert visit.last_camera_id == "till"
    assert visit.zone_ids == ("counter", "till")


def test_of_cameras_that_see_somebody_at_once_the_last_by_name_saw_them_last():
    log = told(new_journal(), [named(1), named(1, 2), seen(9), seen(9, 2)])
    for rows in (log, log[::-1]):
        (visit,) = left_in(rows)
        assert (visit.last_seen_at, visit.last_camera_id) == (at(9), "till")


def test_who_comes_back_in_time_goes_on_with_the_visit_and_who_is_late_makes_a_new_one():
    log = told(new_journal(), [seen(0), named(1), seen(2)])
    for back_s, ended in ((6, []), (60, [at(2)])):
        journal = new_journal()
        journal.reopen(left_in(log))
        facts = told(journal, [seen(back_s), named(back_s)])
        assert [fact.ended_at for fact in facts if isinstance(fact, VisitEnded)] == ended
        (last,) = journal.finish()
        assert last.started_at == (at(60) if ended else at(0))


def test_of_two_open_visits_of_one_visitor_the_last_goes_on_and_the_first_ends():
    first = told(new_journal(), [seen(0), named(1), seen(2)])
    log = first + told(new_journal(), [seen(60), named(61), seen(62)])
    assert [(end.started_at, end.ended_at) for end in ends_of(log)] == [
        (at(0), at(2)),
        (at(60), at(62)),
    ]
    assert {end.visit_id for end in ends_of(log)} == {
        event.visit_id for event in log if type(event).__name__ == "VisitStarted"
    }


def test_who_was_in_view_under_no_name_yet_when_a_visit_ended_is_there_from_then_on():
    journal = new_journal()
    unnamed = [seen(second) for second in range(3, 8)]
    log = told(journal, [seen(1), named(2, 2), *unnamed, seen(8, 2), named(9)])
    (visit,) = left_in(log)
    assert visit.started_at == at(2) + timedelta.resolution
    assert ends_of(log) == journal.finish()


happenings = st.lists(
    st.tuples(st.sampled_from([seen, seen, entered, named]), st.sampled_from([*OWNERS])),
    max_size=10,
)
pauses = st.lists(st.sampled_from([1, 1, 6]), min_size=10, max_size=10)
"""Together less than a minute, after which a track that was not seen is forgotten."""


@given(happenings, pauses)
@settings(max_examples=25)
def test_wherever_the_log_breaks_off_its_visits_end_as_they_would_have(happened, pauses):
    events, names, now = [], set(), 0
    for (make, track), pause in zip(happened, pauses, strict=False):
        now += pause
        if make is named and track in names:
            continue
        names |= {track} if make is named else set()
        events.append(make(now, track))
    journal = new_journal()
    log = told(journal, events)
    assert ends_of(log) == journal.finish()
