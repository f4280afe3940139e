from datetime import timedelta

import pytest

from genesis_ray.analytics.catalogue import QUESTIONS, question_named
from genesis_ray.errors import NotFoundError
from tests.hand_made import NINE, tables

REQUIRED = {
    "time_zone": "Europe/Berlin",
    "queue_zone_id": "queue",
    "camera_id": "door",
    "by": "hour",
    "identity_id": "ada",
    "homographies": {"door": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]},
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_column_of_an_answer_is_explained(name):
    question = question_named(name)
    wanted = {each: REQUIRED[each] for each, needed in question.takes.items() if needed}
    answer = question.ask(tables([]), since=NINE, until=NINE + timedelta(hours=2), **wanted)
    assert list(question.columns) == answer.column_names


def test_unknown_questions_are_told_with_those_there_are():
    with pytest.raises(NotFoundError, match="no question 'mood'; there are metrics"):
        question_named("mood")
