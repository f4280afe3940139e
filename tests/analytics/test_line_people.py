from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.line_people import line_people
from genesis_ray.domain.places.footfall import Footfall, Passage
from tests.hand_made import at, line, recognized, tables

HOUR = 3600


def counts(events, *, since=0, until=HOUR, bucket=None, **chosen):
    """Return (people_in, people_out) of each bucket, of one line."""
    rows = line_people(
        tables(events), since=at(since), until=at(until), time_zone="UTC", bucket=bucket, **chosen
    ).to_pylist()
    return [(row["people_in"], row["people_out"]) for row in rows]


def test_who_goes_in_and_out_three_times_within_the_gap_is_one_person():
    events = [line(30 * n, ("in", "out")[n % 2]) for n in range(6)]
    assert counts(events) == [(1, 1)]


def test_who_is_back_after_the_gap_counts_again():
    events = [line(0), line(60, "out"), line(361), line(661 + 60, "out")]
    assert counts(events) == [(2, 2)]
    assert counts(events, visit_gap_s=301) == [(1, 1)]


def test_however_long_somebody_is_inside_they_leave_once():
    assert counts([line(0), line(23 * HOUR, "out"), line(23 * HOUR + 60)], until=86_400) == [(1, 1)]


def test_one_identity_under_two_tracks_is_one_person_and_tracks_without_a_name_are_two():
    events = [line(10, track_id=1), line(20, "out", track_id=1), line(90, track_id=2)]
    names = [recognized(5, 1, who="ada"), recognized(80, 2, who="ada")]
    assert counts(events) == [(2, 1)]
    assert counts(events + names) == [(1, 1)]


def test_a_name_counts_from_when_it_is_known():
    events = [line(10, track_id=1), recognized(20, 1, who="ada"), line(30, track_id=1)]
    assert counts(events) == [(2, 0)]


def test_who_came_before_the_range_is_not_counted_again_in_it():
    assert counts([line(-100), line(60, "out"), line(90)]) == [(0, 1)]


def test_each_counts_in_the_bucket_in_which_they_came_first():
    events = [line(3590), line(3610, "out"), line(3650)]
    assert counts(events, until=2 * HOUR, bucket="hour") == [(1, 0), (0, 1)]


def test_rows_that_stand_twice_count_once():
    assert counts([line(0), line(0)]) == [(1, 0)]


@pytest.mark.parametrize("bucket", ["hour", "day"])
@settings(max_examples=10, deadline=None)
@given(
    passages=st.lists(
        st.tuples(
            st.integers(-20 * HOUR, 30 * HOUR) | st.integers(0, 3 * HOUR),
            st.sampled_from(["in", "out"]),
            st.sampled_from(["street", "yard"]),
            st.integers(1, 3),
            st.sampled_from(["door", "hall"]),
        ),
        max_size=14,
    ),
    names=st.lists(
        st.tuples(st.integers(-20 * HOUR, 30 * HOUR), st.integers(1, 3), st.sampled_from("ab")),
        max_size=4,
        unique_by=lambda name: name[0],
    ),
    gap_s=st.sampled_from([60, 300, 2 * HOUR]),
)
def test_people_are_those_that_are_counted_live(passages, names, gap_s, bucket):
    events = [line(second, way, place, who, where) for second, way, place, who, where in passages]
    events += [recognized(second, track, who) for second, track, who in names]
    known: dict[tuple[str, int], str] = {}
    live, expected = {}, {}
    for event in sorted(
        events, key=lambda each: (each.occurred_at, getattr(each, "direction", ""))
    ):
        track = event.camera_id, event.track_id
        if not hasattr(event, "direction"):
            known[track] = event.identity_id
            continue
        place, who = (event.camera_id, event.line_id), known.get(track, str(track))
        footfall = live.setdefault(place, Footfall(reentry_gap=timedelta(seconds=gap_s)))
        is_new = footfall.update(Passage(event.occurred_at, "", event.direction, who))
        if is_new and at(0) <= event.occurred_at < at(30 * HOUR):
            key = *place, event.direction
            expected[key] = expected.get(key, 0) + 1
    rows = line_people(
        tables(events), since=at(0), until=at(30 * HOUR), time_zone="Europe/Berlin",
        bucket=bucket, visit_gap_s=gap_s,
    ).to_pylist()  # fmt: skip
    found: dict[tuple[str, str, str], int] = {}
    for row in rows:
        for way in ("in", "out"):
            key = row["camera_id"], row["line_id"], way
            found[key] = found.get(key, 0) + row[f"people_{way}"]
    assert {key: people for key, people in found.items() if people} == expected
