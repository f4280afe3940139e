from pathlib import Path

import pytest

from genesis_ray.store.runs.state_log import new_key
from genesis_ray.store.runs.trial import OPENING, Trial

KEY = new_key()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trial"


def process(path: Path, *steps: str, key: bytes = KEY) -> dict[str, int]:
    """A process that dies at the last of its steps; return the deaths that it was told of."""
    trial = Trial(path, key)
    return {step: trial.begin(step) for step in (OPENING, *steps)}


def test_the_first_process_is_told_of_no_death(path):
    assert process(path, "item 1", "item 2") == {OPENING: 0, "item 1": 0, "item 2": 0}


def test_deaths_are_counted_at_the_step_that_was_begun_last(path):
    process(path, "item 1", "item 2")
    process(path, "item 1", "item 2")
    process(path, "item 1")
    assert process(path, "item 1", "item 2") == {OPENING: 0, "item 1": 1, "item 2": 2}


def test_who_dies_at_once_died_at_opening(path):
    process(path)
    process(path)
    assert process(path) == {OPENING: 2}


def test_what_went_before_a_sound_process_counts_no_more(path):
    process(path, "item 1")
    trial = Trial(path, KEY)
    trial.begin(OPENING)
    trial.end()
    assert not path.exists()
    assert process(path, "item 1") == {OPENING: 0, "item 1": 0}


def test_what_another_system_died_of_does_not_count(path):
    process(path, "item 1")
    assert process(path, "item 1", key=new_key())["item 1"] == 0
    assert process(path, "item 1")["item 1"] == 0


@pytest.mark.parametrize("lines", [0, 1])
def test_a_file_without_a_step_is_that_of_a_process_that_had_not_begun(path, lines):
    process(path)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:lines]))
    assert process(path) == {OPENING: 0}


def test_a_step_that_a_full_disk_keeps_from_being_noted_is_begun_all_the_same(small_disk):
    path = small_disk.path / "trial"
    process(path, "item 1")
    small_disk.fill()
    assert process(path, *(f"item {n}" for n in range(2, 1000))) == {
        OPENING: 0, **{f"item {n}": 0 for n in range(2, 1000)}
    }  # fmt: skip
    text = path.read_text()
    assert text.endswith("\n")  # no step is noted by half
    small_disk.free()
    assert sum(process(path, *(f"item {n}" for n in range(1, 1000))).values()) == 2
