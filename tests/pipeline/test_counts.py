"""Counts of people whose every step is known, from boxes to attendances."""

import pickle
from collections import defaultdict
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.attendance import attendances
from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import Event, FaceRecognized
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.observer import CameraObserver
from genesis_ray.pipeline.producers import RESOLVER, TimedEvents
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables
from genesis_ray.vision.tracker import PersonTracker
from tests.pipeline.walkers import (
    CAMERAS,
    FILM_S,
    START,
    VISIT_GAP_S,
    Told,
    Walker,
    at,
    crowds,
    frames,
    observer,
    told,
)

RATES = st.sampled_from([3.0, 5.0, 7.5, 10.0, 25.0])
QUICK = settings(max_examples=12)
COSTLY = settings(max_examples=5)

Telling = tuple[str, TimedEvents, object]
"""Who tells what, and how far they are then."""


def stage(**options: object) -> JournalStage:
    journal = SiteJournal(
        tenant_id="shop", site_id="york", visit_gap=timedelta(seconds=VISIT_GAP_S)
    )
    return JournalStage(CAMERAS, journal, **options)


def at_once(film: Told) -> list[Telling]:
    return [(camera, events, DONE) for camera, events in film.cameras.items()] + [
        (RESOLVER, film.names, DONE)
    ]


def logged(tellings: list[Telling], **options: object) -> list[Event]:
    """Return what a journal logs of what it is told, in this order."""
    journaling = stage(**options)
    events = [event for telling in tellings for event in journaling.take(*telling)]
    assert journaling.late == 0
    return events + journaling.finish()


def tables(events: list[Event]) -> dict:
    unique = {event.event_id: event for event in events}  # as the log does
    empty = {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()}
    return empty | to_tables(list(unique.values()))


def rows(events: list[Event]) -> dict[bytes, Event]:
    return {event.event_id: event for event in events}


def attendances_of(events: list[Event]) -> list[dict]:
    return attendances(tables(events), visit_gap_s=VISIT_GAP_S).to_pylist()


def seconds(moment) -> float:
    return (moment - START).total_seconds()


def expected_attendances(walkers: list[Walker]) -> dict[tuple, list[Walker]]:
    """Return who makes up each attendance: those of one name in one part of the film, else each."""
    groups = defaultdict(list)
    for walker in walkers:
        named = walker.named_after_s is not None
        groups[(walker.who, walker.appears_s > FILM_S / 2) if named else (walker.number,)].append(
            walker
        )
    return groups


@COSTLY
@given(walkers=crowds(), fps=RATES)
def test_attendances_are_right_at_any_frame_rate(walkers, fps):
    """Each begins and ends within a frame of the truth, and has the time in zones it should."""
    found = attendances_of(logged(at_once(told(walkers, fps))))
    groups = expected_attendances(walkers)
    assert len(found) == len(groups)
    by_tracks = {frozenset(each["track_id"] for each in row["tracks"]): row for row in found}
    for own in groups.values():
        row = by_tracks[frozenset(walker.number for walker in own)]
        assert row["identity_id"] == (own[0].who if own[0].named_after_s is not None else None)
        begins, ends = min(w.appears_s for w in own), max(w.leaves_s for w in own)
        assert begins <= seconds(row["started_at"]) + 1e-6 <= begins + 1 / fps + 2e-6
        assert ends - 1 / fps - 2e-6 <= seconds(row["ended_at"]) <= ends + 1e-6
        if len(own) == 1:
            periods = own[0].zone_periods()
            assert len(row["zone_ids"]) == len(periods)
            dwell_s = sum(dict(row["dwell_s"]).values())
            true_s = sum(until - since for since, until in periods)
            assert dwell_s == pytest.approx(true_s, abs=2 * len(periods) / fps + 1e-6)


@QUICK
@given(walkers=crowds(named=False), fps=RATES)
def test_who_goes_over_a_line_is_counted_once_at_any_frame_rate(walkers, fps):
    events = logged(at_once(told(walkers, fps)))
    found = sorted(
        (row["track_id"], seconds(row["occurred_at"]), row["direction"])
        for row in tables(events)["line_crossings"].to_pylist()
    )
    true = sorted((w.number, *crossing) for w in walkers for crossing in w.line_crossings())
    assert [(number, way) for number, _, way in found] == [(number, way) for number, _, way in true]
    for (_, found_s, _), (_, true_s, _) in zip(found, true, strict=True):
        assert true_s - 1e-6 <= found_s <= true_s + 1 / fps + 1e-6


@QUICK
@given(walkers=crowds(), fps=RATES)
def test_entries_minus_exits_is_how_many_are_in_a_zone(walkers, fps):
    crossings = tables(logged(at_once(told(walkers, fps))))["zone_crossings"].to_pylist()
    assert len({row["event_id"] for row in crossings}) == len(crossings)
    periods = [(w.camera, *period) for w in walkers for period in w.zone_periods()]
    for camera in CAMERAS:
        moves = [
            (seconds(row["occurred_at"]), 1 if row["direction"] == "enter" else -1)
            for row in crossings
            if row["camera_id"] == camera
        ]
        assert sum(step for _, step in moves) == 0
        edges = [edge for one, *period in periods if one == camera for edge in period]
        for second in range(int(FILM_S)):
            if any(abs(second - edge) <= 1 / fps + 1e-6 for edge in edges):
                continue
            inside = sum(step for moved_s, step in moves if moved_s <= second)
            assert inside == sum(
                since <= second <= until for one, since, until in periods if one == camera
            )


@COSTLY
@given(walkers=crowds())
def test_visits_found_anew_from_what_was_seen_are_those_that_were_told(walkers):
    events = logged(at_once(told(walkers, 5)))
    visits = [row for row in tables(events)["visits"].to_pylist() if row["ended_at"]]
    found = [row for row in attendances_of(events) if row["identity_id"]]
    assert sorted(
        (row["identity_id"], row["started_at"], row["ended_at"]) for row in visits
    ) == sorted((row["identity_id"], row["started_at"], row["ended_at"]) for row in found)
    alone = {row["started_at"]: row["zone_ids"] for row in found if len(row["tracks"]) == 1}
    for row in visits:
        assert row["zone_ids"] == alone.get(row["started_at"], row["zone_ids"])


@QUICK
@given(walkers=crowds(), seed=st.integers(0, 999))
def test_neither_batches_nor_the_order_of_arrival_change_a_row(walkers, seed):
    """An archive is told camera by camera, a live system a few frames of each in turn."""
    film, chance = told(walkers, 5), Random(seed)
    archived = rows(logged(at_once(film)))
    assert rows(logged(interleaved(film, chance))) == archived
    live = interleaved(film, chance, lag_s=_PATIENCE.total_seconds())
    prompt = logged(live, is_prompt=True, patience=_PATIENCE)
    assert rows(prompt) == archived
    assert len(prompt) == len(archived)


_PATIENCE = timedelta(seconds=0.5)
"""For which a live journal waits for who is late."""


def interleaved(film: Told, chance: Random, *, lag_s: float | None = None) -> list[Telling]:
    """Return what is told in pieces of any size, by whoever is next.

    With a lag, nobody is further behind the foremost than that.
    """
    sources = {**film.cameras, RESOLVER: film.names}
    longest_s = lag_s / 2 if lag_s else 30
    done = dict.fromkeys(sources, 0.0)
    tellings: list[Telling] = []
    while done:
        slowest = min(done.values())
        able = [one for one in sorted(done) if not lag_s or done[one] - slowest <= lag_s / 2]
        producer = chance.choice(able)
        since = done[producer]
        until = since + chance.uniform(0.1, longest_s)
        begin, end = at(since), at(until)
        piece = [each for each in sources[producer] if begin <= each[0] < end]
        is_last = until > FILM_S + 1
        tellings.append((producer, piece, DONE if is_last else end - timedelta.resolution))
        done[producer] = until
        if is_last:
            del done[producer]
    return tellings


@COSTLY
@given(walkers=crowds(), seed=st.integers(0, 999))
def test_a_journal_that_died_and_is_told_again_counts_nothing_twice(
    tmp_path_factory, walkers, seed
):
    """It goes on from its last state; what came after is told again, and more than that."""
    chance = Random(seed)
    tellings = interleaved(told(walkers, 5), chance)
    again, kept, died = sorted(chance.randrange(len(tellings)) for _ in range(3))
    folder = tmp_path_factory.mktemp("log")
    with EventLog(folder) as log:
        journaling = stage()
        for telling in tellings[:kept]:
            log.append(journaling.take(*telling))
        state = pickle.dumps(journaling.state)
        for telling in tellings[kept:died]:
            log.append(journaling.take(*telling))
    with EventLog(folder) as log:
        journaling = stage()
        journaling.resume(pickle.loads(state))
        for telling in tellings[again:]:
            log.append(journaling.take(*telling))
        log.append(journaling.finish())
    expected = tables(logged(tellings))
    for name, table in expected.items():
        assert read_table(folder, name).num_rows == table.num_rows, name
    found = {name: read_table(folder, name) for name in expected}
    gap_s = VISIT_GAP_S
    assert attendances(found, visit_gap_s=gap_s).equals(attendances(expected, visit_gap_s=gap_s))


@QUICK
@given(data=st.data(), walkers=crowds(named=False))
def test_a_camera_that_died_and_looks_again_counts_nothing_twice(data, walkers):
    """It goes on from its last state with the frame after that: it says again what it said."""
    fps = 5
    camera = walkers[0].camera
    film = frames(walkers, camera, fps)
    whole, kept, died = observer(camera), *sorted(data.draw(_TWO_FRAMES))
    expected = rows(told_by(whole, film) + ended(whole))
    watching = observer(camera)
    before = told_by(watching, film[:kept])
    state = pickle.dumps(watching)
    lost = told_by(watching, film[kept:died])
    resumed = pickle.loads(state)
    after = told_by(resumed, film[kept:]) + ended(resumed)
    assert rows(before + lost + after) == expected
    assert len(before + after) == len(expected)


_TWO_FRAMES = st.tuples(*[st.integers(0, int(FILM_S * 5))] * 2)


def told_by(watching: CameraObserver, film: list) -> list[Event]:
    return [event for frame in film for event in watching.observe(*frame, width=640).events]


def ended(watching: CameraObserver) -> list[Event]:
    end = watching.finish()
    return list(end.events) if end else []


@pytest.mark.parametrize("fps", [5.0, 10.0, 25.0])
def test_with_the_tracker_itself_counts_are_the_same_at_any_frame_rate(fps):
    walkers = [
        Walker(90, "door", "", 1.1, True, (2.0, 2.0, 2.0), 3.0, None),
        Walker(91, "door", "", 20.3, False, (2.0, 2.0), 3.0, None),
    ]
    watching = observer("door", PersonTracker(process_fps=fps))
    found = tables(told_by(watching, frames(walkers, "door", fps)) + ended(watching))
    ways = [row["direction"] for row in found["line_crossings"].sort_by("occurred_at").to_pylist()]
    assert ways == ["in", "out", "out"]
    first, second = attendances(found, visit_gap_s=VISIT_GAP_S).to_pylist()
    for row, walker in zip((first, second), walkers, strict=True):
        assert seconds(row["started_at"]) == pytest.approx(walker.appears_s, abs=1 / fps)
        assert seconds(row["ended_at"]) == pytest.approx(walker.leaves_s, abs=1 / fps)
    assert (first["zone_ids"], second["zone_ids"]) == (["door zone"] * 2, ["door zone"])


def test_a_name_is_told_in_the_film():
    """So that the tests above are about named people too."""
    ada = Walker(1, "door", "ada", 0.0, True, (2.0, 2.0), 1.0, 1.0)
    events = logged(at_once(told([ada], 5)))
    assert [e.track_id for e in events if isinstance(e, FaceRecognized)] == [1]
