import unicodedata

import pytest

from genesis_ray.domain.recognition.person_names import is_same_name, person_name, remark
from genesis_ray.errors import ConfigurationError


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (" Ada Byron ", "Ada Byron"),
        (unicodedata.normalize("NFD", "José"), "José"),
        ("Ada [/x]", "Ada [/x]"),
        ("می\N{ZERO WIDTH NON-JOINER}نا", "می\N{ZERO WIDTH NON-JOINER}نا"),
        ("李", "李"),
    ],
)
def test_names_are_kept_in_one_form(name, kept):
    assert person_name(name) == kept


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "not empty"),
        (" \t", "not empty"),
        ("\N{ZERO WIDTH SPACE}", r"U\+200B"),
        ("\u3164\u0301", "something to see"),
        ("Ad\x1b[31ma", r"U\+001B"),
        ("line\nbreak", r"U\+000A"),
        ("\u202eevil", r"U\+202E"),
        ("\udcff", r"U\+DCFF"),
        ("x" * 201, "200 characters or fewer"),
    ],
)
def test_what_nobody_can_be_called_is_refused(name, says):
    with pytest.raises(ConfigurationError, match=says):
        person_name(name)


def test_a_name_is_the_same_in_whatever_form_it_is_stored():
    assert is_same_name(unicodedata.normalize("NFD", "José") + "\n", "José")
    assert not is_same_name("José", "Jose")


def test_what_people_write_of_a_decision_is_text_of_a_bounded_length():
    assert remark(" form 17,\nof March ", "why") == "form 17,\nof March"
    for text, says in [("\x1b[2J", r"U\+001B"), ("\udcff", r"U\+DCFF"), ("x" * 2001, "2,000")]:
        with pytest.raises(ConfigurationError, match=f"why has .*{says}"):
            remark(text, "why")
