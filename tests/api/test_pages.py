import base64
from datetime import timedelta

import pytest

from genesis_ray.api.pages import Cursor, place_of
from genesis_ray.domain.figures.event_page import Place
from genesis_ray.errors import ConfigurationError
from tests.api.system import NOON


def test_cursor_survives_its_text():
    cursor = Cursor(NOON + timedelta(microseconds=1), "0f")
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    ["", "x", "ä", "====", base64.urlsafe_b64encode(b"2026-01-05 x").decode(), "!" * 100],
)
def test_cursor_that_no_answer_gave_is_refused(text):
    with pytest.raises(ConfigurationError, match="next_cursor of an earlier answer"):
        Cursor.parse(text)


def test_cursor_of_an_event_names_its_place():
    event_id = bytes(range(16))
    assert place_of(Cursor(NOON, event_id.hex())) == Place(NOON, event_id)


@pytest.mark.parametrize("row_id", ["identity-1", "0f", ""])
def test_cursor_of_people_is_refused_for_events(row_id):
    with pytest.raises(ConfigurationError, match="next_cursor"):
        place_of(Cursor(NOON, row_id))
