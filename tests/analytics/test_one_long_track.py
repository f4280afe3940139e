"""A million rows of one track: somebody who never leaves, or a detector that sees a coat."""

import time

import numpy as np
import pyarrow as pa
import pytest

from genesis_ray.analytics.attendance import attendances
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.metrics import metrics
from genesis_ray.analytics.tracks import tracks_in_view
from genesis_ray.analytics.traffic import foot_heat
from tests.hand_made import at, seen, tables, zone

MILLION = 1_000_000
SPAN = {"since": at(-10), "until": at(2000)}
SECONDS_OF_CPU = 12
"""They take one to four; what grows with the square of the rows takes minutes."""


class Small(dict):
    """Tables that may be asked with little memory."""

    limits = Limits(memory_mb=512, threads=2)


def repeated(row: pa.Table, times: int, **columns: pa.Array) -> pa.Table:
    """Return one row so many times, each a millisecond after the one before."""
    again = {name: pa.repeat(row[name][0], times) for name in row.column_names}
    begun = np.datetime64("2026-01-05T09:00:00", "us")
    at_ = begun + np.arange(times) * np.timedelta64(1, "ms")
    again["occurred_at"] = pa.array(at_, pa.timestamp("us", "UTC"))
    return pa.table({**again, **columns}, schema=row.schema)


@pytest.fixture(scope="module")
def sights() -> Small:
    given = Small(tables([seen(0)]))
    given["track_observations"] = repeated(
        given["track_observations"], MILLION, frame_index=pa.array(np.arange(MILLION))
    )
    return given


@pytest.fixture
def in_time():
    """Fail where a test took so long that the time must grow with the square of the rows."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < SECONDS_OF_CPU


@pytest.mark.usefixtures("in_time")
def test_they_are_one_attendance(sights):
    (row,) = attendances(sights, **SPAN).to_pylist()
    assert row["seconds"] == pytest.approx(MILLION / 1000 - 0.001)
    assert len(row["tracks"]) == 1


@pytest.mark.usefixtures("in_time")
def test_the_heat_is_as_long_as_they_are(sights):
    (cell,) = foot_heat(sights, camera_id="door", **SPAN).to_pylist()
    assert cell["seconds"] == pytest.approx(MILLION / 1000, abs=0.01)


@pytest.mark.usefixtures("in_time")
def test_they_are_one_person_in_every_minute(sights):
    people = metrics(sights, since=at(0), until=at(960))["people_total"].to_pylist()
    assert people == [1] * 16


@pytest.mark.usefixtures("in_time")
def test_they_came_into_view_once(sights):
    rows = tracks_in_view(sights, **SPAN, time_zone="UTC").to_pylist()
    assert [row["tracks"] for row in rows] == [0, 1]
    assert rows[1]["person_seconds"] == pytest.approx(MILLION / 1000 - 0.001)


@pytest.mark.usefixtures("in_time")
def test_who_enters_a_zone_again_and_again_is_in_it_so_often():
    times = MILLION // 2
    given = Small(tables([seen(0), seen(500), zone(0, "enter")]))
    turns = pa.array(np.tile(["enter", "exit"], times // 2))
    given["zone_crossings"] = repeated(given["zone_crossings"], times, direction=turns)
    (row,) = attendances(given, **SPAN).to_pylist()
    assert len(row["zone_ids"]) == 1000
    assert dict(row["dwell_s"])["till"] == pytest.approx(times / 2 / 1000)
