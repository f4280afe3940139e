from datetime import timedelta

import pytest

from genesis_ray.analytics.dwell import dwell, dwell_histogram
from genesis_ray.errors import ConfigurationError
from tests.hand_made import at, stay, tables, zone


def of(events, since=0, until=100, **chosen):
    return dwell(tables(events), since=at(since), until=at(until), **chosen).to_pylist()


def test_quantiles_are_of_the_stays_that_began_in_the_range():
    events = [
        each
        for track, long in enumerate([10, 20, 30, 40, 100])
        for each in stay(track, track + long, track_id=track)
    ]
    (row,) = of([*events, *stay(-1, 5, track_id=9), *stay(100, 101, track_id=10)])
    assert (row["stays"], row["unfinished"], row["total_s"]) == (5, 0, 200)
    assert (row["mean_s"], row["p50_s"], row["p90_s"], row["max_s"]) == (40, 30, 76, 100)


def test_a_stay_that_ends_after_the_range_counts_in_full():
    assert of(stay(99, 300))[0]["max_s"] == 201


def test_who_never_left_has_no_duration():
    (row,) = of([zone(0, "enter"), *stay(1, 2, track_id=2)], longest_stay=timedelta(seconds=50))
    assert (row["stays"], row["unfinished"], row["max_s"]) == (1, 1, 1)


def test_who_comes_back_stays_twice():
    (row,) = of([*stay(0, 10), *stay(20, 50)])
    assert (row["stays"], row["mean_s"]) == (2, 20)


def test_rows_that_stand_twice_are_one_stay():
    assert of([*stay(0, 10), *stay(0, 10)]) == of(stay(0, 10))


@pytest.mark.parametrize(
    ("events", "stays", "unfinished"),
    [
        ([zone(5, "exit"), zone(9, "enter")], 0, 1),
        ([zone(5, "exit"), zone(5, "enter")], 1, 0),  # in one moment, in first
        ([zone(5, "enter"), zone(7, "exit"), zone(9, "exit")], 1, 0),
        ([zone(3, "exit"), zone(5, "enter"), zone(7, "exit")], 1, 0),
        ([zone(3, "exit"), zone(7, "exit")], 0, 0),
        ([zone(1, "enter"), zone(3, "exit"), zone(5, "enter")], 1, 1),
    ],
)
def test_a_stay_ends_with_what_comes_next(events, stays, unfinished):
    rows = of([*events, *stay(0, 1, track_id=2)])  # another one, so that there is a row
    assert (rows[0]["stays"], rows[0]["unfinished"]) == (stays + 1, unfinished)


def test_a_clock_that_goes_back_makes_no_stay_that_ends_before_it_begins():
    (row,) = of([zone(10, "enter"), zone(4, "exit"), *stay(20, 25)])
    assert (row["stays"], row["total_s"]) == (2, 15)  # up to the next entry, and the next stay


def test_an_entry_after_an_entry_is_where_the_first_stay_ends():
    (row,) = of([zone(0, "enter"), zone(10, "enter"), zone(30, "exit")])
    assert (row["stays"], row["total_s"]) == (2, 30)


def test_a_million_rows_of_one_track_are_half_a_million_stays():
    import numpy as np
    import pyarrow as pa

    n = 1_000_000
    rows = tables([zone(0, "enter")])["zone_crossings"]
    times = np.datetime64("2026-01-05T09:00:00", "us") + np.arange(n) * np.timedelta64(1, "ms")
    repeated = {name: pa.repeat(rows[name][0], n) for name in rows.column_names}
    repeated["occurred_at"] = pa.array(times, pa.timestamp("us", "UTC"))
    repeated["direction"] = pa.array(np.tile(["enter", "exit"], n // 2))
    crossings = pa.table(repeated, schema=rows.schema)
    (row,) = dwell({"zone_crossings": crossings}, since=at(0), until=at(2000)).to_pylist()
    assert (row["stays"], row["unfinished"]) == (n // 2, 0)
    assert row["total_s"] == pytest.approx(n / 2 / 1000)


def test_the_histogram_has_all_bins_of_each_zone():
    events = [*stay(0, 4), *stay(5, 10), *stay(20, 40), zone(60, "enter")]
    rows = dwell_histogram(
        tables(events), since=at(0), until=at(100), bins_s=[0, 5, 30]
    ).to_pylist()
    assert [(row["from_s"], row["to_s"], row["stays"]) for row in rows] == [
        (0, 5, 1), (5, 30, 2), (30, None, 0)
    ]  # fmt: skip


@pytest.mark.parametrize("bins", [[], [1, 2], [0, 5, 5]])
def test_bins_that_do_not_begin_at_0_and_grow_are_refused(bins):
    with pytest.raises(ConfigurationError, match="begin at 0 and grow"):
        dwell_histogram(tables([]), since=at(0), until=at(1), bins_s=bins)
