"""The camera group's steps in one process: doubles answer for Serve and the other actors."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from genesis_ray.domain.clocks.ordering import NOT_BEGUN
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.errors import StoreError
from genesis_ray.live import flow
from genesis_ray.live.cameras import CameraGroupActor
from genesis_ray.live.spec import Resumption, Snapshot
from genesis_ray.running.station import CameraStation
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.vision.memory_guard import MemoryState
from genesis_ray.vision.recording import VideoWriter
from tests.live.grouped import FILM, START, DiedError, Others, actor_among, comparable


async def nothing(*_: object) -> None:
    """Let a group go on undisturbed."""


@pytest.fixture
def watch(monkeypatch, tmp_path):
    """Watch a film of 40 frames with detector settings; return what the others were asked."""

    def watch(
        take_s: float = 0.002,
        before: Snapshot | None = None,
        *,
        is_opened: bool = True,
        meanwhile: Callable = nothing,
        annotate: bool = False,
        **detector,
    ) -> Others:
        others = Others(take_s)
        if before:
            others.before = Resumption({"door": before}, NOT_BEGUN)
        settings = Settings(
            data_dir=tmp_path,
            annotate=annotate,
            back_pressure={"slow_at": 2, "stop_at": 4},
            detector={"model": "synthetic", "input_size": 320, **detector},
            faces={"embedder": "synthetic", "min_person_width": 10},
            cameras=(CameraSettings(camera_id="door", source=FILM, start=START),),
        )

        async def run() -> None:
            actor = actor_among(others, settings, monkeypatch)
            if is_opened:
                await actor.open(settings.cameras)
            watching = asyncio.create_task(actor.run(settings.cameras))
            await meanwhile(actor, settings.cameras)
            others.figures = await watching

        asyncio.run(run())
        return others

    return watch


def test_a_process_that_goes_on_chooses_the_faces_that_the_first_one_would_have(watch, monkeypatch):
    monkeypatch.setattr(flow, "_SNAPSHOT_EVERY_S", 0)
    undisturbed = watch(stack_frames=3)
    assert len({isinstance(face, Face) for face in undisturbed.faces}) == 2
    faces = [*map(comparable, undisturbed.faces)]
    for snapshot in undisturbed.snapshots[2:-1:4]:
        rest = [*map(comparable, watch(before=snapshot, stack_frames=3).faces)]
        assert rest == faces[len(faces) - len(rest) :]
        assert len(rest) < len(faces)


def test_a_process_that_was_killed_before_it_was_to_watch_opens_its_cameras_itself(watch):
    assert watch(is_opened=False).told() == watch().told()


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_no_more_stacks_are_under_way_than_allowed(watch, limit):
    others = watch(stack_frames=1, stacks_in_flight=limit)
    assert sum(others.stacks) == 40
    assert min(limit, 2) <= others.most_under_way <= limit


def test_modes_and_sizes_of_stacks_change_nothing_that_is_told(watch):
    reference = watch().told()
    assert all(reference)
    assert watch(mode="low-latency").told() == reference
    assert watch(mode="throughput").told() == reference


def test_crowded_frames_are_looked_at_again_in_requests_of_the_allowed_size(watch):
    others = watch(tile_above=2, stack_frames=8, max_batch_frames=10)
    assert sum(others.stacks) == 40 * 5
    assert max(others.stacks) == 10


def test_figures_tell_how_the_replicas_that_answered_get_on(watch):
    figures = watch().figures
    assert figures is not None
    assert figures.memory == {
        ("detector", "replica"): MemoryState(1, 4, False, "full"),
        ("embedder", "face replica"): MemoryState(2, None, True, "no room"),
    }
    assert [(camera.frames, camera.is_done) for camera in figures.cameras] == [(40, True)]


def test_of_a_camera_that_comes_anew_under_its_name_the_first_is_not_kept(watch):
    stations = []

    async def exchanged(actor: CameraGroupActor, settings: Sequence[CameraSettings]) -> None:
        while not actor._roster._inbox:
            await asyncio.sleep(0.001)
        await actor.take_off(["door"])
        await actor.put_on(settings)
        stations[:] = [lane.station for lane in actor._roster._inbox._lanes]
        assert stations == [actor._roster.cameras["door"].station]

    watch(meanwhile=exchanged, stack_frames=4)
    assert len(stations) == 1


def test_a_replica_whose_memory_is_full_is_told_of_once(watch):
    notes = watch(stack_frames=4).notes
    assert [(note.component, note.reason) for note in notes if note.state == "degraded"] == [
        ("detector replica", "4 pictures at once: full"),
        ("embedder face replica", "on the processor: no room"),
    ]


def test_who_cannot_get_rid_of_reports_slows_down_and_stops_and_says_so(watch):
    others = watch(take_s=0.3, stack_frames=1)
    states = [note.state for note in others.notes if note.component == "cameras-0"]
    assert states[:2] == ["slowed", "stopped"]
    assert states[-1] == "flowing"
    assert len({at for at, _ in others.events}) > 2
    assert [(camera.frames, camera.dropped) for camera in others.figures.cameras] == [(40, {})]


def test_an_error_that_a_rule_makes_of_a_frame_ends_the_process_and_not_the_system(
    watch, monkeypatch, caplog
):
    monkeypatch.setattr(CameraStation, "observe", lambda *_: {}["nobody thought of this"])
    with pytest.raises(DiedError):
        watch()
    assert "cameras-0 fails on what it was told" in caplog.text
    assert "nobody thought of this" in caplog.text


def full(*_: object) -> None:
    raise StoreError("door.mp4: the video cannot be written (No space left on device)")


@pytest.mark.parametrize("method", ["write", "close"])
def test_a_camera_is_watched_on_where_its_film_cannot_be_written_and_that_is_told(
    watch, monkeypatch, tmp_path, method
):
    monkeypatch.setattr(VideoWriter, method, full)
    others = watch(annotate=True)
    (camera,) = others.figures.cameras
    assert (camera.frames, camera.is_done) == (40, True)
    assert camera.problem == "door.mp4: the video cannot be written (No space left on device)"
    told = [(n.state, n.reason) for n in others.notes if n.component == "film of door"]
    assert told == [("degraded", camera.problem)]
    assert list((tmp_path / "media").iterdir()) == []


def test_a_film_is_there_when_its_camera_has_ended(watch, tmp_path):
    assert watch(annotate=True).figures.cameras[0].problem is None
    assert [film.name for film in (tmp_path / "media").iterdir()] == ["door.mp4"]
