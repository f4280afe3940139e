import pytest

from genesis_ray.errors import FullDiskError, StoreError
from genesis_ray.live.room import LONGEST_PAUSE_S, Pauses, Room, wait_for_room


class Disk:
    """What was written to a disk, and whether there is room on it."""

    def __init__(self) -> None:
        self.is_full = False
        self.written: list[str] = []

    def write(self, what: str) -> None:
        if self.is_full:
            raise FullDiskError("/data/run")
        self.written.append(what)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def room(told) -> Room:
    return Room("journal", lambda *state: told.append(state))


def test_what_finds_no_room_is_written_later_in_its_order(disk, room):
    disk.is_full = True
    room.write(lambda: disk.write("first"))
    disk.is_full = False
    room.write(lambda: disk.write("second"))
    assert disk.written == []
    room.catch_up()
    assert disk.written == ["first", "second"]


def test_nothing_is_taken_as_long_as_something_waits(disk, room):
    disk.is_full = True
    room.write(lambda: disk.write("what was taken before"))
    taken = []
    for _ in range(3):
        with pytest.raises(FullDiskError, match="/data/run is full"):
            room.take(lambda: taken.append("more"))
    assert taken == []
    disk.is_full = False
    room.take(lambda: disk.write("more"))
    assert disk.written == ["what was taken before", "more"]


def test_what_cannot_be_kept_is_not_taken_and_does_not_wait(disk, room):
    disk.is_full = True
    with pytest.raises(FullDiskError):
        room.take(lambda: disk.write("refused"))
    disk.is_full = False
    room.take(lambda: disk.write("again"))
    assert disk.written == ["again"]


def test_it_is_told_once_that_there_is_no_room_and_once_that_there_is(disk, room, told):
    for _ in range(2):
        disk.is_full = True
        room.write(lambda: disk.write("one"))
        room.write(lambda: disk.write("two"))
        with pytest.raises(FullDiskError):
            room.take(lambda: disk.write("three"))
        disk.is_full = False
        room.take(lambda: disk.write("three"))
    assert [state for state, _ in told] == ["degraded", "recovered"] * 2
    assert "/data/run is full; free some space: all goes on by itself" in told[0][1]
    assert "there is room again after 0.0 s" in told[1][1]


def test_a_little_room_that_is_not_enough_is_none(disk, room, told):
    disk.is_full = True
    with pytest.raises(FullDiskError):
        room.take(lambda: disk.write("large"))
    for _ in range(3):
        with pytest.raises(FullDiskError):
            room.take(lambda: disk.write("large"))
    assert len(told) == 1


def test_what_is_told_is_itself_written_when_there_is_room(disk):
    room = Room("journal", lambda state, _: room.write(lambda: disk.write(state)))
    disk.is_full = True
    room.write(lambda: disk.write("fact"))
    disk.is_full = False
    room.catch_up()
    assert disk.written == ["fact", "degraded", "recovered"]


def test_any_other_damage_is_raised(room):
    def fail() -> None:
        raise StoreError("no such device")

    with pytest.raises(StoreError, match="no such device"):
        room.write(fail)


def test_what_cannot_be_put_off_is_tried_again_after_longer_and_longer_pauses(disk):
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        disk.is_full = len(pauses) < 6

    disk.is_full = True
    wait_for_room("journal", lambda: disk.write("x"), pause=pause)
    assert disk.written == ["x"]
    assert pauses == [0.5, 1, 2, 4, 5, 5]


def test_pauses_have_an_end():
    pauses = Pauses()
    assert max(pauses.next_s() for _ in range(100)) == LONGEST_PAUSE_S
