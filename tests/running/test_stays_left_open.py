from datetime import timedelta
from pathlib import Path

import pytest

from genesis_ray.domain.events import Event
from genesis_ray.running.stays_left_open import exits_untold
from genesis_ray.store.events.event_log import EventLog
from tests.hand_made import at, seen, stay, zone

HOUR_S = 3600


@pytest.fixture
def exits(tmp_path: Path):
    """The exits that a log of these events lacks: camera, zone, track and second."""

    def exits(*events: Event, tell_again=()) -> list[tuple[str, str, int, float]]:
        with EventLog(tmp_path / "events") as log:
            log.append(events)
        found = exits_untold(tmp_path / "events", "shop", at=at(48 * HOUR_S), tell_again=tell_again)
        assert {(each.direction, each.site_id) for each in found} <= {("exit", "york")}
        return [
            (each.camera_id, each.zone_id, each.track_id, (each.occurred_at - at(0)).seconds)
            for each in found
        ]

    return exits


def test_who_has_left_lacks_nothing(exits):
    assert exits() == []
    assert exits(*stay(0, 10), zone(10, "enter", track_id=2), zone(10, "exit", track_id=2)) == []


def test_who_did_not_leave_does_so_at_their_last_sight(exits):
    gone = [*stay(0, 10), zone(20, "enter"), seen(21), seen(29.5), seen(99, track_id=2)]
    assert exits(*gone, zone(25, "enter", "shelf")) == [
        ("door", "shelf", 1, 29), ("door", "till", 1, 29),
    ]  # fmt: skip


def test_who_was_not_seen_after_they_entered_does_so_as_they_entered(exits):
    assert exits(seen(4), zone(5, "enter")) == [("door", "till", 1, 5)]


def test_recordings_that_are_watched_again_tell_it_themselves(exits):
    both = [zone(5, "enter"), zone(6, "enter", camera_id="film")]
    assert exits(*both, tell_again=["film"]) == [("door", "till", 1, 5)]


def test_stays_of_days_ago_are_left_as_they_are(exits):
    old, new = zone(0, "enter", track_id=1), zone(25 * HOUR_S, "enter", track_id=2)
    assert [track for _, _, track, _ in exits(old, new)] == [2]


def test_a_clock_that_was_ahead_hides_nobody(exits):
    ahead = zone(400 * HOUR_S, "enter", track_id=2)
    assert ("door", "till", 1, 5) in exits(zone(5, "enter"), ahead)


def test_damaged_files_are_left_out(exits, tmp_path):
    assert exits(zone(5, "enter"), seen(7)) == [("door", "till", 1, 7)]
    (sights,) = (tmp_path / "events/track_observations").glob("*/*/*")
    sights.write_bytes(b"torn")
    assert exits(zone(6, "enter", track_id=2)) == [("door", "till", 1, 5), ("door", "till", 2, 6)]


def test_what_is_told_once_is_lacking_no_more(exits, tmp_path):
    exits(zone(5, "enter"), seen(7))
    found = exits_untold(tmp_path / "events", "shop", at=at(0) + timedelta(days=2))
    assert exits(*found) == []
