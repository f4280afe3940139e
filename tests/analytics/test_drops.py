from genesis_ray.analytics.drops import dropped_frames
from tests.hand_made import at, drops, tables


def test_those_of_a_range_are_added_up_by_camera():
    own = tables([
        drops(60, 300, busy=10, sampled=5), drops(180, 200, busy=20), drops(3600, 100, busy=7),
        drops(60, 500, "yard", burst=1),
    ])  # fmt: skip
    assert dropped_frames(own, since=at(0), until=at(600)).to_pylist() == [
        {"camera_id": "door", "seconds": 120.0, "looked_at": 500, "dropped": 35},
        {"camera_id": "yard", "seconds": 60.0, "looked_at": 500, "dropped": 1},
    ]


def test_a_row_that_stands_twice_counts_once():
    own = tables([drops(60, 300, busy=10), drops(60, 300, busy=10)])
    assert dropped_frames(own, since=at(0), until=at(600))["dropped"].to_pylist() == [10]


def test_where_none_were_there_is_no_row():
    assert len(dropped_frames(tables([]), since=at(0), until=at(600))) == 0
