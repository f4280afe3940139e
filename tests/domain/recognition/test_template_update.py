from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.recognition.template_update import (
    Template,
    TemplateChange,
    UpdatePolicy,
    averaged,
    learn,
    retired,
    spent,
    undone_with,
)

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
AVERAGE = UpdatePolicy(kind="average", similarity=0.7)
EXCHANGE = UpdatePolicy(kind="exchange", similarity=0.7)


def at(degrees: float, name: str = "new", *, camera: str = "door", quality: float = 0.9):
    """Return a template at an angle of a circle: the farther apart, the less alike."""
    angle = np.radians(degrees)
    vector = np.array([np.cos(angle), np.sin(angle)], np.float32)
    return Template(name, vector, quality, camera)


def change(number: str, replaced: str = "", kind="average") -> TemplateChange:
    return TemplateChange(
        change_id=number, identity_id="ada", kind=kind, replaced_id=replaced,
        at=NOON + timedelta(days=len(number)), camera_id="door", track_id=1, similarity=0.9,
    )  # fmt: skip


SURE = {"similarity": 0.9, "runner_up": 0.3, "quality": 0.9, "votes": 3}


def test_a_recognition_is_sure_where_all_is():
    assert AVERAGE.is_sure(**SURE)
    assert AVERAGE.is_sure(**{**SURE, "runner_up": None})


@pytest.mark.parametrize(
    "doubt", [{"similarity": 0.69}, {"runner_up": 0.71}, {"quality": 0.69}, {"votes": 2}]
)
def test_one_doubt_is_enough_not_to_learn(doubt):
    assert not AVERAGE.is_sure(**{**SURE, **doubt})


def test_a_template_moves_a_twentieth_of_the_way_and_stays_of_unit_length():
    moved = averaged(at(0).embedding, at(90).embedding)
    assert moved == pytest.approx(np.array([0.95, 0.05]) / np.hypot(0.95, 0.05), abs=1e-6)
    assert float(moved @ moved) == pytest.approx(1, abs=1e-6)
    assert moved.dtype == np.float32


def test_the_template_nearest_to_the_face_is_the_one_that_moves():
    learned = learn(AVERAGE, [at(0, "a"), at(50, "b")], at(40))
    assert learned is not None
    assert learned.replaced_id == "b"
    np.testing.assert_array_equal(learned.embedding, averaged(at(50).embedding, at(40).embedding))


def test_a_photo_stays_and_what_it_would_move_to_stands_beside_it():
    learned = learn(AVERAGE, [at(0, "photo", camera="")], at(40))
    assert learned is not None
    assert learned.replaced_id == ""
    assert learned.embedding @ at(0).embedding > 0.99


def test_no_more_stand_beside_photos_than_templates_are_wanted():
    others = [at(180 + n, f"{n}") for n in range(3)]
    assert learn(AVERAGE, [at(0, "photo", camera=""), *others], at(10)) is None


def test_a_face_unlike_all_templates_becomes_one_where_there_is_room():
    learned = learn(EXCHANGE, [at(0, "a")], at(40))
    assert learned is not None
    assert learned.replaced_id == ""
    np.testing.assert_array_equal(learned.embedding, at(40).embedding)


def test_a_face_like_one_there_is_teaches_nothing():
    assert learn(EXCHANGE, [at(0, "a")], at(20)) is None


def test_a_face_takes_the_place_of_the_template_that_says_least():
    learned = learn(EXCHANGE, [at(0, "a"), at(5, "b", quality=0.8), at(90, "c")], at(45))
    assert learned is not None
    assert learned.replaced_id == "b"


def test_a_face_that_says_least_itself_replaces_nothing():
    assert learn(EXCHANGE, [at(0, "a"), at(45, "b"), at(90, "c")], at(140, quality=0.1)) is None


def test_photos_are_not_given_up():
    photos = [at(angle, f"{angle}", camera="") for angle in (0, 1, 2)]
    assert learn(EXCHANGE, photos, at(60)) is None


def test_nobody_learns_without_a_template():
    assert learn(AVERAGE, [], at(0)) is None


def test_what_was_replaced_is_used_no_more_once_the_new_one_is_stored():
    changes = [change("1", "old")]
    assert retired(changes, (), {"old", "1"}) == {"old"}
    assert retired(changes, (), {"old"}) == set()


def test_an_undone_change_gives_back_what_it_replaced():
    changes = [change("1", "old"), change("2", "other")]
    assert retired(changes, {"1"}, {"1", "2"}) == {"1", "other"}


def test_what_was_built_on_an_undone_change_goes_with_it():
    changes = [change("1", "old"), change("2", "1"), change("3", "2")]
    assert undone_with(changes, {"2"}) == {"2", "3"}
    assert retired(changes, {"2"}, {"1", "2", "3"}) == {"old", "2", "3"}


def test_what_only_took_the_place_of_an_undone_template_stays():
    changes = [change("1", "old"), change("2", "1", kind="exchange")]
    assert undone_with(changes, {"1"}) == {"1"}
    assert retired(changes, {"1"}, {"1", "2"}) == {"1"}


def test_a_template_that_turned_out_to_be_somebody_elses_replaces_nothing():
    assert retired([change("1", "old")], (), {"1", "old"}, moved={"1"}) == set()


def test_of_the_oldest_changes_what_they_replaced_is_given_up():
    changes = [change("1", "old"), change("2", "1"), change("3", "2")]
    assert spent(changes, (), undoable=2) == ["old"]
    assert spent(changes, (), undoable=3) == []
    assert spent(changes, (), undoable=None) == []


def test_of_an_old_change_that_was_undone_the_template_itself_is_given_up():
    assert spent([change("1", "old"), change("2", "old")], {"1"}, undoable=1) == ["1"]
