import base64
from datetime import timedelta

import pytest

from genesis_ray.api.pages import Cursor, event_rows
from genesis_ray.errors import ConfigurationError
from genesis_ray.store.rows import in_order
from genesis_ray.store.schemas import to_tables
from tests.api.system import NOON, at, observed

TABLE = in_order(
    to_tables(
        [
            observed(second, track_id=track, camera_id=camera)
            for second in (0, 1, 2)
            for track in (1, 2)
            for camera in ("door", "street")
        ]
    )["track_observations"]
)


def rows(**wanted: object) -> list[dict[str, object]]:
    every = {"camera_id": None, "start": None, "end": None, "after": None}
    return event_rows(TABLE, **{**every, **wanted}).to_pylist()


def test_without_conditions_all_rows_come():
    assert rows() == TABLE.to_pylist()


def test_rows_of_one_camera_come_alone():
    assert {row["camera_id"] for row in rows(camera_id="door")} == {"door"}


def test_start_counts_and_end_does_not():
    assert {row["occurred_at"] for row in rows(start=at(1), end=at(2))} == {at(1)}


def test_row_behind_a_cursor_is_the_next_even_at_the_same_time():
    every = rows()
    for place, row in enumerate(every):
        cursor = Cursor(row["occurred_at"], row["event_id"].hex())
        assert rows(after=cursor) == every[place + 1 :]


def test_cursor_survives_its_text():
    cursor = Cursor(NOON + timedelta(microseconds=1), "0f")
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    ["", "x", "ä", "====", base64.urlsafe_b64encode(b"2026-01-05 x").decode(), "!" * 100],
)
def test_cursor_that_no_answer_gave_is_refused(text):
    with pytest.raises(ConfigurationError, match="next_cursor of an earlier answer"):
        Cursor.parse(text)


def test_cursor_of_people_is_refused_for_events():
    with pytest.raises(ConfigurationError, match="next_cursor"):
        rows(after=Cursor(NOON, "identity-1"))
