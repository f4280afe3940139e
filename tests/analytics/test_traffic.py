"""Where people stood."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from genesis_ray.analytics.traffic import foot_heat
from genesis_ray.domain.events import TrackObserved
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
