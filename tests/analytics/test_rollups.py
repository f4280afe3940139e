"""Figures from event rows, against the same told in plain Python, a microsecond at a time."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.rollups import RollupQueries
from genesis_ray.domain.figures.rollups import GROUPS, LONGEST_STAY, STAY_BINS, UNTOLD_STAY
from genesis_ray.domain.figures.time_buckets import QUARTER, quarter_of
from genesis_ray.store.schemas import EVENT_SCHEMAS

DAY = datetime(2026, 1, 5, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)

WHOLE_DAYS = st.integers(-86_400, 2 * 86_400 - 1)
"""Seconds from the day's beginning: of the day before, of the day itself, of the next one."""


QUERIES = RollupQueries()


def at(seconds: float) -> datetime:
    return DAY + timedelta(seconds=seconds)


def table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    schema = EVENT_SCHEMAS[name]
    full = [{"tenant_id": "default", "camera_id": "door"} | row for row in rows]
    return pa.Table.from_pylist(full, schema=schema)


def crossed(zone: str, track: int, direction: str, seconds: float) -> dict[str, object]:
    return {
        "zone_id": zone, "track_id": track, "direction": direction, "occurred_at": at(seconds),
    }  # fmt: skip


def stayed(track: int, since: float, until: float, zone: str = "till") -> list[dict[str, object]]:
    return [crossed(zone, track, "enter", since), crossed(zone, track, "exit", until)]


def zones(rows, *, start=DAY, end=NEXT) -> dict[tuple[float, str], dict[str, int]]:
    """The figures that are not zero, by (minute of the day, zone)."""
    answer = QUERIES.quarters(
        "zones", {"zone_crossings": table("zone_crossings", rows)}, start=start, end=end
    )
    return {
        ((row["bucket"] - DAY) / timedelta(minutes=1), row["zone_id"]): {
            name: row[name] for name in GROUPS["zones"].measures if row[name]
        }
        for row in answer.to_pylist()
    }


def test_a_stay_is_parted_among_its_quarters_and_counted_where_it_begins():
    assert zones(stayed(1, 890, 1000)) == {
        (0, "till"): {
            "entries": 1, "person_us": 10_000_000, "occupancy_most": 1,
            "stays": 1, "stay_us": 110_000_000, "stay_from_60s": 1,
        },
        (15, "till"): {"exits": 1, "person_us": 100_000_000, "occupancy_most": 1},
    }  # fmt: skip


def test_a_stay_over_midnight_is_in_both_days():
    rows = stayed(1, -10, 20)
    (before,) = zones(rows, start=DAY - timedelta(days=1), end=DAY).values()
    assert before["person_us"] == 10_000_000
    assert before["stay_us"] == 30_000_000
    assert zones(rows)[0, "till"] == {"exits": 1, "person_us": 20_000_000, "occupancy_most": 1}


def test_who_does_not_leave_is_there_for_four_hours_and_no_stay_that_is_over():
    found = zones([crossed("till", 1, "enter", 0)])
    assert sum(row["person_us"] for row in found.values()) == 4 * 3600 * 10**6
    assert found[0, "till"]["unfinished"] == 1
    assert not any("stays" in row for row in found.values())


def test_who_leaves_as_another_comes_is_not_there_at_the_same_time():
    rows = stayed(1, 0, 10) + stayed(2, 10, 20)
    assert zones(rows)[0, "till"]["occupancy_most"] == 1


def test_a_bin_has_its_lower_bound_and_not_its_upper_one():
    assert zones(stayed(1, 0, 10))[0, "till"]["stay_from_10s"] == 1
    assert "stay_from_10s" not in zones(stayed(1, 0, 9.999999))[0, "till"]


def test_a_stay_that_ends_on_a_quarter_is_not_in_the_next_one_but_for_its_exit():
    assert zones(stayed(1, 0, 900))[15, "till"] == {"exits": 1}


def site(rows) -> dict[float, tuple[int, int]]:
    """(person_us in seconds, occupancy_most) by minute of the day."""
    tables = {"zone_crossings": table("zone_crossings", rows)}
    answer = QUERIES.quarters("site", tables, start=DAY, end=NEXT).to_pylist()
    return {
        (row["bucket"] - DAY) / timedelta(minutes=1): (
            row["person_us"] // 10**6, row["occupancy_most"],
        )
        for row in answer
    }  # fmt: skip


def test_a_track_in_two_zones_is_one_person_of_the_site():
    rows = stayed(1, 0, 60) + stayed(1, 30, 90, "shelf") + stayed(2, 80, 100)
    assert site(rows) == {0: (110, 2)}
    assert site(stayed(1, 0, 60) + stayed(1, 60, 960, "shelf")) == {0: (900, 1), 15: (60, 1)}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["till", "shelf"]), st.integers(1, 3), WHOLE_DAYS), max_size=12
    )
)
def test_zones_are_as_told_second_by_second(crossings):
    """Tracks enter and leave in turn at any times of three days."""
    by_track = defaultdict(set)
    for zone, track, second in crossings:
        by_track[zone, track].add(second)
    rows, stays = [], []
    longest, untold = round(LONGEST_STAY.total_seconds()), round(UNTOLD_STAY.total_seconds())
    for (zone, track), seconds in by_track.items():
        for place, second in enumerate(sorted(seconds)):
            rows.append(crossed(zone, track, "exit" if place % 2 else "enter", second))
        ordered = sorted(seconds)
        for since, until in zip_longest(ordered[::2], ordered[1::2], fillvalue=None):
            is_over = until is not None and until - since <= longest
            stays.append((zone, since, until if is_over else since + untold, is_over))
    found = zones(rows)
    seconds_in, people = Counter(), Counter()
    for zone, since, until, _ in stays:
        for second in range(max(since, 0), min(until, 86_400)):
            seconds_in[second // 900 * 15, zone] += 1
            people[second, zone] += 1
    most = defaultdict(int)
    for (second, zone), count in people.items():
        most[second // 900 * 15, zone] = max(most[second // 900 * 15, zone], count)
    assert {key: row["person_us"] // 10**6 for key, row in found.items() if "person_us" in row} == (
        dict(seconds_in)
    )
    assert {k: row["occupancy_most"] for k, row in found.items() if "occupancy_most" in row} == most
    begun = [each for each in stays if 0 <= each[1] < 86_400]
    ended = [until - since for _, since, until, is_over in begun if is_over]
    assert sum(row.get("unfinished", 0) for row in found.values()) == len(begun) - len(ended)
    assert sum(row.get("stays", 0) for row in found.values()) == len(ended)
    assert sum(row.get(name, 0) for row in found.values() for name in STAY_BINS) == len(ended)
    assert sum(row.get("stay_us", 0) for row in found.values()) == sum(ended) * 10**6


def cameras(sights, decisions=()) -> list[dict[str, object]]:
    rows = [{"track_id": track, "occurred_at": at(second)} for track, second in sights]
    told = [
        {"track_id": 1, "decision": decision, "is_new": is_new, "occurred_at": at(second)}
        for decision, is_new, second in decisions
    ]
    tables = {
        "track_observations": table("track_observations", rows),
        "face_recognitions": table("face_recognitions", told),
    }
    answer = QUERIES.quarters("cameras", tables, start=DAY, end=NEXT).to_pylist()
    return [{name: row[name] for name in GROUPS["cameras"].sums if row[name]} for row in answer]


def test_a_track_counts_where_it_came_into_view_and_its_time_from_sight_to_sight():
    assert cameras([(1, 0), (1, 1), (1, 2.5), (2, 1)]) == [
        {"observations": 4, "tracks": 2, "person_us": 2_500_000}
    ]


def test_a_gap_counts_for_two_seconds_and_a_long_one_for_nothing_and_a_new_track():
    assert cameras([(1, 0), (1, 60), (1, 121)]) == [
        {"observations": 3, "tracks": 2, "person_us": 2_000_000}
    ]


def test_a_track_that_goes_on_at_midnight_came_into_view_the_day_before():
    assert cameras([(1, -1), (1, 0)]) == [{"observations": 1, "person_us": 1_000_000}]


def test_decisions_are_counted_by_what_they_are():
    told = [("named", False, 1), ("named", True, 2), ("carried", False, 3), ("review", False, 4)]
    assert cameras([], [*told, ("unknown", False, 5), ("unknown", False, 90_000)]) == [
        {"named": 1, "anew": 1, "carried": 1, "review": 1, "unknown": 1}
    ]


def test_lines_are_counted_by_direction():
    rows = [
        {"line_id": "door", "track_id": n, "direction": way, "occurred_at": at(n)}
        for n, way in enumerate(["in", "in", "out"])
    ]
    answer = QUERIES.quarters(
        "lines", {"line_crossings": table("line_crossings", rows)}, start=DAY, end=NEXT
    )
    (row,) = answer.to_pylist()
    assert (row["bucket"], row["went_in"], row["went_out"]) == (DAY, 2, 1)


def test_hours_are_sums_of_quarters_and_the_greatest_of_what_is_at_the_same_time():
    rows = stayed(1, 0, 1000) + stayed(2, 950, 1100)
    found = QUERIES.quarters(
        "zones", {"zone_crossings": table("zone_crossings", rows)}, start=DAY, end=NEXT
    )
    buckets = {quarter_of(DAY + n * QUARTER): DAY for n in range(4)}
    (hour,) = QUERIES.summed("zones", found, buckets).to_pylist()
    assert (hour["bucket"], hour["entries"], hour["person_us"]) == (DAY, 2, 1_150_000_000)
    assert hour["occupancy_most"] == 2
