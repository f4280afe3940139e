import pickle
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import MappingProxyType

import av
import numpy as np
import pytest

from genesis_ray.domain.events import TrackObserved
from genesis_ray.domain.recognition.face_choice import ChoicePolicy, FaceChoice
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.domain.streams.stream_health import Diagnosis
from genesis_ray.domain.tracking.appearance import View
from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.domain.tracking.track_ids import next_track_id
from genesis_ray.errors import ConfigurationError
from genesis_ray.pipeline.observer import CameraObserver, CameraRules, FaceSchedule
from genesis_ray.running.assembly import open_station
from genesis_ray.running.looks import Looks
from genesis_ray.running.station import CameraStation
from genesis_ray.running.station_values import Seen
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.testing import ColourDetector
from genesis_ray.vision.faces import EmbeddedFace, GradedFace
from genesis_ray.vision.found_face import FoundFace
from genesis_ray.vision.recording import VideoWriter
from genesis_ray.vision.stream import News
from genesis_ray.vision.synthetic import SyntheticFilm
from genesis_ray.vision.white_balance import balanced

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
AXIS = np.eye(1, 16, dtype=np.float32)[0]
MIDDLE = np.array([[0.25, 0.25, 0.75, 0.75]], np.float32)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Nobody:
    """A tracker that takes every box for one person."""

    def __init__(self) -> None:
        self.views: list[View | None] = []

    def update(self, at: datetime, detections: Detections, view: View | None) -> Tracks:  # noqa: ARG002
        self.views.append(view)
        return Tracks(detections, np.arange(1, len(detections) + 1))

    def is_open(self, track_id: int) -> bool:  # noqa: ARG002
        return True


class Stream:
    """A live stream whose camera is set to another resolution after each frame."""

    is_live = True
    may_be_held_up = is_waited_for = False
    expected_frames = None
    problem = None
    clock_offset_s = -0.5
    started_at = NOON
    dropped: Mapping[str, int] = MappingProxyType({})

    def __init__(self) -> None:
        self.news: list[News] = []

    def __iter__(self) -> Iterator[Frame]:
        for number, (height, width) in enumerate([(480, 640), (360, 640), (640, 480)]):
            stamp = FrameStamp("door", number, at(number / 10))
            picture = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
            yield Frame(stamp, picture)

    def take_news(self) -> list[News]:
        news, self.news = self.news, []
        return news

    def close(self) -> None:
        pass


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture
def tracker() -> Nobody:
    return Nobody()


@pytest.fixture
def station(stream, tracker) -> CameraStation:
    rules = CameraRules(
        tenant_id="default",
        site_id="default",
        camera_id="door",
        zones=(),
        lines=(),
        settle=timedelta(),
        faces=None,
    )
    return CameraStation(stream, rules, CameraObserver(rules, tracker), input_size=320)


def states(report) -> list[tuple[datetime, str, str]]:
    return [
        (at, event.state, event.reason)
        for at, together in report.events
        for event in together
        if type(event).__name__ == "CameraStateChanged"
    ]


def test_a_stream_may_change_its_resolution(station):
    shapes = [image.shape for _, image in station.frames()]
    assert shapes == [(256, 320, 3), (192, 320, 3), (320, 256, 3)]


def test_boxes_are_brought_back_to_the_frame_they_were_found_in(station):
    wide, tall = [0.25, 7 / 30, 0.75, 23 / 30], [7 / 30, 0.25, 23 / 30, 0.75]  # without margins
    for (frame, _), expected in zip(station.frames(), [wide, wide, tall], strict=True):
        people = station.people(frame, Detections(MIDDLE, np.ones(1, np.float32)))
        np.testing.assert_allclose(people.xyxy, [expected], atol=1e-6)
        seen = station.observe(frame, people)
        assert seen.observation.tracks is not None
        np.testing.assert_array_equal(seen.observation.tracks.detections.xyxy, people.xyxy)


def test_nobody_is_looked_at_again_unless_asked_for(station):
    (frame, _), *_ = station.frames()
    assert station.tiles(frame, Detections(MIDDLE, np.ones(1, np.float32))) is None


def test_the_tracker_is_shown_each_frame_in_its_own_shape(station, tracker):
    for frame, _ in station.frames():
        station.observe(frame, Detections.none())
    assert [view.aspect for view in tracker.views] == [640 / 480, 640 / 360, 480 / 640]


def test_news_of_the_stream_come_with_the_next_frames_and_not_again(station, stream):
    frames = [frame for frame, _ in station.frames()]
    stream.news = [News(at(0), Diagnosis("online", ""))]
    first = station.report([station.observe(frames[0], Detections.none())], Looks([], [], []))
    assert states(first) == [(at(0), "online", "")]
    assert first.diagnosis == ("online", "")
    second = station.report([station.observe(frames[1], Detections.none())], Looks([], [], []))
    assert states(second) == []
    assert second.diagnosis is None


def test_what_the_streams_clock_gained_comes_with_its_frames(station):
    (frame, _), *_ = station.frames()
    report = station.report([station.observe(frame, Detections.none())], Looks([], [], []))
    assert report.clock_offset_s == -0.5


def test_a_silent_stream_tells_its_news_and_that_time_goes_on(station, stream):
    stream.news = [News(at(5), Diagnosis("connecting", "refused"))]
    report = station.idle(at(10))
    assert states(report) == [(at(5), "connecting", "refused")]
    assert report.progress == at(8)  # a frame may come whose clock is two seconds behind
    assert report.frames == 0
    assert station.idle(at(9)).progress == at(8)


def test_while_frames_may_be_held_up_time_stands_still_and_news_are_told(station, stream):
    stream.may_be_held_up = True
    assert station.may_be_held_up
    stream.news = [News(at(5), Diagnosis("online", ""))]
    report = station.idle(at(10), may_be_held_up=True)
    assert states(report) == [(NOON, "online", "")]
    assert report.progress == NOON
    assert station.idle(at(20), may_be_held_up=True).progress == NOON
    assert station.idle(at(30)).progress == at(28)


def test_tracks_of_a_stream_that_is_silent_for_long_are_over(station):
    (frame, _), *_ = station.frames()
    seen = station.observe(frame, Detections(MIDDLE, np.ones(1, np.float32)))
    station.report([seen], Looks([], [], []))
    later = replace(frame.stamp, captured_at=frame.stamp.captured_at + timedelta(seconds=0.5))
    seen = station.observe(replace(frame, stamp=later), Detections(MIDDLE, np.ones(1, np.float32)))
    progress = station.report([seen], Looks([], [], [])).progress
    assert station.idle(at(100)).events == []
    assert station.idle(at(200), before=at(150)).events == []
    report = station.idle(at(200))
    ((turn, (last,)),) = report.events
    assert isinstance(last, TrackObserved)
    assert last.occurred_at == later.captured_at
    assert progress < turn == report.progress
    assert station.idle(at(300)).events == []


def test_while_a_frame_is_to_be_reported_news_come_before_it_and_time_stands_still(station, stream):
    station.idle(at(3))
    stream.news = [News(at(5), Diagnosis("connecting", "refused"))]
    report = station.idle(at(10), before=at(2))
    assert states(report) == [(at(1) + timedelta.resolution, "connecting", "refused")]
    assert report.progress == at(1) + timedelta.resolution
    assert station.idle(at(20), before=at(2)).progress == at(1) + timedelta.resolution


def test_news_for_which_there_is_no_time_before_a_frame_are_kept_for_later(station, stream):
    station.idle(at(3))
    stream.news = [News(at(5), Diagnosis("connecting", "refused"))]
    report = station.idle(at(10), before=at(1) + timedelta.resolution)
    assert (states(report), report.progress) == ([], at(1))
    assert states(station.idle(at(10))) == [(at(5), "connecting", "refused")]


@pytest.mark.parametrize("with_frames", [True, False])
def test_the_end_of_a_stream_comes_after_its_last_news(station, stream, with_frames):
    """They may be of a time after that of the frame that they are told with."""
    frame = next(frame for frame, _ in station.frames())
    seen = station.observe(frame, station.people(frame, Detections.none()))
    news = [News(at(7), Diagnosis("online", ""))]
    stream.news = news if with_frames else []
    reports = [station.report([seen], Looks([], [], []))]
    stream.news = [] if with_frames else news
    reports.append(station.finish())
    told = [
        (event.occurred_at, event.state)
        for report in reports
        for _, together in report.events
        for event in together
    ]
    assert told == [(at(7), "online"), (at(7) + timedelta.resolution, "ended")]


def test_the_end_of_a_stream_that_never_gave_a_frame_is_told_behind_why_it_gave_none(
    station, stream
):
    stream.news = [News(at(1), Diagnosis("connecting", "unauthorised"))]
    reported = station.idle(at(5))
    assert reported.diagnosis == ("connecting", "unauthorised")
    last = station.finish()
    assert states(reported) + states(last) == [
        (at(1), "connecting", "unauthorised"),
        (at(3) + timedelta.resolution, "ended", ""),
    ]


def test_what_a_stream_came_to_just_before_its_end_is_told_with_that(station, stream):
    stream.news = [News(at(0), Diagnosis("connecting", "refused"))]
    report = station.finish()
    assert report.diagnosis == ("connecting", "refused")
    assert [state for _, state, _ in states(report)] == ["connecting", "ended"]


@pytest.mark.parametrize("end", ["finish", "leave"])
def test_what_ends_with_a_stream_that_was_silent_is_told_behind_that_time_went_on(station, end):
    (frame, _), *_ = station.frames()
    seen = station.observe(frame, Detections(MIDDLE, np.ones(1, np.float32)))
    station.report([seen], Looks([], [], []))
    later = replace(frame.stamp, captured_at=frame.stamp.captured_at + timedelta(seconds=0.5))
    seen = station.observe(replace(frame, stamp=later), Detections(MIDDLE, np.ones(1, np.float32)))
    station.report([seen], Looks([], [], []))
    progress = station.idle(at(100)).progress
    report = getattr(station, end)()
    assert all(turn > progress for turn, _ in report.events)
    last, state = (event for _, together in report.events for event in together)
    assert (type(last), last.occurred_at) == (TrackObserved, later.captured_at)
    assert state.state == "ended"
    assert report.progress > progress


@pytest.fixture
def camera() -> CameraSettings:
    return CameraSettings(camera_id="door", source="synthetic:?people=3&seconds=20&fps=10")


def opened(camera: CameraSettings, **more: object) -> CameraStation:
    settings = Settings(detector={"model": "synthetic"}, faces={"embedder": "synthetic"}, **more)
    return open_station(settings, camera)


def watched(station: CameraStation, frames: int | None = None) -> list[Seen]:
    """What is seen in the next frames, or in all there are."""
    detector = ColourDetector()
    pairs = islice(station.frames(), frames)
    return [station.observe(frame, *detector.detect(image[None])) for frame, image in pairs]


def test_where_a_camera_may_be_is_what_the_settings_say():
    camera = CameraSettings(camera_id="door", source="rtsp://192.168.0.9/live")
    with closing(open_station(Settings(), camera).source):
        pass
    elsewhere = Settings(sources={"allowed_networks": ["10.0.0.0/8"]})
    with pytest.raises(ConfigurationError, match=r"camera door: 192\.168\.0\.9 is no address"):
        open_station(elsewhere, camera)


@pytest.mark.parametrize(
    ("told", "are_wanted"),
    [
        ({}, True),
        ({"faces": False}, False),
        ({"role": "vehicle"}, False),
        ({"role": "vehicle", "faces": True}, True),
    ],
)
def test_faces_are_looked_at_where_the_camera_or_its_role_says_so(camera, told, are_wanted):
    seen = watched(opened(camera.model_copy(update=told)), 20)
    assert any(one.observation.tracks for one in seen)
    assert any(one.observation.wanted_faces for one in seen) == are_wanted
    assert any(one.crops for one in seen) == are_wanted


def test_a_camera_watches_its_zones_within_their_hours_and_nobody_in_its_masks(camera):
    everywhere = {"zone_id": "hall", "outline": [(0, 0), (1, 0), (1, 1), (0, 1)]}
    places = {
        "start": NOON,
        "zones": [{**everywhere, "schedule": [{"from": "13:00", "to": "13:01"}], "loiter_s": 1}],
        "masks": [{"mask_id": "left", "outline": [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]}],
    }
    shop = CameraSettings.model_validate({**camera.model_dump(), **places})
    seen = watched(opened(shop, time_zone="Europe/Berlin"), 50)
    boxes = np.concatenate([one.observation.tracks.detections.xyxy for one in seen])
    assert len(boxes)
    assert ((boxes[:, 0] + boxes[:, 2]) / 2 > 0.5).all()
    told = {type(event).__name__ for one in seen for event in one.observation.events}
    assert told == {"TrackObserved", "ZoneCrossed", "LoiteringFound"}
    elsewhere = watched(opened(shop), 50)
    assert {type(e).__name__ for one in elsewhere for e in one.observation.events} == {
        "TrackObserved"
    }


def test_another_station_goes_on_from_a_pickled_state_as_if_nothing_had_happened(camera):
    undisturbed = [one.observation for one in watched(opened(camera))]
    before = opened(camera)
    last = watched(before, 25)[-1]
    state = pickle.dumps(before.state_after(last))
    after = opened(camera)
    after.resume(pickle.loads(state))
    resumed = [one.observation for one in watched(after)]
    assert [one.at for one in resumed] == [one.at for one in undisturbed[25:]]
    assert [one.events for one in resumed] == [one.events for one in undisturbed[25:]]
    assert after.finish().events[-1][1][0].state == "ended"


def test_another_station_decodes_little_of_what_came_before(camera, tmp_path):
    film = SyntheticFilm(people=3, seconds=40, width=320, height=240)
    path = tmp_path / "film.mp4"
    with VideoWriter(path, film.width, film.height, film.fps) as writer:
        for elapsed, pixels in film.frames():
            writer.write(pixels(), NOON + elapsed)
    recorded = camera.model_copy(update={"source": (str(path),)})
    before = opened(recorded)
    state = pickle.dumps(before.state_after(watched(before, 380)[-1]))
    content = bytearray(path.read_bytes())
    with av.open(path) as container:
        for packet in islice(container.demux(video=0), 50, 150):
            content[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    path.write_bytes(content)
    after = opened(recorded)
    after.resume(pickle.loads(state))
    assert [one.frame.stamp.frame_index for one in watched(after)] == [*range(380, 400)]
    assert after.finish().problem is None


def test_where_frames_were_lost_people_keep_their_ids_and_new_ones_get_new_ids(camera):
    before = opened(camera)
    last = watched(before, 25)[-1]
    after = opened(camera)
    after.resume(before.state_after(last), now=last.observation.at + timedelta(seconds=0.5))
    first = watched(after, 1)[0]
    assert first.observation.at == last.observation.at + timedelta(seconds=0.6)
    assert set(first.observation.tracks.track_id) == {1, 2, 3}
    after.resume(before.state_after(last), now=last.observation.at + timedelta(seconds=15))
    reborn = watched(after)[-1]
    assert min(reborn.observation.tracks.track_id) > 1_000_000


def test_a_live_stream_whose_dates_were_ahead_goes_on_with_new_ids_behind_what_was_told(camera):
    station = opened(camera.model_copy(update={"source": "rtsp://127.0.0.1:1/live"}))
    told = datetime.now(UTC) + timedelta(hours=1)
    station.go_on_after(told)
    report = station.idle(datetime.now(UTC))
    assert report.progress == told
    picture = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    for number in range(10):
        stamp = FrameStamp("door", number, told + timedelta(seconds=(number + 1) / 10))
        box = Detections(MIDDLE, np.array([0.9], np.float32))
        seen = station.observe(Frame(stamp, picture), box)
    assert [*seen.observation.tracks.track_id] == [next_track_id(told)]


def test_who_follows_another_station_says_that_it_is_online_and_that_it_ends(camera):
    left = opened(camera).source.started_at + timedelta(seconds=1)
    after = opened(camera)
    after.follow(left)
    seen = watched(after)
    report = after.report(seen, Looks([None for one in seen for _ in one.crops], [], []))
    assert states(report) == [(seen[0].observation.at, "online", "")]
    assert seen[0].observation.at > left
    ((_, state, _),) = states(after.finish())
    assert state == "ended"


def test_frames_in_which_there_is_nothing_to_see_are_kept_back_and_counted(camera):
    film = VideoFilm([np.zeros((48, 64, 3), np.uint8), *noise(2), np.zeros((48, 64, 3), np.uint8)])
    dark = opened(camera)
    dark.source = film
    assert [frame.stamp.frame_index for frame, _ in dark.frames()] == [1, 2]
    assert dark.unseen == {"blank": 2}


def test_with_a_motion_gate_a_still_picture_is_looked_at_once_a_second(camera):
    gated = opened(camera.model_copy(update={"motion_gate": True}))
    gated.source = VideoFilm(noise(1) * 25)
    assert [frame.stamp.frame_index for frame, _ in gated.frames()] == [0, 10, 20]
    assert gated.unseen == {"still": 22}


def noise(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [random.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(count)]


class VideoFilm:
    """Pictures, ten a second."""

    is_live = False
    may_be_held_up = is_waited_for = False
    clock_offset_s = None
    started_at = NOON
    dropped: Mapping[str, int] = MappingProxyType({})

    def __init__(self, pictures: list[np.ndarray]) -> None:
        self._pictures = pictures
        self._behind = NOON - timedelta.resolution

    def skip_until(self, behind: datetime, _mark: object) -> None:
        self._behind = behind

    def __iter__(self) -> Iterator[Frame]:
        for number, picture in enumerate(self._pictures):
            if at(number / 10) > self._behind:
                yield Frame(FrameStamp("door", number, at(number / 10)), picture)


def eventful() -> list[np.ndarray]:
    """Pictures that move, are blank, change too little to be motion, and freeze for long."""
    moving = noise(12)
    dark = [np.zeros_like(moving[0])] * 3
    flickering = [moving[0] // 2 + n % 2 for n in range(25)]
    return [*moving, *dark, *flickering, *[moving[1]] * 220, *noise(5), *flickering]


def patchwork() -> np.ndarray:
    """A picture of squares of all colours, of eight pixels each: all are in its sample."""
    squares = np.random.default_rng(7).integers(0, 256, (60, 80, 3), np.uint8)
    return squares.repeat(8, axis=0).repeat(8, axis=1)


def under_tungsten(pictures: list[np.ndarray]) -> list[np.ndarray]:
    return [balanced(picture // 2, (0.5, 1.0, 1.3)) for picture in pictures]


def test_models_see_a_camera_with_white_balance_without_its_cast_and_the_frame_stays(camera):
    balancing = opened(camera.model_copy(update={"colour": "grey-world"}))
    balancing.source = VideoFilm(under_tungsten([patchwork()]))
    ((frame, image),) = balancing.frames()
    np.testing.assert_array_equal(frame.image, *under_tungsten([patchwork()]))
    cast, seen = (each.mean(axis=(0, 1)) for each in (frame.image, image))
    assert cast[2] > 2 * cast[0]
    assert seen == pytest.approx(np.full(3, seen.mean()), rel=0.02)


def test_faces_are_cut_from_the_balanced_picture(camera):
    balancing = opened(camera.model_copy(update={"colour": "grey-world"}))
    detector = ColourDetector()
    film = SyntheticFilm(people=3, seconds=4)
    balancing.source = VideoFilm(under_tungsten([film.image_at(n) for n in range(40)]))
    as_recorded = opened(camera)
    for frame, _ in balancing.frames():
        (people,) = detector.detect(film.image_at(frame.stamp.frame_index)[None])
        seen = balancing.observe(frame, people)
        plain = as_recorded.observe(replace(frame, gains=None), people)
        for ours, theirs in zip(seen.crops, plain.crops, strict=True):
            np.testing.assert_array_equal(ours.image, balanced(theirs.image, frame.gains))
        if seen.crops:
            break
    assert seen.crops
    assert frame.gains != (1.0, 1.0, 1.0)


def test_without_white_balance_frames_have_no_gains(camera):
    plain = opened(camera)
    plain.source = VideoFilm(noise(1))
    ((frame, _),) = plain.frames()
    assert frame.gains is None


def test_another_station_balances_frames_as_the_first_one_would_have(camera):
    camera = camera.model_copy(update={"colour": "grey-world", "motion_gate": True})
    moving = noise(8)
    pictures = [*moving, *moving[:1] * 15, *under_tungsten(moving), *under_tungsten(moving[:1] * 5)]
    undisturbed = opened(camera)
    undisturbed.source = VideoFilm(pictures)
    pairs = [*undisturbed.frames()]
    for place, (frame, _) in [*enumerate(pairs)][::5]:
        seen = undisturbed.observe(frame, Detections.none())
        state = pickle.dumps(undisturbed.state_after(seen))
        after = opened(camera)
        after.source = VideoFilm(pictures)
        after.resume(pickle.loads(state))
        for (ours, input_), (theirs, expected) in zip(
            after.frames(), pairs[place + 1 :], strict=True
        ):
            assert ours.gains == theirs.gains
            np.testing.assert_array_equal(input_, expected)


@pytest.mark.parametrize("motion_gate", [False, True])
def test_another_station_looks_at_the_frames_that_the_first_one_would_have(camera, motion_gate):
    camera = camera.model_copy(update={"motion_gate": motion_gate})
    undisturbed = opened(camera)
    undisturbed.source = VideoFilm(eventful())
    pairs = [*undisturbed.frames()]
    looked_at = [frame.stamp.frame_index for frame, _ in pairs]
    still = {"still"} if motion_gate else set()
    assert undisturbed.unseen.keys() == {"blank", "frozen"} | still
    for place, (frame, _) in [*enumerate(pairs)][::5]:
        seen = undisturbed.observe(frame, Detections.none())
        state = pickle.dumps(undisturbed.state_after(seen))
        after = opened(camera)
        after.source = VideoFilm(eventful())
        after.resume(pickle.loads(state))
        rest = [frame.stamp.frame_index for frame, _ in after.frames()]
        assert rest == looked_at[place + 1 :]
        assert after.unseen == undisturbed.unseen


def test_a_live_stream_that_was_frozen_is_so_for_the_next_process(camera):
    before, after = opened(camera), opened(camera)
    before.source = after.source = VideoFilm(noise(1) * 250)
    *_, (last, _) = before.frames()
    assert last.stamp.frame_index == 199
    after.resume(before.state_after(before.observe(last, Detections.none())), now=at(22))
    assert [*after.frames()] == []


def graded(quality: float) -> GradedFace:
    face = FoundFace(np.float32([0, 0, 9, 9]), 0.9, np.zeros((5, 2), np.float32))
    return GradedFace(face, quality)


def embedded(quality: float) -> EmbeddedFace:
    return EmbeddedFace(MIDDLE[0], 0.9, quality, AXIS, np.zeros((5, 2), np.float32))


def looked_at(station: CameraStation, *qualities: float | None) -> list:
    """Let a station choose among the faces of frames half a second apart; return what it tells."""
    told = []
    for number, quality in enumerate(qualities):
        image = np.zeros((48, 64, 3), np.uint8)
        frame = Frame(FrameStamp("door", number, at(number / 2)), image)
        seen = station.observe(frame, Detections(MIDDLE, np.ones(1, np.float32)))
        looks = station.choose([seen], [graded(quality) if quality is not None else None])
        faces = [embedded(face.graded.quality) for face in looks.chosen]
        told += station.report([seen], looks.embedded(faces)).faces
    return told


@pytest.fixture
def choosy(stream, tracker) -> CameraStation:
    rules = CameraRules(
        tenant_id="default",
        site_id="default",
        camera_id="door",
        zones=(),
        lines=(),
        settle=timedelta(),
        faces=FaceSchedule(interval=timedelta(), looks=99, later_interval=timedelta(), min_width=1),
    )
    policy = ChoicePolicy(min_quality=0.2, enough=2, later=timedelta(seconds=60))
    observer = CameraObserver(rules, tracker)
    return CameraStation(stream, rules, observer, input_size=320, choice=FaceChoice(policy))


def test_faces_that_are_bad_or_spare_are_told_of_and_not_embedded(choosy):
    told = looked_at(choosy, 0.1, 0.9, None, 0.8, 0.9)
    assert [(face.face_index, face.quality, isinstance(face, Face)) for face in told] == [
        (0, 0.1, False),
        (1, 0.9, True),
        (3, 0.8, True),
        (4, 0.9, False),
    ]


def test_a_face_that_could_not_be_embedded_is_not_told_of(choosy):
    frame = Frame(FrameStamp("door", 0, at(0)), np.zeros((48, 64, 3), np.uint8))
    seen = choosy.observe(frame, Detections(MIDDLE, np.ones(1, np.float32)))
    looks = choosy.choose([seen], [graded(0.9)])
    assert choosy.report([seen], looks.embedded([None])).faces == ()
