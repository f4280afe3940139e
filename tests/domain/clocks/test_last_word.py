from datetime import timedelta

import pytest

from genesis_ray.domain.clocks.last_word import SILENCE, told_at
from tests.hand_made import at

A_MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(seconds=5), SILENCE])
def test_a_log_that_goes_on_tells_of_now(ago):
    assert told_at(at(1000) - ago, at(1000)) == at(1000)


def test_a_log_that_is_silent_tells_up_to_its_last_word():
    assert told_at(at(1000) - SILENCE - A_MOMENT, at(1000)) == at(1000) - SILENCE - A_MOMENT


def test_a_log_that_never_told_of_anybody_breaks_off_nowhere():
    assert told_at(None, at(1000)) == at(1000)
