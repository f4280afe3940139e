from genesis_ray.analytics.identification import identification_rates
from tests.hand_made import at, recognized, scored, seen, tables


def rates(*events, until=100, **chosen):
    return identification_rates(
        tables(events), since=at(0), until=at(until), **chosen
    ).to_pylist()  # fmt: skip


def test_each_track_counts_once_by_the_most_certain_decision():
    (row,) = rates(
        *(seen(1, track) for track in range(6)), seen(2, 1),
        *(scored(3, track) for track in range(1, 5)), scored(4, 1),
        recognized(5, 1, decision="review"), recognized(9, 1),
        recognized(5, 2, decision="carried"),
        recognized(5, 3, decision="unknown", who=""),
        recognized(5, 4, decision="review"), recognized(6, 4, decision="unknown", who=""),
    )  # fmt: skip
    assert row == {
        "camera_id": "door", "tracks": 6, "with_face": 4, "named": 1, "new_visitors": 0,
        "carried": 1, "review": 1, "unknown": 1, "undecided": 2, "share_identified": 2 / 6,
    }  # fmt: skip


def test_new_visitors_are_some_of_the_named():
    (row,) = rates(seen(1), recognized(2, is_new=True))
    assert (row["named"], row["new_visitors"]) == (1, 1)


def test_cameras_are_apart_and_can_be_chosen():
    events = [seen(1), seen(1, camera_id="till"), recognized(2, camera_id="till")]
    assert [row["share_identified"] for row in rates(*events)] == [0, 1]
    assert len(rates(*events, camera_ids=["till"])) == 1


def test_what_is_outside_of_the_range_does_not_count():
    assert rates(seen(-1), recognized(100)) == []
