import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pytest

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import (
    CameraStateChanged,
    FaceRecognized,
    FalseMergeFound,
    VisitEnded,
    ZoneCrossed,
)
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.resolver_stage import ResolverStage
from genesis_ray.running.assembly import build_journal, open_station
from genesis_ray.running.people.identities import open_identities
from genesis_ray.running.resolver_building import build_resolver
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station import CameraStation
from genesis_ray.running.station_values import Report
from genesis_ray.running.templates.tenant_keys import passing_keys
from genesis_ray.running.watching import settle, watch
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.topology import TopologySettings
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.testing import ColourDetector, ColourEmbedder

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ACCESS = Access(action="match", reason="test")
LEFT = {"zone_id": "left", "outline": [(0, 0), (0.7, 0), (0.7, 1), (0, 1)]}


def camera(camera_id: str, *, people: int = 2, seconds: float = 4) -> CameraSettings:
    film = f"synthetic:?people={people}&seconds={seconds}&fps=10&width=320&height=240"
    return CameraSettings(camera_id=camera_id, source=film, start=START, zones=[LEFT])


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        detector={"model": "synthetic", "input_size": 320},
        faces={"embedder": "synthetic", "min_person_width": 10, "min_quality": 0},
        identity={"visitors": True, "visitor_faces": 3},
    )


def watched(station: CameraStation, **options) -> list[Report]:
    options = {"stack_frames": 4, "clock": StageClock(), **options}
    with closing(station.source):
        return list(watch(station, ColourDetector(), ColourEmbedder(), **options))


def told(reports: list[Report]) -> list:
    """Return all that reports say, whatever they were split into."""
    events = [event for report in reports for _, together in report.events for event in together]
    faces = [
        (
            *(face.track_id, face.face_index, face.captured_at, face.quality),
            face.embedding.tobytes() if isinstance(face, Face) else None,
        )
        for report in reports
        for face in report.faces
    ]
    return [*events, *faces]


def test_every_frame_is_watched_and_the_end_is_told_last(settings):
    reports = watched(open_station(settings, camera("door")))
    assert sum(report.frames for report in reports) == 40
    assert [report.is_last for report in reports] == [False] * 10 + [True]
    assert [report.progress for report in reports] == sorted(r.progress for r in reports)
    assert told(reports)


@pytest.mark.parametrize(("stacks", "is_cut_off"), [(9, True), (10, False)])
def test_it_is_told_whether_a_recording_had_come_to_its_end_when_it_was_to_end(
    settings, stacks, is_cut_off
):
    asked = count()
    *_, last = watched(
        open_station(settings, camera("door")), is_ending=lambda: next(asked) == stacks
    )
    assert (last.is_last, last.is_cut_off) == (True, is_cut_off)


@pytest.mark.parametrize("stack_frames", [1, 3, 100])
def test_what_is_told_does_not_depend_on_the_size_of_the_stacks(settings, stack_frames):
    reference = watched(open_station(settings, camera("door")), stack_frames=4)
    other = watched(open_station(settings, camera("door")), stack_frames=stack_frames)
    assert told(other) == told(reference)


class HalfBlindDetector(ColourDetector):
    """Sees one figure while that is at the left, else all; knows how many pictures it was given."""

    def __init__(self) -> None:
        self.pictures = 0

    def detect(self, stack: np.ndarray) -> list[Detections]:
        self.pictures += len(stack)
        found = super().detect(stack)
        return [
            Detections(one.xyxy[:1], one.confidence[:1]) if (one.xyxy[:1, 0] < 0.4).any() else one
            for one in found
        ]


@pytest.mark.parametrize("stack_frames", [1, 3, 100])
def test_crowded_frames_are_looked_at_again_whatever_the_size_of_the_stacks(settings, stack_frames):
    section = settings.detector.model_copy(update={"tile_above": 2})
    settings = settings.model_copy(update={"detector": section})
    detector, clock = HalfBlindDetector(), StageClock()
    station = open_station(settings, camera("door"))
    with closing(station.source):
        inputs = np.stack([image for _, image in station.frames()])
    crowded = sum(len(found) >= 2 for found in HalfBlindDetector().detect(inputs))
    assert 0 < crowded < len(inputs)

    def run(stack_frames: int) -> list:
        station = open_station(settings, camera("door"))
        with closing(station.source):
            return told(
                list(
                    watch(
                        station, detector, ColourEmbedder(), stack_frames=stack_frames, clock=clock
                    )
                )
            )

    reference = run(4)
    assert detector.pictures == len(inputs) + 4 * crowded
    assert run(stack_frames) == reference


def test_frames_are_shown_in_order_once_they_were_observed(settings):
    seen = []
    watched(open_station(settings, camera("door")), on_seen=seen.append)
    assert [one.frame.stamp.frame_index for one in seen] == list(range(40))
    assert all(one.observation.at == one.frame.stamp.captured_at for one in seen)


def test_the_time_goes_to_the_stages(settings):
    clock = StageClock()
    watched(open_station(settings, camera("door")), clock=clock)
    assert set(clock.seconds()) == {"decode", "detect", "track", "embed"}


def workers() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith(("decode", "detect"))]


def test_who_stops_watching_leaves_no_thread_behind(settings):
    station = open_station(settings, camera("door"))
    with closing(station.source):
        reports = watch(
            station, ColourDetector(), ColourEmbedder(), stack_frames=4, clock=StageClock()
        )
        next(reports)
        reports.close()
    assert workers() == []


class BlindDetector:
    """A detector that breaks."""

    def detect(self, stack):  # noqa: ARG002
        raise RuntimeError("the lens cap is on")


def test_what_the_detector_fails_with_reaches_the_caller(settings):
    station = open_station(settings, camera("door"))
    with closing(station.source), pytest.raises(RuntimeError, match="lens cap"):
        list(watch(station, BlindDetector(), ColourEmbedder(), stack_frames=4, clock=StageClock()))
    assert workers() == []


@pytest.fixture
def run(settings):
    """Bring the reports of cameras together; each call is a system of its own."""
    runs = []

    def run(
        *cameras: CameraSettings,
        stack_frames: int = 4,
        topology: TopologySettings | None = None,
        **options,
    ) -> list[list]:
        runs.append(cameras)
        own = settings.model_copy(
            update={
                "cameras": cameras,
                "data_dir": settings.data_dir / str(len(runs)),
                "topology": topology or settings.topology,
            }
        )
        reports = {
            camera.camera_id: iter(watched(open_station(own, camera), stack_frames=stack_frames))
            for camera in cameras
        }
        names = list(reports)
        with ExitStack() as opened:
            identities = open_identities(
                own, ColourEmbedder(), passing_keys("default"), opened, access=ACCESS
            )
            resolving = ResolverStage(names, build_resolver(own, identities, ColourEmbedder()))
            journaling = JournalStage(names, build_journal(own))
            batches = list(settle(reports, resolving, journaling, clock=StageClock(), **options))
        assert (resolving.late, journaling.late) == (0, 0)
        return batches

    return run


def events_of(batches: list[list]) -> list:
    return [event for batch in batches for event in batch]


def test_people_seen_by_two_cameras_are_two_visitors_who_were_at_both(run):
    events = events_of(run(camera("door"), camera("till")))
    visits = [event for event in events if isinstance(event, VisitEnded)]
    named = [event for event in events if isinstance(event, FaceRecognized)]
    assert len(visits) == 2
    assert {(event.camera_id, event.identity_id) for event in named} == {
        (place, visit.identity_id) for place in ("door", "till") for visit in visits
    }
    assert all("left" in visit.zone_ids for visit in visits)


APART = TopologySettings(passages=[{"between": ("door", "till"), "min_s": 60}])


def test_people_seen_at_once_by_cameras_that_are_far_apart_are_named_at_one_alone(run):
    events = events_of(run(camera("door"), camera("till"), topology=APART))
    named = [event for event in events if isinstance(event, FaceRecognized)]
    assert {event.camera_id for event in named if event.decision == "named"} == {"door"}
    held = {(e.camera_id, e.track_id) for e in named if e.decision == "review"}
    merges = [event for event in events if isinstance(event, FalseMergeFound)]
    assert {(e.camera_id, e.track_id) for e in merges} == held
    assert {camera_id for camera_id, _ in held} == {"till"}
    visits = [event for event in events if isinstance(event, VisitEnded)]
    assert {event.camera_id for event in visits} == {"door"}


def test_what_the_gate_says_depends_on_the_order_of_capture_alone(run):
    door, till = camera("door"), camera("till", people=3, seconds=3)
    reference = events_of(run(door, till, topology=APART))
    assert events_of(run(till, door, topology=APART)) == reference
    assert events_of(run(door, till, topology=APART, stack_frames=7)) == reference


def test_the_order_of_the_cameras_and_the_size_of_their_stacks_change_nothing(run):
    door, till = camera("door"), camera("till", people=3, seconds=3)
    reference = events_of(run(door, till))
    assert events_of(run(till, door)) == reference
    assert events_of(run(door, till, stack_frames=7)) == reference


def test_every_event_comes_once_and_each_camera_begins_and_ends(run):
    events = events_of(run(camera("door"), camera("till", seconds=2)))
    assert len({event.event_id for event in events}) == len(events)
    states = [(e.camera_id, e.state) for e in events if isinstance(e, CameraStateChanged)]
    assert states == [("door", "online"), ("till", "online"), ("till", "ended"), ("door", "ended")]


def test_events_come_in_order_of_the_frames_that_told_them(run):
    entries = [
        e for e in events_of(run(camera("door"), camera("till"))) if isinstance(e, ZoneCrossed)
    ]
    assert {e.camera_id for e in entries} == {"door", "till"}
    moments = [e.occurred_at for e in entries if e.direction == "enter"]
    assert moments == sorted(moments)


def test_every_report_is_shown_with_what_it_led_to(run):
    shown = []
    run(camera("door"), on_report=lambda report, resolved: shown.append((report, resolved)))
    assert [report.is_last for report, _ in shown] == [False] * 10 + [True]
    names = [resolved.names().get("door", {}) for _, resolved in shown]
    assert len({identity_id for own in names for identity_id in own.values()}) == 2


def test_no_cameras_have_nothing_to_tell(run):
    assert events_of(run()) == []


def test_the_camera_that_is_least_far_is_read_next(settings):
    read = []

    def reports(camera_id: str, *seconds: float) -> Iterator[Report]:
        for second in seconds:
            read.append((camera_id, second))
            yield Report(camera_id, START + timedelta(seconds=second), [], (), 1)
        yield Report(camera_id, DONE, [], (), 0)

    names = ["quick", "slow"]
    with ExitStack() as opened:
        keys = passing_keys("default")
        identities = open_identities(settings, ColourEmbedder(), keys, opened, access=ACCESS)
        resolver = build_resolver(settings, identities, ColourEmbedder())
        list(
            settle(
                {"quick": reports("quick", 1, 5, 9), "slow": reports("slow", 2, 3, 4, 6)},
                ResolverStage(names, resolver),
                JournalStage(names, build_journal(settings)),
                clock=StageClock(),
            )
        )
    assert read == [
        ("quick", 1),
        ("slow", 2),
        ("quick", 5),
        ("slow", 3),
        ("slow", 4),
        ("slow", 6),
        ("quick", 9),
    ]
