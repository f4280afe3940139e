from datetime import timedelta

from genesis_ray.running.set_aside import in_a_line
from tests.letters import NOON, frame, recording


def test_the_same_work_set_aside_twice_is_one_letter():
    assert recording("door") == recording("door")
    assert recording("door").event_id == recording("door").event_id


def test_letters_of_other_work_have_other_ids():
    letters = [
        recording("door"),
        recording("till"),
        recording("door", at=NOON + timedelta(seconds=1)),
        recording("door", stage="decode"),
        recording("door", tenant_id="acme"),
        frame("door", 0, at=NOON),
    ]
    assert len({letter.dead_letter_id for letter in letters}) == len(letters)


def test_an_error_is_told_in_a_line_of_bounded_length():
    assert in_a_line(RuntimeError("cannot\n  at line 7")) == "RuntimeError: cannot"
    assert in_a_line(KeyError()) == "KeyError: "
    assert len(in_a_line(ValueError("x" * 1000))) == 200
