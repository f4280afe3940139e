import threading
from contextlib import closing
from pathlib import Path

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.giving_way import Presence, Way, wait_until
from genesis_ray.store.lock import WriteLock


@pytest.fixture
def way(tmp_path) -> Way:
    return Way(tmp_path / "people" / "asked.lock", tmp_path / "state" / "gave-way")


def test_a_writer_is_asked_as_long_as_somebody_holds_the_lock(way):
    assert not way.is_asked()
    lock = way.ask()
    assert way.is_asked()
    lock.release()
    assert not way.is_asked()


def test_who_asks_while_another_does_is_refused(way):
    lock = way.ask()
    with pytest.raises(StoreError, match="being written to"):
        way.ask()
    lock.release()


def test_a_writer_without_a_mark_waits_for_nobody(way):
    lock = way.ask()
    way.wait()
    lock.release()


def test_a_writer_that_gave_way_waits_until_nobody_asks_any_more(way):
    lock = way.ask()
    way.give()
    waiting = threading.Thread(target=way.wait)
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    assert way.is_given()
    lock.release()
    waiting.join(5)
    assert not waiting.is_alive()
    assert not way.is_given()


def test_who_asks_just_when_the_mark_goes_is_waited_for_too(way, monkeypatch):
    """They may have seen the mark, and be taking the store."""
    way.give()
    locks: list[WriteLock] = []
    unlink = Path.unlink

    def ask_and_unlink(path: Path, *, missing_ok: bool = False) -> None:
        if not locks and path.name == "gave-way":
            locks.append(way.ask())
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", ask_and_unlink)
    waiting = threading.Thread(target=way.wait)
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    assert way.is_given()
    locks[0].release()
    waiting.join(5)
    assert not waiting.is_alive()


def test_several_processes_may_be_present_and_the_last_one_counts(tmp_path):
    path = tmp_path / "watching.lock"
    assert not Presence.at(path)
    with closing(Presence(path)):
        with closing(Presence(path)):
            assert Presence.at(path)
        assert Presence.at(path)
    assert not Presence.at(path)


def test_what_does_not_come_is_waited_for_no_longer_than_that():
    assert not wait_until(lambda: False, within_s=0.05)
    assert wait_until(lambda: True, within_s=0)
