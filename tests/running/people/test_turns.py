import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import pytest

from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.running.enrolling.enrolment import enroll, enroll_or_hand_over
from genesis_ray.running.people import turns
from genesis_ray.running.people.consent import note_consent
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.people.tags import put_tag
from genesis_ray.running.people.turns import turn, whose_turn
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import SyntheticFilm
from tests.running.somebody import ADA, BEN, CARL

Write = Callable[[Settings], object]


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    settings = Settings(
        data_dir=tmp_path / "data", faces={"embedder": "synthetic", "min_quality": 0}
    )
    with People(identity_folder(settings), writer=True) as people:
        for person in (ADA, BEN, CARL):
            people.add(person)
    return settings


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "cleo.png"
    cv2.imwrite(str(path), SyntheticFilm(people=1, width=160, height=120).image_at(0))
    return path


def merge(settings: Settings) -> None:
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.merge(BEN.identity_id, ADA.identity_id)


def rename(settings: Settings) -> None:
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.rename(ADA.name, "Augusta")


def agree(settings: Settings) -> None:
    note_consent(settings, ADA.name, "given", at=None, by="eve", why="")


def tag(settings: Settings) -> None:
    put_tag(settings, ADA.name, "vip", is_set=True, by="eve")


@pytest.fixture(params=["merge", "rename", "agree", "tag", "enroll", "hand over"])
def write(request, photo) -> Write:
    return {
        "merge": merge,
        "rename": rename,
        "agree": agree,
        "tag": tag,
        "enroll": lambda settings: enroll(settings, "Cleo", [photo]),
        "hand over": lambda settings: enroll_or_hand_over(settings, "Cleo", [photo], within_s=0),
    }[request.param]


@contextmanager
def somebody_elses_turn(settings: Settings) -> Iterator[threading.Event]:
    """Have the turn in another thread, until the event that is yielded is set."""
    has_it, ends = threading.Event(), threading.Event()

    def have_it() -> None:
        with turn(settings):
            has_it.set()
            ends.wait(20)

    other = threading.Thread(target=have_it)
    other.start()
    assert has_it.wait(5)
    try:
        yield ends
    finally:
        ends.set()
        other.join()


def test_who_writes_waits_for_the_turn_and_then_does_it(settings, write):
    with somebody_elses_turn(settings) as ends:
        assert whose_turn(settings) == str(os.getpid())
        writing = threading.Thread(target=write, args=[settings], daemon=True)
        before = {path: path.stat().st_mtime_ns for path in written(settings)}
        writing.start()
        writing.join(0.2)
        assert writing.is_alive()
        assert {path: path.stat().st_mtime_ns for path in written(settings)} == before
        ends.set()
        writing.join(10)
        assert not writing.is_alive()
    assert {path: path.stat().st_mtime_ns for path in written(settings)} != before
    assert whose_turn(settings) is None


def written(settings: Settings) -> list[Path]:
    return [path for path in identity_folder(settings).rglob("*") if path.suffix != ".lock"]


def test_who_waits_too_long_is_told_to_try_again_and_has_changed_nothing(
    settings, write, monkeypatch
):
    monkeypatch.setattr(turns, "WITHIN_S", 0.05)
    before = written(settings)
    with somebody_elses_turn(settings), pytest.raises(
        StoreError, match=rf"process {os.getpid()} has been writing .* nothing is changed: try"
    ):  # fmt: skip
        write(settings)
    assert written(settings) == before


def test_what_was_written_meanwhile_is_seen_by_who_waited(settings):
    raised: list[BaseException] = []

    def name_ada() -> None:
        try:
            rename(settings)
        except NotFoundError as error:
            raised.append(error)

    with somebody_elses_turn(settings) as ends:
        naming = threading.Thread(target=name_ada)
        naming.start()
        naming.join(0.1)
        with People(identity_folder(settings), writer=True) as people:
            people.remove({ADA.identity_id})
        ends.set()
        naming.join(10)
    assert "nobody is called" in str(raised[0])


def test_a_decision_that_fails_leaves_the_turn_to_others(settings):
    with Repairs(settings, by="eve", why="") as repairs, pytest.raises(NotFoundError):
        repairs.rename("Zoe", "Chloe")
    assert whose_turn(settings) is None
    rename(settings)
    assert "Augusta" in {person.name for person in who_is_who(settings).people}
