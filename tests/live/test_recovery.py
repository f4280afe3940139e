from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from genesis_ray.domain.events import DeadLetterChanged
from genesis_ray.errors import GenesisError
from genesis_ray.live.recovery import Recovery
from genesis_ray.live.spec import LiveSpec
from genesis_ray.settings import Settings
from tests.letters import NOON
from tests.store.some_keys import ring

FRAMES = [("door", 7), ("till", 8), ("door", 9)]
"""What was taken before the first death."""


def at(frame_index: int) -> datetime:
    return NOON + timedelta(seconds=frame_index)


class Keepers:
    """Processes that follow each other, until one comes through."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.spec = LiveSpec(
            settings=Settings(retry_delays_s=[1, 5, 15]),
            run=folder,
            realtime=False,
            detector_app="d",
            embedder_app="e",
            template_key=ring().ref,
        )
        self.letters: list[DeadLetterChanged] = []
        self.pauses: list[float] = []
        self.passed: list[int] = []

    def start(self) -> Recovery:
        self.passed = []
        return Recovery(
            self.spec,
            "journal",
            self._folder,
            on_aside=self.letters.append,
            pause=self.pauses.append,
        )

    def go_through(self, *deadly: int) -> Recovery | None:
        """Start one more; None where it died of a frame."""
        recovery = self.start()
        for camera_id, frame_index in FRAMES:
            if recovery.admits(camera_id, at(frame_index), frame_index):
                if frame_index in deadly:
                    return None
                self.passed.append(frame_index)
                recovery.passed()
        recovery.is_over()
        return recovery


@pytest.fixture
def keepers(tmp_path) -> Keepers:
    return Keepers(tmp_path)


def test_what_kills_the_fourth_process_too_is_left_out_and_all_else_is_gone_through(keepers):
    for _ in range(3):
        assert keepers.go_through(8) is None
        assert keepers.passed == [7]
        assert keepers.letters == []
    assert keepers.go_through(8)
    assert keepers.passed == [7, 9]
    (letter,) = keepers.letters
    assert (letter.camera_id, letter.frame_index, letter.unit) == ("till", 8, "frame")
    assert (letter.stage, letter.attempts, letter.occurred_at) == ("journal", 4, at(8))
    assert letter.reason == "the journal's process dies of it again and again"


def test_before_what_killed_processes_is_tried_again_there_is_a_pause(keepers):
    for _ in range(4):
        keepers.go_through(8)
    assert keepers.pauses == [1, 5]


def test_no_pause_is_so_long_that_the_keeper_is_given_up_meanwhile(keepers):
    keepers.spec = replace(keepers.spec, settings=Settings(retry_delays_s=[1, 3600, 3600]))
    for _ in range(3):
        keepers.go_through(8)
    assert keepers.pauses == [1, 60]


def test_there_is_one_pause_however_often_it_is_noted_that_an_item_is_over(keepers):
    keepers.start().passed()
    again = keepers.start()
    for _ in range(3):
        again.passed()
    assert keepers.pauses == [1]


def test_each_of_several_is_found_out_and_the_first_is_left_out_by_all_that_follow(keepers):
    starts = 1
    while keepers.go_through(7, 9) is None:
        starts += 1
    assert starts == 7
    assert keepers.passed == [8]
    assert {letter.frame_index for letter in keepers.letters} == {7, 9}
    assert len({letter.event_id for letter in keepers.letters}) == 2


def test_who_was_killed_by_chance_leaves_nothing_out(keepers):
    for deadly in (7, 8, 9, 7, 8):
        keepers.go_through(deadly)
    assert keepers.go_through()
    assert keepers.passed == [7, 8, 9]
    assert keepers.letters == []


def test_deaths_before_a_success_count_no_more(keepers):
    keepers.go_through(8)
    keepers.go_through(8)
    keepers.go_through().sound()
    keepers.go_through(8)
    assert keepers.go_through()
    assert keepers.passed == [7, 8, 9]


def test_what_is_no_frame_cannot_be_left_out_and_the_error_says_what_and_where(keepers, tmp_path):
    for _ in range(3):
        keepers.start()
    with pytest.raises(
        GenesisError, match="the journal died 3 times in a row while it opened"
    ) as e:
        keepers.start()
    assert str(tmp_path) in str(e.value)


def test_who_comes_through_and_dies_before_it_takes_anything_goes_on_so_only_a_few_times(keepers):
    for _ in range(3):
        assert keepers.go_through()
    with pytest.raises(GenesisError, match="each time before it had taken anything"):
        keepers.go_through()


def test_a_system_that_is_started_anew_begins_to_count_anew(keepers, tmp_path):
    for _ in range(3):
        keepers.go_through(8)
    another = Keepers(tmp_path)
    assert another.go_through(8) is None
    assert another.go_through()
    assert another.letters == []
