from genesis_ray.cli.narrow_tables import narrowed

VISITS = {
    "visit_id": ["8f14e45f-ceea-467f-9575-1c2a2bd7a1b2"] * 2,
    "identity_id": ["c9f0f895fb98ab9159f51fd0297e236d", "ada"],
    "started_at": ["2026-01-05 10:00:00+01:00"] * 2,
    "duration_s": ["61.5", "7"],
    "first_camera_id": ["door", "door"],
    "last_camera_id": ["till", "door"],
    "zone_ids": ["queue, till", ""],
}


def test_ids_are_cut_to_what_commands_take():
    some = narrowed(VISITS, 80).columns
    assert some["visit_id"] == ["8f14e45f…"] * 2
    assert some["identity_id"] == ["c9f0f895…", "ada"]


def test_the_last_columns_are_left_out_where_there_is_no_room_and_named():
    some = narrowed(VISITS, 80)
    assert [*some.columns] == [*VISITS][:-1]
    assert some.notes == (
        "times are +01:00",
        "long values are cut short (…)",
        "left out: zone_ids",
    )


def test_times_are_as_short_as_they_can_be():
    some = narrowed({"at": ["2026-01-05 10:00:00+01:00", ""], "n": ["1", "2"]}, 20)
    assert some.columns["at"] == ["2026-01-05 10:00", ""]
    seconds = {"at": ["2026-01-05 10:00:07", "2026-01-05 10:00:00"], "n": ["1", "2"]}
    assert narrowed(seconds, 20).columns["at"] == seconds["at"]
    summer = ["2026-03-29 01:00:00+01:00", "2026-03-29 03:00:00+02:00"]
    assert narrowed({"at": summer, "n": ["1", "2"]}, 20).columns["at"] == summer


def test_where_there_is_room_nothing_is_left_out():
    some = narrowed(VISITS, 120)
    assert [*some.columns] == [*VISITS]
    assert narrowed({"count": ["1"], "people_total": ["2"]}, 20).notes == ()


def test_two_columns_are_always_shown():
    assert [*narrowed(VISITS, 5).columns] == ["visit_id", "identity_id"]
