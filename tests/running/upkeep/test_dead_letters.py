import pytest

from genesis_ray.errors import ConfigurationError, NotFoundError, StoreError
from genesis_ray.running.upkeep.dead_letters import chosen, dead_letters_of, drop, waiting
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.letters import EVENING, NOON, became, frame, recording

DOOR, TILL, YARD = recording("door"), frame("till", 7, at=NOON), recording("yard")


@pytest.fixture
def run(tmp_path) -> RunFolder:
    """A run with two dead letters that wait, and one that was dropped."""
    run = RunFolder.create(tmp_path / "run")
    with EventLog(run.events) as log:
        log.append([DOOR, TILL, YARD, became(YARD, "dropped", "a broken camera")])
    return run


def cameras(letters) -> set[str]:
    return {letter.camera_id for letter in letters}


def test_letters_are_read_with_what_became_of_them(run):
    letters = {letter.camera_id: letter for letter in dead_letters_of(run)}
    assert letters["till"].frame_index == 7
    assert letters["till"].captured_at == NOON
    assert (letters["yard"].status, letters["yard"].outcome) == ("dropped", "a broken camera")
    assert cameras(waiting(letters.values())) == {"door", "till"}


def test_a_run_in_which_all_went_well_has_none(tmp_path):
    assert dead_letters_of(RunFolder.create(tmp_path / "run")) == []


def test_letters_are_chosen_by_id_or_its_beginning_each_once(run):
    ids = [DOOR.dead_letter_id, DOOR.dead_letter_id[:8], TILL.dead_letter_id]
    assert [letter.camera_id for letter in chosen(dead_letters_of(run), ids)] == ["door", "till"]


@pytest.mark.parametrize("unknown", ["door", "", "ffffffff"])
def test_an_id_that_there_is_not_is_named_with_the_remedy(run, unknown):
    with pytest.raises(NotFoundError, match=rf"'{unknown}'.*`genesis dead-letters list"):
        chosen(dead_letters_of(run), [DOOR.dead_letter_id, unknown])


def test_a_beginning_that_several_have_is_refused_with_their_ids(tmp_path):
    letters = [recording(f"camera-{number}") for number in range(17)]  # of 16 first digits
    run = RunFolder.create(tmp_path / "run")
    with EventLog(run.events) as log:
        log.append(letters)
    first = [letter.dead_letter_id[0] for letter in letters]
    common = next(digit for digit in first if first.count(digit) > 1)
    with pytest.raises(ConfigurationError, match="several dead letters begin with"):
        chosen(dead_letters_of(run), [common])


def test_a_letter_that_waits_no_longer_cannot_be_chosen(run):
    with pytest.raises(ConfigurationError, match=r"was dropped at 2026-01-05 18:00:00 UTC \(a b"):
        chosen(dead_letters_of(run), [YARD.dead_letter_id])


def test_who_drops_letters_says_why_and_they_wait_no_longer(run):
    drop(run, waiting(dead_letters_of(run)), reason="seen by hand", at=EVENING)
    after = {letter.camera_id: letter for letter in dead_letters_of(run)}
    assert waiting(after.values()) == []
    assert (after["door"].outcome, after["door"].changed_at) == ("seen by hand", EVENING)
    assert after["door"].reason == "RuntimeError: cannot digest this picture"
    assert after["yard"].outcome == "a broken camera"


def test_nothing_is_dropped_while_another_process_writes(run):
    letters = waiting(dead_letters_of(run))
    with EventLog(run.events), pytest.raises(StoreError, match="being written to by process"):
        drop(run, letters, reason="", at=EVENING)
    assert cameras(waiting(dead_letters_of(run))) == {"door", "till"}
