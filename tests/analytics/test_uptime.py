from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.analytics.uptime import camera_uptime
from tests.hand_made import at, camera_is, tables


def uptime(events, *, since=0, until=7200, **chosen):
    return camera_uptime(
        tables(events), since=at(since), until=at(until), time_zone="UTC", **chosen
    ).to_pylist()


def test_a_state_lasts_until_the_next():
    first, second = uptime([camera_is(0, "online"), camera_is(900, "stalled"),
                            camera_is(5400, "online")])  # fmt: skip
    assert (first["online_s"], first["offline_s"], first["share_online"]) == (900, 2700, 0.25)
    assert (second["online_s"], second["offline_s"], second["share_online"]) == (1800, 1800, 0.5)


def test_the_state_before_the_range_counts_however_old_it_is():
    first, _ = uptime([camera_is(-1e7, "online"), camera_is(1800, "failed")])
    assert first["share_online"] == 0.5


def test_before_the_first_state_and_after_the_end_nobody_watched():
    first, second = uptime([camera_is(1800, "online"), camera_is(3600, "ended")])
    assert (first["unwatched_s"], first["share_online"]) == (1800, 1)
    assert (second["unwatched_s"], second["share_online"]) == (3600, None)


@pytest.mark.parametrize("state", ["black", "behind", "frozen"])
def test_pictures_with_something_wrong_are_impaired(state):
    first, _ = uptime([camera_is(0, state)])
    assert (first["impaired_s"], first["share_online"]) == (3600, 0)


def test_seconds_add_up_to_the_bucket_and_cameras_can_be_chosen():
    events = [camera_is(7, "online"), camera_is(7, "online"), camera_is(50, "black"),
              camera_is(3650, "connecting"), camera_is(5, "online", "till")]  # fmt: skip
    for row in uptime(events):
        kinds = ("online_s", "impaired_s", "offline_s", "unwatched_s")
        assert sum(row[kind] for kind in kinds) == 3600
    assert {row["camera_id"] for row in uptime(events, camera_ids=["till"])} == {"till"}


def test_states_of_the_future_do_not_count():
    assert uptime([camera_is(9000, "online")]) == []


def test_what_is_to_come_nobody_has_watched():
    events = [camera_is(0, "online"), camera_is(5000, "failed")]
    first, second, third = uptime(events, until=10_800, now=at(4500))
    assert (first["online_s"], first["share_online"]) == (3600, 1)
    assert (second["online_s"], second["unwatched_s"], second["offline_s"]) == (900, 2700, 0)
    assert (third["unwatched_s"], third["share_online"]) == (3600, None)


def test_the_present_ends_the_last_state_by_default():
    ahead = datetime.now(UTC) + timedelta(days=1)
    (row,) = camera_uptime(
        tables([camera_is(0, "online")]), since=ahead, until=ahead + timedelta(hours=1),
        time_zone="UTC", bucket=None,
    ).to_pylist()  # fmt: skip
    assert (row["online_s"], row["unwatched_s"]) == (0, 3600)


def test_a_range_may_be_split_at_a_bucket():
    events = [camera_is(100, "online"), camera_is(3600, "failed"), camera_is(3700, "online")]
    parts = uptime(events, until=3600) + uptime(events, since=3600)
    assert parts == uptime(events)
