import pickle
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.visits import Visit, VisitBook

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
GAP_S = 60


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def book() -> VisitBook:
    return VisitBook(timedelta(seconds=GAP_S))


def see(book: VisitBook, since: float, until: float | None = None, *, camera: str = "door"):
    end = since if until is None else until
    return book.see("ada", camera, since=at(since), until=at(end))


def spans(visits: list[Visit]) -> list[tuple[float, float]]:
    return [
        ((v.started_at - START).total_seconds(), (v.last_seen_at - START).total_seconds())
        for v in visits
    ]


def visits_of(sightings: list[tuple[float, float]]) -> list[Visit]:
    """Return the visits that sightings, (since, until) in seconds, lead to."""
    book = VisitBook(timedelta(seconds=GAP_S))
    ended = [see(book, since, until)[0] for since, until in sightings]
    return [visit for visit in ended if visit] + book.close_all()


def test_the_first_sight_opens_a_visit(book):
    ended, opened = see(book, 5)
    assert ended is None
    assert (opened.started_at, opened.first_camera_id) == (at(5), "door")


def test_another_sight_soon_after_belongs_to_it(book):
    see(book, 0)
    assert see(book, GAP_S) == (None, None)
    assert spans(book.close_all()) == [(0, GAP_S)]


def test_who_comes_back_after_more_than_the_gap_makes_a_new_visit(book):
    see(book, 0, 10)
    ended, opened = see(book, 10 + GAP_S + 1)
    assert spans([ended]) == [(0, 10)]
    assert opened.started_at == at(10 + GAP_S + 1)


def test_a_long_track_is_one_visit_however_long_it_is(book):
    see(book, 0, 10 * GAP_S)
    assert spans(book.close_all()) == [(0, 10 * GAP_S)]


def test_a_track_named_late_moves_the_start_back_to_its_first_sight(book):
    see(book, 100)
    see(book, 70, 110)
    assert spans(book.close_all()) == [(70, 110)]


def test_a_moved_start_leaves_what_tells_the_visit_from_others(book):
    _, opened = see(book, 100)
    see(book, 70, 110)
    assert opened.opened_at == at(100)


def test_a_visit_ends_at_the_camera_that_saw_it_last(book):
    see(book, 0, camera="door")
    see(book, 20, camera="till")
    see(book, 10, camera="door")
    (visit,) = book.close_all()
    assert (visit.first_camera_id, visit.last_camera_id) == ("door", "till")


def test_identities_have_visits_of_their_own(book):
    see(book, 0)
    assert book.see("bob", "door", since=at(1), until=at(1))[1]
    assert [visit.identity_id for visit in book.close_all()] == ["ada", "bob"]


def test_a_stale_visit_is_closed_without_another_sight(book):
    see(book, 0)
    assert book.close_stale(at(GAP_S)) == []
    assert spans(book.close_stale(at(GAP_S + 31))) == [(0, 0)]
    assert book.close_all() == []


def test_a_track_that_began_in_time_may_be_named_a_little_after_it(book):
    see(book, 0)
    assert book.close_stale(at(GAP_S + 20)) == []
    assert see(book, GAP_S - 5, GAP_S + 20) == (None, None)


def test_news_of_a_visit_that_is_closed_change_nothing(book):
    see(book, 0, 50)
    book.close_stale(at(1000))
    assert see(book, 20, 40) == (None, None)
    book.enter("ada", "till", at=at(30))
    assert book.close_all() == []


def test_a_track_named_after_its_visit_was_closed_counts_from_then_on(book):
    see(book, 0, 50)
    book.close_stale(at(1000))
    _, opened = see(book, 30, 1010)
    assert opened.started_at == at(50) + timedelta.resolution
    assert opened.opened_at == opened.started_at


def test_zones_are_told_in_the_order_of_entering_them(book):
    see(book, 0, 30)
    book.enter("ada", "till", at=at(20))
    book.enter("ada", "door", at=at(10))  # another track's, named later
    book.enter("ada", "door", at=at(30))
    (visit,) = book.close_all()
    assert visit.zone_ids == ("door", "till", "door")


seconds = st.integers(0, 1200)
sightings = st.lists(
    st.tuples(seconds, st.integers(0, 400)).map(lambda s: (s[0], s[0] + s[1])), min_size=1
)


@given(sightings)
def test_visits_of_one_identity_never_overlap(unordered):
    in_order_of_naming = sorted(unordered, key=lambda sighting: sighting[1])
    visits = visits_of(in_order_of_naming)
    assert all(one.last_seen_at < other.started_at for one, other in pairwise(visits))
    assert all(visit.started_at <= visit.last_seen_at for visit in visits)
    assert len({visit.opened_at for visit in visits}) == len(visits)


@given(sightings)
def test_visits_are_what_lies_no_further_apart_than_the_gap(unordered):
    in_order = sorted(unordered)
    joined = [list(in_order[0])]
    for since, until in in_order[1:]:
        if since - joined[-1][1] <= GAP_S:
            joined[-1][1] = max(joined[-1][1], until)
        else:
            joined.append([since, until])
    assert spans(visits_of(in_order)) == [tuple(visit) for visit in joined]


@given(sightings, st.integers(1, GAP_S))
def test_how_sightings_are_chopped_up_makes_no_difference(unordered, length):
    chopped = sorted(
        (begin, min(begin + length, until))
        for since, until in unordered
        for begin in range(since, until + 1, length)
    )
    assert spans(visits_of(chopped)) == spans(visits_of(sorted(unordered)))


def test_a_book_does_not_grow_with_everybody_who_ever_came(book):
    sizes = []
    for day in range(1, 5):
        for visitor in range(100):
            book.see(f"{day}-{visitor}", "door", since=at(day * 86_400), until=at(day * 86_400 + 9))
            book.close_stale(at(day * 86_400 + 86_000))
        sizes.append(len(pickle.dumps(book)))
    assert sizes[-1] < 1.1 * sizes[1]


def test_a_visit_goes_on_as_that_of_another_identity(book):
    see(book, 0)
    book.rename({"ada": "somebody"})
    book.see("somebody", "till", since=at(5), until=at(9))
    (visit,) = book.close_all()
    assert (visit.identity_id, visit.last_camera_id) == ("somebody", "till")
    assert spans([visit]) == [(0, 9)]


def test_visits_of_two_who_become_one_are_one_visit(book):
    book.see("ben", "door", since=at(3), until=at(8))
    book.enter("ben", "left", at=at(4))
    book.see("ada", "till", since=at(0), until=at(5))
    book.rename({"ada": "somebody", "ben": "somebody"})
    (visit,) = book.close_all()
    assert (visit.identity_id, visit.opened_at, visit.last_camera_id) == (
        "somebody", at(0), "door",
    )  # fmt: skip
    assert visit.zone_ids == ("left",)
    assert spans([visit]) == [(0, 8)]
