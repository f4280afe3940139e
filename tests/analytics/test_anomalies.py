from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from genesis_ray.analytics.anomalies import unusual
from genesis_ray.domain.figures.anomalies import RecentPolicy, WeeklyPolicy
from genesis_ray.errors import GenesisError

BERLIN = ZoneInfo("Europe/Berlin")
BUSY = datetime(2026, 4, 14, 14, tzinfo=BERLIN)
"""A Tuesday, two weeks after summer time began."""

FROM, TO = datetime(2026, 2, 15, tzinfo=BERLIN), datetime(2026, 4, 20, tzinfo=BERLIN)


def table(rows, **columns):
    whole = {
        "at": pa.array([at for at, _ in rows], pa.timestamp("us", tz="UTC")),
        "metric": ["people_total"] * len(rows),
        "value": [value for _, value in rows],
        **columns,
    }
    return pa.table(whole)


@pytest.fixture(scope="module")
def spring():
    """A shop's people by the hour over two months, as many as come by chance, but for one hour."""
    chance = np.random.default_rng(1)
    rows, at = [], FROM.astimezone(UTC)
    while at < TO:
        local = at.astimezone(BERLIN)
        is_open = 9 <= local.hour < 19 and local.weekday() < 6
        usual = 60 + 40 * (local.weekday() == 5) + 20 * (local.hour >= 16) if is_open else 0
        rows.append((at, int(chance.poisson(usual))))
        at += timedelta(hours=1)
    place = next(i for i, (at, _) in enumerate(rows) if at == BUSY)
    rows[place] = BUSY.astimezone(UTC), 160
    return table(rows)


def test_the_unusual_hour_of_a_spring_is_found_and_no_other(spring):
    (row,) = unusual(spring, zone=BERLIN, recent=None).to_pylist()
    assert row["at"] == BUSY
    assert (row["metric"], row["value"], row["direction"]) == ("people_total", 160.0, "above")
    assert 55 < row["expected"] < 65
    assert row["score"] == pytest.approx((160 - row["expected"]) / row["spread"])
    assert row["why"].startswith("people_total 160, usually ")
    assert row["why"].endswith("(on Tuesdays from 14:00 to 15:00, of 8 weeks)")


def test_only_the_time_that_is_asked_for_is_told_by_all_that_came_before(spring):
    day = {"start": BUSY.replace(hour=0), "end": BUSY.replace(hour=0) + timedelta(days=1)}
    assert unusual(spring, zone=BERLIN, recent=None, **day)["at"].to_pylist() == [BUSY]
    later = {"start": BUSY + timedelta(hours=1)}
    assert not len(unusual(spring, zone=BERLIN, recent=None, **later))
    assert not len(unusual(spring, zone=BERLIN, recent=None, end=BUSY))


def test_the_first_day_does_not_shout(spring):
    first = FROM + timedelta(days=1)
    assert not len(unusual(spring, zone=BERLIN, end=first))


def test_the_order_of_the_rows_does_not_matter(spring):
    shuffled = spring.take(np.random.default_rng(2).permutation(len(spring)))
    assert unusual(shuffled, zone=BERLIN).equals(unusual(spring, zone=BERLIN))


def minutes(values):
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    return [(noon + timedelta(minutes=n), value) for n, value in enumerate(values)]


def test_a_queue_that_is_suddenly_long_is_unusual_for_the_last_while():
    (row,) = unusual(table(minutes([2, 3] * 25 + [9])), zone=UTC).to_pylist()
    assert (row["basis"], row["value"], row["expected"]) == ("recent", 9.0, 2.5)
    assert row["why"] == "people_total 9, usually 2.5 ± 1 (in the last 50 values)"


def test_series_of_several_cameras_are_told_apart():
    rows = minutes([2] * 50) + minutes([40] * 50)
    cameras = ["door"] * 50 + ["till"] * 50
    assert not len(unusual(table(rows, camera_id=cameras), zone=UTC))
    found = unusual(
        table([*rows, *minutes([2] * 50 + [40])[-1:]], camera_id=[*cameras, "door"]), zone=UTC
    )
    assert found["camera_id"].to_pylist() == ["door"]
    with pytest.raises(GenesisError, match="two values for 2026-01-05T12:00"):
        unusual(table(rows), zone=UTC)


def test_days_are_told_by_their_weekday_alone():
    days = [(datetime(2026, 3, 2, tzinfo=BERLIN) + timedelta(days=d), 50) for d in range(60)]
    days.append((days[-1][0] + timedelta(days=1), 500))
    (row,) = unusual(table(days), zone=BERLIN, recent=None).to_pylist()
    assert row["why"] == "people_total 500, usually 50 ± 7.7 (on Fridays, of 8 weeks)"


def test_what_is_no_number_is_left_out():
    values = [2.0] * 40 + [None, float("nan"), float("inf")] + [2.0]
    assert not len(unusual(table(minutes(values)), zone=UTC))


def test_nothing_has_the_columns_of_something():
    empty = unusual(table([]), zone=UTC)
    some = unusual(table(minutes([2] * 50 + [9.5])), zone=UTC)
    assert len(empty) == 0
    assert empty.schema.names == some.schema.names
    assert len(some) == 1


def test_how_strict_it_is_can_be_said():
    rows = table(minutes([2, 3] * 25 + [5]))
    assert len(unusual(rows, zone=UTC)) == 1
    assert not len(unusual(rows, zone=UTC, recent=RecentPolicy(threshold=3)))
    assert not len(unusual(rows, zone=UTC, recent=None, weekly=WeeklyPolicy(threshold=1)))


def test_a_missing_column_is_named():
    with pytest.raises(GenesisError, match="metric is missing"):
        unusual(table([]).drop_columns("metric"), zone=UTC)
