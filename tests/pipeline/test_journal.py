import pickle
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.events import (
    CameraStateChanged,
    Event,
    FaceRecognized,
    SystemStateChanged,
    TrackObserved,
    VisitEnded,
    VisitStarted,
    ZoneCrossed,
)
from genesis_ray.domain.recognition.drift import DriftPolicy
from genesis_ray.pipeline.journal import SiteJournal

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
GAP_S = 60


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def envelope(seconds: float, camera: str) -> dict:
    return {
        "tenant_id": "shop",
        "site_id": "york",
        "camera_id": camera,
        "occurred_at": at(seconds),
    }


def seen(seconds: float, *, track: int = 1, camera: str = "door") -> TrackObserved:
    return TrackObserved(
        **envelope(seconds, camera),
        track_id=track,
        frame_index=0,
        x1=0.1,
        y1=0.1,
        x2=0.2,
        y2=0.2,
        confidence=0.9,
    )


def entered(
    seconds: float, zone: str, *, track: int = 1, camera: str = "door", direction="enter"
) -> ZoneCrossed:
    return ZoneCrossed(
        **envelope(seconds, camera), zone_id=zone, track_id=track, direction=direction
    )


def named(
    seconds: float,
    who: str = "ada",
    *,
    track: int = 1,
    camera: str = "door",
    decision="named",
    similarity=0.8,
    is_new=False,
) -> FaceRecognized:
    return FaceRecognized(
        **envelope(seconds, camera),
        track_id=track,
        identity_id=who,
        decision=decision,
        similarity=similarity,
        runner_up_similarity=None,
        threshold=0.5,
        votes=3,
        quality=0.9,
        gate="",
        is_new=is_new,
        embedder="fused",
    )


def journal() -> SiteJournal:
    return SiteJournal(tenant_id="shop", site_id="york", visit_gap=timedelta(seconds=GAP_S))


def story(*events: Event) -> list[Event]:
    """Return what a journal makes of the events and of their end."""
    keeper = journal()
    return [fact for event in events for fact in keeper.apply(event)] + keeper.finish()


def visits(*events: Event) -> list[VisitEnded]:
    return [fact for fact in story(*events) if isinstance(fact, VisitEnded)]


def span(visit: VisitEnded) -> tuple[float, float]:
    return (visit.started_at - START).total_seconds(), (visit.ended_at - START).total_seconds()


def test_a_visit_starts_when_its_track_came_into_view_and_not_when_it_was_named():
    started, ended = story(seen(0), seen(1), seen(2), named(2.5), seen(3))
    assert isinstance(started, VisitStarted)
    assert started.occurred_at == started.started_at == at(0)
    assert span(ended) == (0, 3)


def test_a_visit_ends_when_the_visitor_was_last_seen():
    (visit,) = visits(seen(0), named(0), seen(4.2))
    assert visit.occurred_at == visit.ended_at == at(4.2)


def test_start_and_end_tell_of_one_visit():
    started, ended = story(seen(0), named(0))
    assert (started.visit_id, started.identity_id) == (ended.visit_id, "ada")
    assert started.event_id != ended.event_id


def test_tracks_without_a_name_make_no_visit():
    assert story(seen(0), seen(1), entered(1, "till")) == []


@pytest.mark.parametrize("decision", ["review", "unknown"])
def test_a_track_that_was_looked_at_but_not_named_makes_no_visit(decision):
    assert story(seen(0), named(1, decision=decision), seen(2)) == []


def test_zones_entered_before_the_naming_belong_to_the_visit():
    (visit,) = visits(
        seen(0), entered(1, "door"), entered(2, "aisle"), named(3), entered(4, "till")
    )
    assert visit.zone_ids == ("door", "aisle", "till")


def test_leaving_a_zone_is_not_entering_it():
    (visit,) = visits(seen(0), named(0), entered(1, "till"), entered(2, "till", direction="exit"))
    assert visit.zone_ids == ("till",)


def test_zones_of_several_tracks_are_told_in_order_of_time():
    (visit,) = visits(
        seen(0),
        named(0),
        seen(1, track=2, camera="hall"),
        entered(2, "hall", track=2, camera="hall"),
        entered(4, "till"),
        named(5, track=2, camera="hall"),
    )
    assert visit.zone_ids == ("hall", "till")


def test_zones_of_somebody_else_stay_theirs():
    by_name = {
        visit.identity_id: visit.zone_ids
        for visit in visits(
            seen(0, track=1),
            seen(0, track=2),
            entered(1, "till", track=1),
            entered(1, "shelf", track=2),
            named(2, "ada", track=1),
            named(2, "bob", track=2),
        )
    }
    assert by_name == {"ada": ("till",), "bob": ("shelf",)}


def test_two_tracks_of_one_person_are_one_visit():
    (visit,) = visits(
        seen(0), named(1), seen(10, track=2, camera="till"), named(12, track=2, camera="till")
    )
    assert (span(visit), visit.camera_id) == ((0, 12), "till")


def test_the_start_names_the_camera_that_saw_the_visitor_first():
    started, _ = story(seen(0), named(1), seen(10, track=2, camera="till"))
    assert started.camera_id == "door"


def test_who_comes_back_after_the_gap_has_a_second_visit():
    back = GAP_S + 1
    first, second = visits(
        seen(0), named(0), seen(back, track=2), seen(back + 1, track=2), named(back + 1, track=2)
    )
    assert (span(first), span(second)) == ((0, 0), (back, back + 1))
    assert first.visit_id != second.visit_id


def test_a_visit_that_has_gone_quiet_ends_while_others_are_seen():
    keeper = journal()
    for event in (seen(0), named(0)):
        keeper.apply(event)
    facts = [
        fact
        for second in range(1, 3 * GAP_S)
        for fact in keeper.apply(seen(second, track=2, camera="till"))
    ]
    assert [type(fact) for fact in facts] == [VisitEnded]


def test_other_events_tell_nothing_of_visits():
    state = CameraStateChanged(**envelope(0, "door"), state="online", reason="")
    assert story(state) == []


def test_the_end_ends_every_visit_once():
    keeper = journal()
    for number, who in enumerate(["ada", "bob"], start=1):
        keeper.apply(seen(number, track=number))
        keeper.apply(named(number, who, track=number))
    assert [fact.identity_id for fact in keeper.finish()] == ["ada", "bob"]
    assert keeper.finish() == []


def test_a_very_late_name_makes_no_visits_that_overlap():
    film = [seen(0), named(0)]  # gone after that, from this camera
    film += [seen(second, track=2, camera="hall") for second in range(-5, 200)]
    film += [named(200, track=2, camera="hall")]
    film.sort(key=lambda event: event.occurred_at)
    first, second = visits(*film)
    assert first.ended_at < second.started_at


tracks = st.fixed_dictionaries(
    {
        "begin": st.integers(0, 400),
        "length": st.integers(0, 150),
        "named_after": st.integers(0, 200),
        "who": st.sampled_from(["ada", "bob"]),
        "camera": st.sampled_from(["door", "till"]),
        "zones": st.lists(st.integers(0, 150), max_size=3),
    }
)


def film_of(some_tracks) -> list[Event]:
    """Return the events of tracks, in the order in which they reach a journal."""
    film: list[Event] = []
    for number, track in enumerate(some_tracks, start=1):
        own = {"track": number, "camera": track["camera"]}
        begin, length = track["begin"], track["length"]
        film += [seen(begin + second, **own) for second in range(length + 1)]
        film += [
            entered(begin + second, f"z{second}", **own)
            for second in track["zones"]
            if second <= length
        ]
        if track["named_after"] <= length:
            film.append(named(begin + track["named_after"], track["who"], **own))
    return sorted(film, key=lambda event: (event.occurred_at, isinstance(event, FaceRecognized)))


@given(st.lists(tracks, max_size=5))
@settings(max_examples=50)
def test_the_same_events_tell_the_same_story(some_tracks):
    film = film_of(some_tracks)
    assert story(*film) == story(*film)


@given(st.lists(tracks, max_size=5))
@settings(max_examples=50)
def test_every_visit_starts_once_and_ends_once_and_those_of_one_person_do_not_overlap(some_tracks):
    facts = story(*film_of(some_tracks))
    started = [fact.visit_id for fact in facts if isinstance(fact, VisitStarted)]
    ended = [fact for fact in facts if isinstance(fact, VisitEnded)]
    assert len(set(started)) == len(started)
    assert sorted(started) == sorted(visit.visit_id for visit in ended)
    for who in ("ada", "bob"):
        own = sorted((v for v in ended if v.identity_id == who), key=lambda v: v.started_at)
        assert all(one.ended_at < other.started_at for one, other in pairwise(own))
        assert all(visit.started_at <= visit.ended_at for visit in own)


@given(st.lists(tracks, max_size=5))
@settings(max_examples=50)
def test_whoever_was_named_was_there_from_the_first_to_the_last_sight_of_the_track(some_tracks):
    ended = [fact for fact in story(*film_of(some_tracks)) if isinstance(fact, VisitEnded)]
    for track in some_tracks:
        if track["named_after"] <= min(track["length"], 30):
            begin, end = at(track["begin"]), at(track["begin"] + track["length"])
            assert any(
                visit.identity_id == track["who"]
                and visit.started_at <= begin
                and end <= visit.ended_at
                for visit in ended
            )


def drifting(*events: Event) -> list[SystemStateChanged]:
    keeper = SiteJournal(
        tenant_id="shop",
        site_id="york",
        visit_gap=timedelta(seconds=GAP_S),
        drift=DriftPolicy(window=4, drop=0.08),
    )
    facts = [fact for event in events for fact in keeper.apply(event)]
    return [fact for fact in facts if isinstance(fact, SystemStateChanged)]


def test_matches_that_get_less_alike_are_told_once_at_the_time_of_the_match():
    alike = [named(second, track=second) for second in range(4)]
    less = [named(second, track=second, similarity=0.6) for second in range(4, 12)]
    (drift,) = drifting(*alike, *less)
    assert (drift.component, drift.state, drift.camera_id) == ("matches", "degraded", "door")
    assert drift.occurred_at == at(5)
    assert drift.reason == "mean similarity 0.700, was 0.800"


def test_new_visitors_are_no_matches():
    new = [named(second, track=second, similarity=1.0, is_new=True) for second in range(4)]
    assert drifting(*new, *[named(second, track=second) for second in range(4, 12)]) == []


def test_a_journal_that_begins_anew_remembers_matches_of_before():
    keeper = SiteJournal(
        tenant_id="shop",
        site_id="york",
        visit_gap=timedelta(seconds=GAP_S),
        drift=DriftPolicy(window=4, drop=0.08),
    )
    for _ in range(4):
        keeper.remember_match("door", "fused", 0.9)
    facts = [f for n in range(4) for f in keeper.apply(named(n, track=n, similarity=0.7))]
    assert any(isinstance(fact, SystemStateChanged) for fact in facts)
    assert keeper.match_levels()["door"].baseline == pytest.approx(0.9)


@pytest.mark.parametrize("named_at", [0, 3_000])
def test_a_track_that_jitters_over_an_edge_for_hours_makes_no_row_without_end(named_at):
    keeper, sizes, facts = journal(), [], []
    for second in range(10_000):
        if second == named_at:
            facts += keeper.apply(named(second))
        facts += keeper.apply(entered(second, "left" if second % 2 else "right"))
        facts += keeper.apply(seen(second))
        if second % 1_000 == 999:
            sizes.append(len(pickle.dumps(keeper)))
    facts += keeper.apply(entered(10_000, "till"))
    facts += keeper.finish()
    (visit,) = [fact for fact in facts if isinstance(fact, VisitEnded)]
    assert visit.zone_ids == ("right", "left") * 500 + ("till",)
    assert max(sizes[5:]) <= 1.01 * max(sizes[:5])


def test_exits_of_who_is_lost_without_one_are_told_and_counted():
    journal = SiteJournal(tenant_id="shop", site_id="york", visit_gap=timedelta(seconds=GAP_S))
    for event in (entered(0, "queue"), seen(1), entered(2, "queue", track=2)):
        assert journal.apply(event) == []
    assert journal.counts().zones["door", "queue"].people == 2
    assert journal.apply(seen(500, track=2)) == [entered(1, "queue", direction="exit")]
    assert journal.counts().zones["door", "queue"].people == 1
    failed = CameraStateChanged(**envelope(501, "door"), state="failed", reason="")
    left = entered(500, "queue", track=2, direction="exit")
    assert journal.apply(failed) == [left]
    assert journal.counts().zones["door", "queue"].people == 0
