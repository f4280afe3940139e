from datetime import UTC, datetime, timedelta

from genesis_ray.domain.recognition.presence import ActiveRegistry, Meeting
from genesis_ray.domain.recognition.topology import Sight

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOURS = timedelta(hours=4)


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def sight(track: int, since: float, until: float, camera: str = "door") -> Sight:
    return Sight(camera, track, at(since), at(until))


def others(registry: ActiveRegistry, who: str, besides: Sight) -> list[Sight]:
    return registry.sights(who, besides, remember=HOURS)


def test_a_named_track_counts_from_its_first_sight_to_its_latest_face():
    registry = ActiveRegistry()
    registry.name("ada", sight(1, 0, 3))
    assert registry.follow(sight(1, 2, 9)) == "ada"
    assert others(registry, "ada", sight(2, 20, 21)) == [sight(1, 0, 9)]


def test_a_track_without_a_name_is_not_followed():
    registry = ActiveRegistry()
    assert registry.follow(sight(1, 0, 3)) is None
    assert others(registry, "ada", sight(2, 20, 21)) == []


def test_the_last_sight_is_the_first_that_is_told_and_ones_own_is_not():
    registry = ActiveRegistry()
    for track, until in ((1, 5), (2, 9), (3, 7)):
        registry.name("ada", sight(track, 0, until, camera=f"c{track}"))
    seen = others(registry, "ada", sight(3, 0, 20, camera="c3"))
    assert [each.track_id for each in seen] == [2, 1]


def test_a_sight_is_forgotten_after_a_while():
    registry = ActiveRegistry()
    registry.name("ada", sight(1, 0, 3))
    later = sight(2, HOURS.total_seconds(), HOURS.total_seconds() + 3.1)
    assert others(registry, "ada", later) == []
    registry.tidy(later.until, remember=HOURS)
    assert registry == ActiveRegistry(_tidied_at=later.until)


def test_of_a_cameras_old_sights_only_the_latest_is_kept():
    registry = ActiveRegistry()
    for track in range(60):
        registry.name("ada", sight(track, 60 * track, 60 * track + 30))
    registry.tidy(at(3600), remember=HOURS)
    kept = others(registry, "ada", sight(99, 3600, 3600))
    assert [each.track_id for each in kept] == list(range(59, 49, -1))
    registry.tidy(at(7200), remember=HOURS)
    assert [each.track_id for each in others(registry, "ada", sight(99, 7200, 7200))] == [59]


def test_tracks_of_one_identity_meet_whoever_of_them_shows_a_face_now():
    registry = ActiveRegistry()
    registry.name("ada", sight(1, 0, 3))
    registry.name("ada", sight(2, 4, 6))
    registry.name("bob", sight(3, 0, 6))
    registry.follow(sight(1, 0, 8))
    expected = [Meeting("ada", sight(2, 4, 6), sight(1, 0, 8))]
    assert list(registry.meetings(sight(1, 0, 8), remember=HOURS)) == expected
    assert list(registry.meetings(sight(2, 4, 6), remember=HOURS)) == expected
    assert list(registry.meetings(sight(3, 0, 6), remember=HOURS)) == []


def test_what_was_told_is_no_news():
    registry = ActiveRegistry()
    assert registry.is_news("ada", 1, at=at(0))
    assert not registry.is_news("ada", 1, at=at(1))
    assert registry.is_news("ada", 2, at=at(1))


def test_a_refused_track_is_remembered_as_such():
    registry = ActiveRegistry()
    registry.hold(sight(1, 0, 3))
    assert registry.is_held("door", 1)
    assert not registry.is_held("till", 1)


def test_tracks_of_who_is_somebody_else_now_count_as_theirs():
    registry = ActiveRegistry()
    registry.name("visitor", sight(1, 0, 3))
    registry.name("ada", sight(2, 0, 5))
    registry.reconsider(lambda who: "ada" if who == "visitor" else who)
    assert registry.follow(sight(1, 0, 7)) == "ada"
    assert others(registry, "ada", sight(3, 20, 21)) == [sight(1, 0, 7), sight(2, 0, 5)]
