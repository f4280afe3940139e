import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.recognition.carrying import Appearance, Carried, Carrier, CarryPolicy, Way

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
AXES = np.eye(6, dtype=np.float32)
BLACK_AND_BEIGE, ALL_BLACK, RED = AXES[:3]
NOISE = AXES[5]
WAY = Way(timedelta(seconds=2), timedelta(seconds=20))
POLICY = CarryPolicy(
    ways={("door", "till"): WAY, ("till", "door"): WAY}, unlike=0.2, margin=0.1,
    after=timedelta(seconds=1.5),
)  # fmt: skip


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def anybody(*_: object) -> bool:
    return True


def unlike(looks: np.ndarray, distance: float) -> np.ndarray:
    """Return looks at a cosine distance."""
    cosine = 1 - distance
    return (cosine * looks + np.sqrt(1 - cosine**2) * NOISE).astype(np.float32)


class Site:
    """A carrier that is told of tracks second by second."""

    def __init__(self, policy: CarryPolicy = POLICY) -> None:
        self.carrier = Carrier(policy)

    def see(
        self, camera_id, looks, *, since, until, track=1, is_clear=True, may_be=anybody, key=""
    ) -> list[Carried]:
        """Tell of a track twice a second; return what it took over."""
        carried = []
        for half in range(round(2 * (until - since)) + 1):
            seen = Appearance(
                camera_id=camera_id, track_id=track, captured_at=at(since + half / 2),
                since=at(since), looks=looks, is_clear=is_clear, key=key,
            )  # fmt: skip
            if found := self.carrier.see(seen, may_be):
                carried.append(found)
        return carried

    def ada_leaves_the_door(self, looks=BLACK_AND_BEIGE, *, track=1, until=10.0) -> None:
        self.carrier.name("ada", "door", track, at(1))
        assert self.see("door", looks, since=0, until=until, track=track) == []


@pytest.fixture
def site() -> Site:
    site = Site()
    site.ada_leaves_the_door()
    return site


def test_whoever_was_named_keeps_the_name_at_the_next_camera(site):
    (carried,) = site.see("till", unlike(BLACK_AND_BEIGE, 0.15), since=15, until=20)
    assert (carried.identity_id, carried.origin, carried.sights) == ("ada", ("door", 1), 4)
    assert carried.similarity == pytest.approx(0.85)
    assert carried.rival_similarity is None


def test_a_track_is_watched_for_a_while_before(site):
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=16) == []


def test_somebody_who_looks_too_different_is_somebody_else(site):
    assert site.see("till", unlike(BLACK_AND_BEIGE, 0.21), since=15, until=20) == []


def test_looks_under_another_key_are_like_nobodys(site):
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20, key="another") == []


@pytest.mark.parametrize("since", [11, 31.5])
def test_nobody_comes_sooner_or_later_than_the_way_takes(site, since):
    assert site.see("till", BLACK_AND_BEIGE, since=since, until=since + 5) == []


def test_clocks_of_cameras_may_be_apart_a_little(site):
    assert site.see("till", BLACK_AND_BEIGE, since=11.5, until=14)


def test_nobody_who_is_still_in_view_comes_elsewhere():
    site = Site(CarryPolicy(ways={("door", "till"): Way(timedelta(0), timedelta(seconds=20))}))
    site.ada_leaves_the_door(until=10)
    assert site.see("till", BLACK_AND_BEIGE, since=9, until=12) == []


def test_a_camera_that_is_no_neighbour_is_not_come_from(site):
    assert site.see("yard", BLACK_AND_BEIGE, since=15, until=20) == []


def test_a_track_that_no_face_named_carries_nothing():
    site = Site()
    site.see("door", BLACK_AND_BEIGE, since=0, until=10)
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20) == []


def test_a_carried_name_goes_no_further(site):
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20)
    assert site.see("door", BLACK_AND_BEIGE, since=25, until=30, track=2) == []


def test_a_name_is_carried_once(site):
    assert len(site.see("till", BLACK_AND_BEIGE, since=15, until=20)) == 1
    assert site.see("till", BLACK_AND_BEIGE, since=21, until=25, track=2) == []


def test_whoever_has_arrived_is_no_rival_of_those_who_come_later(site):
    bob = unlike(BLACK_AND_BEIGE, 0.12)
    site.carrier.name("bob", "door", 2, at(5))
    site.see("door", bob, since=5, until=10, track=2)
    (ada,) = site.see("till", BLACK_AND_BEIGE, since=14, until=17)
    (carried,) = site.see("till", unlike(BLACK_AND_BEIGE, 0.1), since=18, until=21, track=2)
    assert (ada.identity_id, carried.identity_id) == ("ada", "bob")


def test_a_track_that_showed_its_face_is_left_to_that(site):
    site.carrier.show_face("till", 1, at(15))
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20) == []


def test_nothing_is_carried_where_another_who_left_is_nearly_as_like(site):
    site.see("door", unlike(BLACK_AND_BEIGE, 0.09), since=5, until=10, track=2)
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20) == []


def test_nothing_is_carried_where_another_who_came_is_nearly_as_like(site):
    site.see("till", unlike(BLACK_AND_BEIGE, 0.09), since=14, until=15, track=2)
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20) == []


def test_others_who_look_different_are_no_hindrance_and_told(site):
    site.see("till", unlike(BLACK_AND_BEIGE, 0.4), since=14, until=20, track=2)
    (carried,) = site.see("till", BLACK_AND_BEIGE, since=15, until=20)
    assert carried.rival_similarity == pytest.approx(0.6)


def test_whoever_was_not_seen_clearly_takes_nothing_over_but_is_a_rival(site):
    dim = {"is_clear": False, "since": 15, "until": 20}
    assert site.see("till", BLACK_AND_BEIGE, track=2, **dim) == []
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20) == []


def test_whoever_was_seen_elsewhere_since_is_not_carried_from_before(site):
    site.carrier.name("ada", "yard", 7, at(12))
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20) == []


def test_a_track_that_people_said_is_not_somebody_does_not_become_them(site):
    def not_ada(identity_id: str, camera_id: str, track_id: int, when: datetime) -> bool:
        assert (camera_id, track_id) == ("till", 1)
        assert when >= at(15)
        return identity_id != "ada"

    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20, may_be=not_ada) == []


def test_a_face_that_says_otherwise_sets_the_carried_name_free(site):
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=18)
    site.carrier.name("bob", "till", 1, at(18))
    (carried,) = site.see("till", BLACK_AND_BEIGE, since=18, until=22, track=2)
    assert carried.identity_id == "ada"


def test_a_face_that_agrees_lets_the_name_go_on_from_there(site):
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=18)
    site.carrier.name("ada", "till", 1, at(18))
    (carried,) = site.see("door", BLACK_AND_BEIGE, since=22, until=25, track=2)
    assert carried.origin == ("till", 1)


def test_a_carrier_goes_on_equally_in_another_process(site):
    site.carrier = pickle.loads(pickle.dumps(site.carrier))
    assert site.see("till", BLACK_AND_BEIGE, since=15, until=20)


def test_tracks_that_can_say_nothing_any_more_are_forgotten(site):
    fresh = Site()
    for each in (site, fresh):
        each.see("till", RED, since=500, until=520)
    assert len(pickle.dumps(site.carrier)) == len(pickle.dumps(fresh.carrier))
    assert site.see("till", BLACK_AND_BEIGE, since=521, until=525, track=2) == []


def test_who_is_somebody_else_by_now_is_carried_as_who_they_are(site):
    site.carrier.reconsider(lambda who: "augusta" if who == "ada" else who)
    (carried,) = site.see("till", BLACK_AND_BEIGE, since=15, until=20)
    assert carried.identity_id == "augusta"
