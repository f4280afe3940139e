from functools import partial

import pytest

from genesis_ray.domain.events import Event
from genesis_ray.errors import FullDiskError
from genesis_ray.live import safekeeping
from genesis_ray.live.room import wait_for_room
from genesis_ray.live.safekeeping import Safekeeping
from genesis_ray.live.spec import LiveSpec
from genesis_ray.store.runs.state_log import StateLog
from tests.live.specs import live_spec


class Counter:
    """A keeper of a number."""

    def __init__(self, spec: LiveSpec) -> None:
        self.notes: list[Event] = []
        self.kept = Safekeeping(spec, "journal", self.notes.append)
        self.number = self.kept.before or 0
        self.kept.go_through(self._apply_again)
        self.kept.recovery.is_over()
        self.kept.checkpoint(self.number)

    def add(self, number: int) -> None:
        with self.kept.taking("_added", number):
            self._added(number)
        self.kept.recovery.sound()

    def _added(self, number: int) -> None:
        self.number += number

    def _apply_again(self, name: str, *told: object) -> None:
        getattr(self, name)(*told)


@pytest.fixture
def spec(tmp_path) -> LiveSpec:
    return live_spec(tmp_path, "door")


def test_what_was_taken_since_the_last_state_is_gone_through_again_and_that_is_noted(spec):
    first = Counter(spec)
    first.add(1)
    first.kept.checkpoint(first.number)
    first.add(2)
    first.add(3)
    assert first.notes == []
    second = Counter(spec)
    assert second.number == 6
    assert [(note.component, note.state) for note in second.notes] == [("journal", "restarted")]
    assert Counter(spec).number == 6


def test_who_has_done_all_leaves_nothing_for_another_process(spec):
    counter = Counter(spec)
    counter.add(1)
    counter.kept.clear()
    assert Counter(spec).number == 0


def test_what_finds_no_room_to_be_kept_is_not_applied(spec, monkeypatch):
    counter = Counter(spec)

    def full(_log: StateLog, _record: object) -> None:
        raise FullDiskError(spec.run)

    with monkeypatch.context() as patch:
        patch.setattr(StateLog, "append", full)
        with pytest.raises(FullDiskError):
            counter.add(1)
    assert counter.number == 0
    assert [note.state for note in counter.notes] == ["degraded"]
    counter.add(2)
    assert counter.number == 2
    assert [note.state for note in counter.notes] == ["degraded", "recovered"]


def test_who_has_only_begun_is_told_of_a_full_disk_and_who_goes_on_waits(spec, monkeypatch):
    monkeypatch.setattr(safekeeping, "wait_for_room", partial(wait_for_room, pause=lambda _: None))
    rooms = iter([False, False, False, True])

    def open_something() -> str:
        if not next(rooms):
            raise FullDiskError(spec.run)
        return "open"

    begun = Safekeeping(spec, "journal", lambda _: None)
    with pytest.raises(FullDiskError):
        begun.open(open_something)
    begun.checkpoint(1)
    assert Safekeeping(spec, "journal", lambda _: None).open(open_something) == "open"
    assert not [*rooms]
