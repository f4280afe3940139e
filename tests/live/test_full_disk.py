"""Journal and resolver on a disk that fills up, and has room again."""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.errors import FullDiskError, StoreError
from genesis_ray.live import calls, journal, resolver, room, safekeeping
from genesis_ray.live.journal import JournalActor
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import LiveSpec, Shown, Told
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.galleries.stored_faces import stored_faces
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.people import People
from tests.live.specs import live_spec
from tests.live.telling import told
from tests.store.some_keys import protected

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
PAGE = 4096
TAKES = 12
FRAMES = 20
"""Of each."""


def takes() -> list[list[Told]]:
    """What a journal is told, each enough to fill some pages."""
    frames = [range(1 + n * FRAMES, 1 + (n + 1) * FRAMES) for n in range(TAKES)]
    ends = [Told("door", [], DONE), Told(RESOLVER, [], DONE)]
    return [*([told("door", *each)] for each in frames), ends]


def as_logged(spec: LiveSpec) -> list[int]:
    rows = RunTables(spec.run / "events")["track_observations"].to_pylist()
    return sorted(row["frame_index"] for row in rows)


def states(spec: LiveSpec) -> list[tuple[str, str]]:
    rows = RunTables(spec.run / "events")["system_states"].to_pylist()
    return [(row["component"], row["state"]) for row in rows]


def take_all(
    actor: JournalActor, calls: list[list[Told]], on_full: Callable[[], None], *, tries: int = 3
) -> int:
    """Tell a journal everything, again where it has no room; return how often it had none."""
    refused = 0
    for each in calls:
        while True:
            try:
                actor.take(each)
                break
            except FullDiskError:
                refused += 1
                if refused % tries == 0:
                    on_full()
    return refused


@pytest.mark.parametrize("leaving", [n * PAGE for n in (0, 1, 2, 4, 7)])
def test_a_journal_goes_on_with_nothing_lost_or_doubled(small_disk, monkeypatch, leaving):
    monkeypatch.setattr(journal, "_CHECKPOINT_EVERY_S", 0.0)  # so also a state finds no room
    spec = live_spec(small_disk.path, "door")
    actor = JournalActor(spec)
    first, *rest = takes()
    actor.take(first)
    small_disk.fill(leaving=leaving)
    known: list[int] = []

    def free() -> None:
        known.append(actor.figures().system.get(("journal", "degraded"), 0))  # at once
        small_disk.free()

    assert take_all(actor, rest, free) == 3
    assert known == [1]
    actor.finish()
    assert as_logged(spec) == list(range(1, 1 + TAKES * FRAMES))
    assert states(spec) == [("journal", "degraded"), ("journal", "recovered")]
    (why, _) = RunTables(spec.run / "events")["system_states"]["reason"].to_pylist()
    assert f"the disk that holds {small_disk.path}" in why
    assert "free some space" in why
    assert not [path for path in small_disk.path.rglob("*") if path.suffix in (".tmp", ".wal")]


def test_of_what_it_took_nothing_is_lost_where_its_process_dies_before_there_is_room(
    small_disk, tmp_path
):
    spec = live_spec(small_disk.path, "door")
    actor = JournalActor(spec)
    calls = takes()
    actor.take(calls[0])
    small_disk.fill(leaving=3 * PAGE)
    copies = []

    def die() -> None:
        copies.append(shutil.copytree(spec.run, tmp_path / "copy"))
        small_disk.free()

    take_all(actor, calls[1:], die)
    another = replace(spec, run=copies[0])
    again = JournalActor(another)
    before = len(as_logged(another))
    assert FRAMES <= before < TAKES * FRAMES
    assert before % FRAMES == 0  # all of a call, or nothing of it
    take_all(again, calls[before // FRAMES - 1 :], lambda: None)  # the last of them once more
    again.finish()
    assert as_logged(another) == list(range(1, 1 + TAKES * FRAMES))
    actor.finish()


def test_one_that_is_started_again_on_a_full_disk_waits_for_room(small_disk, monkeypatch, caplog):
    spec = live_spec(small_disk.path, "door")
    actor = JournalActor(spec)
    calls = takes()
    for each in calls[:6]:
        actor.take(each)
    kill(actor)
    small_disk.fill()
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            small_disk.free()

    monkeypatch.setattr(safekeeping, "wait_for_room", waiting_with(pause))
    again = JournalActor(spec)
    assert len(waited) == 3
    assert "the journal waits for room: the disk that holds" in caplog.text
    take_all(again, calls[6:], lambda: None)
    again.finish()
    assert as_logged(spec) == list(range(1, 1 + TAKES * FRAMES))


def kill(actor: JournalActor) -> None:
    """Do what the system does for a process that is dead."""
    actor._background.close()
    log = actor._log
    log._stopping.set()
    for thread in log._threads:
        thread.join()
    log._segment.close()
    log._lock.release()


def waiting_with(pause: Callable[[float], None]) -> Callable[..., object]:
    return partial(room.wait_for_room, pause=pause)


def test_one_that_begins_on_a_full_disk_says_so_at_once(small_disk):
    spec = live_spec(small_disk.path, "door")
    small_disk.fill()
    with pytest.raises(StoreError, match="is full; free some space and start again"):
        JournalActor(spec)


def test_where_it_ends_before_there_is_room_it_says_so_and_can_end_later(small_disk):
    spec = live_spec(small_disk.path, "door")
    actor = JournalActor(spec)
    actor.take(takes()[0])
    small_disk.fill()
    with pytest.raises(FullDiskError):
        all(actor.take(each) is None for each in takes()[1:])
    with pytest.raises(FullDiskError):
        actor.finish()
    small_disk.free()
    actor.finish()
    taken = len(as_logged(spec))
    assert as_logged(spec) == list(range(1, 1 + taken))


def test_who_needs_its_log_waits_for_room_too(small_disk):
    spec = live_spec(small_disk.path, "door")
    actor = JournalActor(spec)
    asked = actor._kept.giving.way.ask()
    calls = takes()
    for each in calls[:6]:
        actor.take(each)
    small_disk.fill()
    with pytest.raises(FullDiskError):
        actor.give_way()
    assert not actor._kept.giving.way.is_given()
    small_disk.free()

    def need() -> None:
        while not actor._kept.giving.way.is_given():
            time.sleep(0.01)
        EventLog(spec.run / "events").close()
        asked.release()

    needing = threading.Thread(target=need)
    needing.start()
    actor.give_way()
    needing.join()
    take_all(actor, calls[6:], lambda: None)
    actor.finish()
    assert as_logged(spec) == list(range(1, 1 + TAKES * FRAMES))


class Kept:
    """What a resolver has stored at its end, and what it told."""

    def __init__(self, spec: LiveSpec, told: list[tuple]) -> None:
        folder = identity_folder(spec.settings)
        self.people = sorted(each.identity_id for each in People(folder).everyone())
        faces = stored_faces(folder, "colour", 16).to_pylist()
        self.faces = sorted((row["identity_id"], row["enrolled_at"]) for row in faces)
        self.events = [
            (event.track_id, event.identity_id)
            for batch, *_ in told
            for each in batch
            for _, events in each.events
            for event in events
            if hasattr(event, "identity_id")
        ]
        self.states = [note.state for _, *notes in told for note in (notes or [[]])[0]]


@pytest.fixture
def resolve(monkeypatch, tmp_path) -> Callable[..., Kept]:
    """Show faces to a resolver in this process, whose data is in a folder."""
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    monkeypatch.setattr(calls.ray, "get", lambda answer: answer)

    def run(
        folder: Path,
        then: dict[int, Callable[[], None]],
        on_full: Callable[[], None] = lambda: None,
    ) -> Kept:
        noted: list[tuple] = []
        take = SimpleNamespace(remote=lambda *of: noted.append(of))
        actors = SimpleNamespace(take=take, note_gallery=SimpleNamespace(remote=lambda _: None))
        monkeypatch.setattr(resolver.ray, "get_actor", lambda *_: actors)
        monkeypatch.setattr(resolver, "_CHECKPOINT_EVERY_S", 0.0)
        monkeypatch.setattr(resolver, "_MOST_OF_THE_TIME", 1e9)
        settings = Settings(
            data_dir=folder / "data",
            faces={"embedder": "synthetic", "min_quality": 0},
            identity={"visitors": True, "visitor_faces": 4},
            cameras=[{"camera_id": "door", "source": "door.mp4"}],
        )
        spec = LiveSpec(
            settings=settings,
            run=RunFolder.create(folder / "run").path,
            realtime=False,
            detector_app="",
            embedder_app="",
            template_key=tenant_keys(settings).ref,
        )
        actor = ResolverActor(spec)
        refused = 0
        for number, each in enumerate(shown(tenant_keys(settings))):
            then.get(number, lambda: None)()
            while True:
                try:
                    actor.take([each])
                    break
                except FullDiskError:
                    refused += 1
                    if refused % 3 == 0:
                        on_full()
        actor.finish()
        return Kept(spec, noted)

    return run


def shown(keys) -> list[Shown]:
    """Ten visitors, one after the other, each for some seconds."""
    templates = protected(np.eye(16, dtype=np.float32)[:10], keys.current, "colour")
    made = []
    for track_id, template in enumerate(np.asarray(templates)):
        for second in range(6):
            at = NOON + timedelta(seconds=100 * track_id + second)
            face = Face(
                camera_id="door", track_id=track_id, face_index=second, captured_at=at,
                embedding=template, quality=0.9,
            )  # fmt: skip
            made.append(Shown("door", (face,), at))
    return [*made, Shown("door", (), DONE)]


def test_a_resolver_goes_on_and_tells_and_stores_what_it_would_have(resolve, tmp_path, small_disk):
    small_disk.grow()
    wanted = resolve(tmp_path / "large", {})
    assert len(wanted.people) == 10
    filled = {
        at: lambda n=n: small_disk.fill(leaving=n * PAGE) for n, at in enumerate((10, 20, 30, 40))
    }
    got = resolve(small_disk.path, filled, small_disk.free)
    assert got.people == wanted.people
    assert got.faces == wanted.faces
    assert got.events == wanted.events
    assert wanted.states == []
    assert got.states == ["degraded", "recovered"] * 4
