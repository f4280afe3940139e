from genesis_ray.analytics.timeline import person_timeline
from tests.hand_made import at, line, recognized, seen, stay, tables, visit


def told(*events, since=0, until=1000):
    rows = person_timeline(
        tables(events), since=at(since), until=at(until), identity_id="ada"
    ).to_pylist()
    return [
        ((row["occurred_at"] - at(0)).total_seconds(), row["event"], row["camera_id"],
         row["track_id"], row["subject"])
        for row in rows
    ]  # fmt: skip


ADA = [
    *visit(0, 60, zones=("till",)), seen(0), seen(20), line(2), recognized(5), *stay(10, 15),
    seen(40, 7, "yard"), seen(60, 7, "yard"),
    recognized(41, 7, decision="carried", camera_id="yard"),
]  # fmt: skip


def test_all_that_is_known_of_a_person_is_told_in_order():
    assert told(*ADA) == [
        (0, "visit_began", "door", None, "ada@0"),
        (0, "came_into_view", "door", 1, ""),
        (2, "crossed_line_in", "door", 1, "street"),
        (5, "named", "door", 1, ""),
        (10, "entered_zone", "door", 1, "till"),
        (15, "left_zone", "door", 1, "till"),
        (20, "was_last_in_view", "door", 1, ""),
        (40, "came_into_view", "yard", 7, ""),
        (41, "carried", "yard", 7, ""),
        (60, "was_last_in_view", "yard", 7, ""),
        (60, "visit_ended", "door", None, "ada@0"),
    ]


def test_others_and_those_who_may_be_her_are_not_in_it():
    others = [seen(1, 2), recognized(2, 2, "bob"), seen(1, 3), recognized(3, 3, decision="review")]
    others += [*stay(4, 5, track_id=2), *visit(1, 9, "bob"), seen(1, 1, "till")]
    assert told(*ADA, *others) == told(*ADA)


def test_a_track_that_is_named_after_the_range_is_hers_in_it():
    assert told(*ADA, until=4)[-1] == (2, "crossed_line_in", "door", 1, "street")


def test_rows_that_stand_twice_are_told_once():
    assert told(*ADA, *ADA) == told(*ADA)


def test_a_range_may_be_split():
    assert told(*ADA, until=15) + told(*ADA, since=15) == told(*ADA)
