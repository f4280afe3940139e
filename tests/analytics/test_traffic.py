"""Where people stood."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from genesis_ray.analytics import ranges, traffic
from genesis_ray.analytics.query import MemoryNeededError
from genesis_ray.analytics.traffic import floor_heat, foot_heat
from genesis_ray.domain.events import TrackObserved
from genesis_ray.errors import ConfigurationError
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def seen(second: float, x: float, y: float, *, track_id: int = 1, camera_id: str = "door"):
    """A person whose feet are at (x, y)."""
    return TrackObserved(
        tenant_id="default",
        site_id="site",
        camera_id=camera_id,
        occurred_at=START + timedelta(seconds=second),
        track_id=track_id,
        frame_index=round(second * 10),
        x1=x - 0.05,
        y1=y - 0.3,
        x2=x + 0.05,
        y2=y,
        confidence=0.9,
    )


def heat(*observations: TrackObserved) -> dict[tuple[int, int], float]:
    """Return the seconds by (row, column) of a grid of 4 x 10."""
    rows = foot_heat(to_tables(observations), camera_id="door", rows=4, columns=10)
    return {
        (row["row_index"], row["column_index"]): pytest.approx(row["seconds"])
        for row in rows.to_pylist()
    }


def test_each_step_weighs_the_time_until_the_next() -> None:
    assert heat(
        seen(0, 0.25, 0.6), seen(1, 0.25, 0.6), seen(2, 0.75, 0.6), seen(2.4, 0.85, 0.6)
    ) == {
        (2, 2): 2.0,
        (2, 7): 0.4,
    }


def test_rows_that_stand_twice_count_once() -> None:
    once = [seen(0, 0.25, 0.6), seen(1, 0.25, 0.6), seen(1.5, 0.75, 0.6)]
    assert heat(*once, *once) == heat(*once) == {(2, 2): 1.5}


def test_people_add_up() -> None:
    assert heat(
        seen(0, 0.25, 0.6),
        seen(1, 0.25, 0.6),
        seen(0, 0.25, 0.6, track_id=2),
        seen(1, 0.9, 0.6, track_id=2),
    ) == {(2, 2): 2.0}


def test_a_track_lost_for_long_did_not_stand_where_it_was_lost() -> None:
    assert heat(seen(0, 0.25, 0.6), seen(60, 0.25, 0.6)) == {(2, 2): 2.0}


def test_feet_on_the_pictures_edge_are_in_the_last_cell() -> None:
    assert heat(seen(0, 1.0, 1.0), seen(1, 1.0, 1.0)) == {(3, 9): 1.0}


def test_other_cameras_do_not_count() -> None:
    assert heat(seen(0, 0.2, 0.2, camera_id="street"), seen(1, 0.2, 0.2, camera_id="street")) == {}


def test_nobody_gives_no_rows() -> None:
    empty: pa.Table = EVENT_SCHEMAS["track_observations"].empty_table()
    answer = foot_heat({"track_observations": empty}, camera_id="door", rows=4, columns=10)
    assert answer.num_rows == 0
    assert answer.column_names == ["row_index", "column_index", "seconds"]


def test_a_range_counts_the_steps_that_begin_in_it() -> None:
    steps = [seen(second, 0.25, 0.6) for second in range(6)]
    tables = to_tables(steps)

    def seconds(since: float, until: float) -> float:
        between = {name: START + timedelta(seconds=s) for name, s in
                   (("since", since), ("until", until))}  # fmt: skip
        rows = foot_heat(tables, camera_id="door", rows=4, columns=10, **between).to_pylist()
        return sum(row["seconds"] for row in rows)

    assert seconds(1, 3) == 2
    assert seconds(0, 3) + seconds(3, 10) == seconds(0, 10) == 5


@pytest.fixture
def little_memory(monkeypatch):
    """Let no more than an hour be asked at once."""
    asked = []

    def ask(sql, tables, params):
        if params["until"] - params["since"] > timedelta(hours=1):
            raise MemoryNeededError("too long")
        asked.append((params["since"], params["until"]))
        return ranges.ask(sql, tables, params)

    monkeypatch.setattr(traffic, "ask", ask)
    return asked


def test_a_range_that_needs_too_much_memory_is_asked_by_the_hour(little_memory) -> None:
    hour = 3600
    steps = [seen(hour + second, 0.25, 0.6) for second in (-2, -0.5, 1, 1.5)]  # over the hour
    late = [seen(3 * hour + second, 0.75, 0.6, track_id=2) for second in (0, 1)]
    tables, until = to_tables([*steps, *late]), START + timedelta(hours=4)
    rows = foot_heat(tables, camera_id="door", rows=4, columns=10, since=START, until=until)
    assert rows.to_pylist() == [
        {"row_index": 2, "column_index": 2, "seconds": pytest.approx(3.5)},
        {"row_index": 2, "column_index": 7, "seconds": pytest.approx(1)},
    ]
    where = {"door": FLOOR}
    cells = floor_heat(tables, since=START, until=until, homographies=where, cell_m=1).to_pylist()
    assert [(row["x_m"], row["y_m"], round(row["seconds"], 6)) for row in cells] == [
        (2, 12, 3.5), (7, 12, 1)
    ]  # fmt: skip
    assert len(little_memory) == 8


FLOOR = [[10, 0, 0], [0, 20, 0], [0, 0, 1]]  # the picture is 10 x 20 m of floor, seen from above


def floor(*observations: TrackObserved, homographies=None, **how):
    rows = floor_heat(
        to_tables(observations),
        since=START, until=START + timedelta(minutes=1),
        homographies=homographies or {"door": FLOOR}, **how,
    ).to_pylist()  # fmt: skip
    return {(row["x_m"], row["y_m"]): pytest.approx(row["seconds"]) for row in rows}


def test_feet_are_put_on_the_floor_in_metres() -> None:
    assert floor(seen(0, 0.26, 0.6), seen(1, 0.26, 0.6), seen(3, 0.9, 0.9)) == {(2.5, 12): 3}


def test_cameras_of_one_floor_add_up() -> None:
    shifted = [[10, 0, 5], [0, 20, 0], [0, 0, 1]]
    where = {"door": FLOOR, "yard": shifted}
    yard = [seen(second, 0.26, 0.61, camera_id="yard") for second in (0, 1)]
    door = [seen(second, 0.76, 0.61) for second in (0, 1)]
    assert floor(*yard, *door, homographies=where, cell_m=1) == {(7, 12): 2}
    assert floor(*yard, *door, cell_m=1) == {(7, 12): 1}


def test_a_homography_counts_whatever_its_sign_and_scale() -> None:
    steps = seen(0, 0.26, 0.61), seen(1, 0.26, 0.61)
    turned = [[-3 * value for value in row] for row in FLOOR]
    assert floor(*steps, homographies={"door": turned}) == floor(*steps)


def test_above_the_horizon_there_is_no_floor() -> None:
    slanted = [[1, 0, 0], [0, 1, 0], [0, 2, -1]]  # the horizon is at half the picture's height
    high = [seen(second, 0.5, 0.4) for second in (0, 1)]
    low = [seen(second, 0.5, 0.75, track_id=2) for second in (0, 1)]
    assert floor(*high, *low, homographies={"door": slanted}) == {(1, 1.5): 1}


def test_feet_so_close_to_the_horizon_that_nobody_knows_where_they_are_are_left_out() -> None:
    far = [[10, 0, -5], [0, 0, 11], [0, 1, -0.167]]  # the horizon is at a sixth of the picture
    near = [seen(second, 0.5, 0.9) for second in (0, 1)]
    strays = [
        seen(second, x, 0.169, track_id=track)
        for track, x in ((2, 0.1), (3, 0.9))
        for second in (0, 1)
    ]
    assert floor(*near, *strays, homographies={"door": far}) == {(0, 15): 1}


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"homographies": {"door": [[1, 0], [0, 1]]}}, "camera door: expected 3 rows"),
        ({"homographies": {"door": [[1, 0, 0], [2, 0, 0], [0, 0, 1]]}}, "can be inverted"),
        ({"homographies": {"door": [[1, 0, 0], [1, 1e-12, 0], [0, 0, 1]]}}, "can be inverted"),
        ({"cell_m": 0}, "more than 0 m"),
    ],
)
def test_a_floor_that_cannot_be_is_refused(how, told) -> None:
    with pytest.raises(ConfigurationError, match=told):
        floor(seen(0, 0.5, 0.5), **how)
