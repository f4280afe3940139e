"""Forgetting somebody while a resolver and a journal are at work, and when any of all is killed."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import TrackObserved
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import StoreError
from genesis_ray.live import calls, resolver
from genesis_ray.live.journal import JournalActor
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import LiveSpec, Shown, Told
from genesis_ray.running.enrolling.enrolment import enroll_or_hand_over
from genesis_ray.running.erasure.forgetting import finish, forget
from genesis_ray.running.erasure.forgetting_intent import is_unfinished
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.people import giving_way
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.people_stores import PeopleStores
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.result import summary
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.giving_way import Presence, Way, wait_until
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import StateLog
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import SyntheticFilm
from tests.deadly_steps import Doomed
from tests.running.erasure import killed_forgetting
from tests.running.somebody import ADA, BEN, CARL, NOON, at
from tests.store.some_keys import protected

FACES = dict(zip((ADA.name, CARL.name, BEN.name), np.eye(3, 16, dtype=np.float32), strict=True))


@pytest.fixture
def spec(tmp_path, monkeypatch) -> LiveSpec:
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    monkeypatch.setattr(calls.ray, "get", lambda answer: answer)
    # In plain, so that what a keeper remembers is searched too.
    monkeypatch.setattr(StateLog, "_sealed", lambda _, plain: plain)
    monkeypatch.setattr(StateLog, "_opened", lambda _, plain: plain)
    settings = Settings(
        data_dir=tmp_path / "data",
        faces={"embedder": "synthetic", "min_quality": 0},
        identity={"votes": 2},
        cameras=[{"camera_id": "door", "source": "door.mp4"}],
    )
    run = RunFolder.create(tmp_path / "run")
    run.write_summary(summary(settings, None))
    note_run(settings.data_dir, run.path)
    keys, folder = tenant_keys(settings), identity_folder(settings)
    with (
        FaceGallery(folder, embedder="colour", dimension=16, keys=keys, writer=True) as gallery,
        People(folder, writer=True) as people,
    ):
        for person in (ADA, CARL):
            people.add(person)
            template = template_of(person, settings)
            gallery.enroll(person.identity_id, template[None], qualities=[1], at=NOON)
    return LiveSpec(
        settings=settings,
        run=run.path,
        realtime=False,
        detector_app="",
        embedder_app="",
        template_key=keys.ref,
    )


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "cleo.png"
    cv2.imwrite(str(path), SyntheticFilm(people=1, width=160, height=120).image_at(0))
    return path


def template_of(person: Person, settings: Settings, *, look: float = 0) -> np.ndarray:
    face = FACES[person.name] + np.float32(look) * np.eye(16, dtype=np.float32)[5]
    face /= np.linalg.norm(face)
    return protected(face[None], tenant_keys(settings).current, "colour")[0]


class Keeper:
    """An actor in this process: one call at a time, called to give way as the supervisor does."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor
        self._alone = threading.RLock()
        self._ends = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def call(self, method: str, *arguments: Any) -> Any:
        with self._alone:
            return getattr(self.actor, method)(*arguments)

    def replace(self, made: Callable[[], Any]) -> None:
        """Have another process take the place of this one."""
        with self._alone:
            self.actor = made()

    def end(self) -> None:
        self._ends.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._ends.wait(0.01):
            if self.actor._kept.giving.way.is_asked():
                with suppress(Killed):
                    self.call("give_way")


class Killed(BaseException):
    """Stands for the end of a process."""


class System:
    """A resolver and a journal of one camera, at which a second passes with each sight."""

    def __init__(self, spec: LiveSpec, monkeypatch) -> None:
        self._spec = spec
        self._seconds = itertools.count()
        journal = self.journal = Keeper(JournalActor(spec))
        remote = SimpleNamespace(
            take=SimpleNamespace(remote=lambda *told: journal.call("take", *told)),
            note_gallery=SimpleNamespace(remote=lambda told: journal.call("note_gallery", told)),
        )
        monkeypatch.setattr(resolver.ray, "get_actor", lambda *_: remote)
        self.resolver = Keeper(ResolverActor(spec))

    def see(self, person: Person, track_id: int, sights: int = 3) -> str:
        """Show somebody; return what the track is called then, "" for nothing."""
        name = ""
        for _ in range(sights):
            second = next(self._seconds)
            face = Face(
                camera_id="door",
                track_id=track_id,
                face_index=second,
                captured_at=at(second),
                embedding=template_of(person, self._spec.settings, look=0.1),
                quality=0.9,
            )
            names = self.resolver.call("take", [Shown("door", (face,), at(second))])
            name = names["door"].get(track_id, name)
            box = dict.fromkeys(("x1", "y1", "x2", "y2", "confidence"), 0.5)
            seen = TrackObserved(
                tenant_id="default", site_id="default", camera_id="door", occurred_at=at(second),
                track_id=track_id, frame_index=second, **box,
            )  # fmt: skip
            told = Told("door", [(at(second), (seen,))], at(second))
            self.journal.call("take", [told])
        return name

    def end(self) -> None:
        self.resolver.call("take", [Shown("door", (), DONE)])
        self.journal.call("take", [Told("door", [], DONE)])
        for keeper in (self.resolver, self.journal):
            keeper.actor.finish()


@contextmanager
def system(spec: LiveSpec, monkeypatch) -> Iterator[System]:
    with closing(Presence(RunFolder(spec.run).watching)):
        made = System(spec, monkeypatch)
        try:
            yield made
        finally:
            made.resolver.end()
            made.journal.end()
        made.end()


def rows(spec: LiveSpec, table: str) -> list[dict]:
    return read_table(spec.run / "events", table).to_pylist()


def of_carl(spec: LiveSpec) -> dict[str, list[dict]]:
    """Return what is said of Carl, and of all tracks."""
    found = {
        table: [row for row in rows(spec, table) if row["identity_id"] == CARL.identity_id]
        for table in ("face_recognitions", "visits")
    }
    for row in found["face_recognitions"]:
        for name in ("runner_up_id", "runner_up_similarity"):
            del row[name]
    return found | {"track_observations": rows(spec, "track_observations")}


def remembered(spec: LiveSpec) -> bytes:
    return b"".join(path.read_bytes() for path in (spec.run / "state").rglob("*.*"))


STORY = (ADA, 1), (CARL, 2), (ADA, 1)
AFTER = (CARL, 3), (ADA, 1), (ADA, 4)


def told(system: System, *story: tuple[Person, int]) -> list[str]:
    return [system.see(person, track_id) for person, track_id in story]


def test_who_is_forgotten_is_a_stranger_from_then_on_and_all_else_goes_on(spec, monkeypatch):
    with system(spec, monkeypatch) as running:
        assert told(running, *STORY) == [ADA.name, CARL.name, ""]
        assert ADA.identity_id.encode() in remembered(spec)
        _, receipt = forget(spec.settings, ADA.name, by="eve", why="")
        assert receipt.searched.residue == verify(spec.settings, receipt).residue == ()
        assert ADA.identity_id.encode() not in remembered(spec)
        assert not is_unfinished(identity_folder(spec.settings))
        assert told(running, *AFTER) == [CARL.name, "", ""]
    assert [person.name for person in who_is_who(spec.settings).people] == [CARL.name]
    assert receipt.faces == 1
    assert len(rows(spec, "track_observations")) == 18
    assert verify(spec.settings, receipt).residue == ()


def test_the_visit_of_who_is_forgotten_goes_on_as_that_of_somebody(spec, monkeypatch):
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        forget(spec.settings, ADA.name, by="eve", why="")
        told(running, *AFTER)
    (stranger,) = {
        row["identity_id"] for row in rows(spec, "face_recognitions") if row["track_id"] == 1
    }
    began, ended = sorted(
        (row for row in rows(spec, "visits") if row["identity_id"] == stranger),
        key=lambda row: row["ended_at"] is not None,
    )
    assert began["visit_id"] == ended["visit_id"]
    assert (ended["started_at"], ended["ended_at"]) == (at(0), at(14))


def test_what_is_said_of_others_is_what_is_said_without_it(spec, monkeypatch, tmp_path):
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        forget(spec.settings, ADA.name, by="eve", why="")
        told(running, *AFTER)
    said = of_carl(spec)
    assert said["visits"]
    (tmp_path / "data").rename(tmp_path / "forgotten")
    (tmp_path / "run").rename(tmp_path / "forgotten-run")
    # As it was before: the same people, whom nobody forgets.
    other = made_again(spec)
    with system(other, monkeypatch) as running:
        assert told(running, *STORY, *AFTER) == [
            ADA.name, CARL.name, "", CARL.name, "", ADA.name
        ]  # fmt: skip
    assert of_carl(other) == said


def test_what_is_decided_and_enrolled_meanwhile_waits_and_then_counts(spec, monkeypatch, photo):
    monkeypatch.setattr(resolver, "_CHECKPOINT_EVERY_S", 0)
    monkeypatch.setattr(resolver, "_MOST_OF_THE_TIME", float("inf"))
    purge, writing = PeopleStores.purge, []

    def rename() -> None:
        with Repairs(spec.settings, by="eve", why="") as repairs:
            repairs.rename(CARL.name, "Charles")

    def purge_meanwhile(*arguments: Any) -> None:
        for each in (
            rename,
            lambda: enroll_or_hand_over(spec.settings, "Cleo", [photo], within_s=9),
        ):
            writing.append(threading.Thread(target=each))
            writing[-1].start()
        for each in writing:
            each.join(0.1)
            assert each.is_alive()
        purge(*arguments)

    monkeypatch.setattr(PeopleStores, "purge", purge_meanwhile)
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        _, receipt = forget(spec.settings, ADA.name, by="eve", why="")
        while any(each.is_alive() for each in writing):
            running.see(BEN, 9, sights=1)
        assert told(running, (CARL, 3)) == ["Charles"]
        assert running.resolver.actor._people.identities.gallery.count == 2
    assert {person.name for person in who_is_who(spec.settings).people} == {"Charles", "Cleo"}
    assert verify(spec.settings, receipt).residue == ()


def made_again(spec: LiveSpec) -> LiveSpec:
    RunFolder.create(spec.run).write_summary(summary(spec.settings, None))
    keys, folder = tenant_keys(spec.settings), identity_folder(spec.settings)
    with (
        FaceGallery(folder, embedder="colour", dimension=16, keys=keys, writer=True) as gallery,
        People(folder, writer=True) as people,
    ):
        for person in (ADA, CARL):
            people.add(person)
            template = template_of(person, spec.settings)
            gallery.enroll(person.identity_id, template[None], qualities=[1], at=NOON)
    return spec


@pytest.mark.parametrize("victim", ["resolver", "journal"])
def test_a_keeper_that_is_killed_while_it_gives_way_goes_on_without_the_person(
    spec, monkeypatch, victim
):
    wait, dead = Way.wait, threading.Event()

    def killed(way: Way) -> None:
        is_victims = f"/{victim}/" in str(way._mark)
        if is_victims and way.is_given() and not dead.is_set():
            dead.set()
            raise Killed
        wait(way)

    monkeypatch.setattr(Way, "wait", killed)
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        keeper = getattr(running, victim)
        made = {"resolver": ResolverActor, "journal": JournalActor}[victim]

        def start_again() -> None:
            dead.wait()
            keeper.replace(lambda: made(spec))

        starting = threading.Thread(target=start_again)
        starting.start()
        _, receipt = forget(spec.settings, ADA.name, by="eve", why="")
        starting.join()
        assert receipt.searched.residue == ()
        assert ADA.identity_id.encode() not in remembered(spec)
        assert told(running, *AFTER) == [CARL.name, "", ""]
    assert len(rows(spec, "track_observations")) == 18
    assert len([row for row in rows(spec, "visits") if row["ended_at"]]) == 2
    states = [row["component"] for row in rows(spec, "system_states")]
    assert states == [victim]


@pytest.fixture
def command(spec) -> Iterator[Doomed]:
    """Forgets Ada, with the keys of `spec`, and is killed at it; see there."""
    with Doomed(Path(killed_forgetting.__file__)) as command:
        yield command


@pytest.mark.timeout(120)
@pytest.mark.parametrize("step", [3, 25, 50, 75])
def test_a_command_that_is_killed_is_finished_by_the_next_and_names_the_person_no_more(
    spec, monkeypatch, command, step
):
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        assert command.is_killed(spec.settings.data_dir, when=step)
        left_off = is_unfinished(identity_folder(spec.settings))
        assert left_off or step < 10
        carl, ada, again = told(running, *AFTER)
        assert (carl, ada) == (CARL.name, "")
        assert again == ("" if left_off else ADA.name)
        if left_off:
            _, receipt = finish(spec.settings)
        else:
            _, receipt = forget(spec.settings, ADA.name, by="eve", why="")
        assert receipt.searched.residue == ()
        assert told(running, (CARL, 5), (ADA, 6)) == [CARL.name, ""]
    assert verify(spec.settings, receipt).residue == ()
    assert len(rows(spec, "track_observations")) == 24
    visits = [row["identity_id"] for row in rows(spec, "visits") if row["ended_at"]]
    assert len(visits) == 2
    assert CARL.identity_id in visits


def test_what_a_resolver_that_gives_way_has_learned_is_stored_and_not_to_be_stored_again(
    spec, monkeypatch
):
    spec = with_visitors(spec)
    with system(spec, monkeypatch) as running:
        assert running.see(BEN, 1, sights=6)
        giving = running.resolver.actor._kept.giving.way
        lock = giving.ask()
        assert wait_until(giving.is_given, within_s=10)
        state = StateLog(spec.run / "state" / "resolver", spec.key).restore().state
        lock.release()
        assert [len(rows) for rows in state[1]] == [0, 0, 0, 0]
        assert len(who_is_who(spec.settings).people) == 3


def with_visitors(spec: LiveSpec) -> LiveSpec:
    identity = IdentitySettings(visitors=True, visitor_faces=4, votes=2)
    return replace(spec, settings=spec.settings.model_copy(update={"identity": identity}))


def test_who_is_about_to_be_named_while_they_are_forgotten_becomes_no_visitor(spec, monkeypatch):
    spec = with_visitors(spec)
    with system(spec, monkeypatch) as running:
        assert running.see(ADA, 1, sights=1) == ""
        forget(spec.settings, ADA.name, by="eve", why="")
        assert running.see(ADA, 1, sights=9) == ""
        assert [person.name for person in who_is_who(spec.settings).people] == [CARL.name]
        assert running.see(BEN, 2, sights=6)


def test_a_key_that_is_lost_while_a_system_runs_keeps_nobody_known(spec, monkeypatch, tmp_path):
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        (tmp_path / "keys").rename(tmp_path / "lost")
        _, receipt = forget(spec.settings, ADA.name, by="eve", why="", without_key=True)
        (tmp_path / "lost").rename(tmp_path / "keys")
        assert not receipt.is_signed
        assert receipt.searched.residue == ()
        assert ADA.identity_id.encode() not in remembered(spec)
        assert told(running, *AFTER) == [CARL.name, "", ""]


@pytest.mark.timeout(120)
def test_nor_do_they_while_a_command_that_was_killed_waits_to_be_finished(
    spec, monkeypatch, command
):
    spec = with_visitors(spec)
    with system(spec, monkeypatch) as running:
        assert command.is_killed(spec.settings.data_dir, when=25)
        assert is_unfinished(identity_folder(spec.settings))
        assert running.see(ADA, 1, sights=9) == ""
        finish(spec.settings)
        assert [person.name for person in who_is_who(spec.settings).people] == [CARL.name]


def test_a_system_that_does_not_give_way_has_nothing_changed(spec, monkeypatch):
    monkeypatch.setattr(giving_way, "WITHIN_S", 0.2)
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        running.journal.end()  # nobody calls it
        with pytest.raises(StoreError, match="has not let go"):
            forget(spec.settings, ADA.name, by="eve", why="")
        assert not is_unfinished(identity_folder(spec.settings))
        assert told(running, (CARL, 3), (ADA, 4)) == [CARL.name, ADA.name]
    assert ADA.name in {person.name for person in who_is_who(spec.settings).people}
