import gc
import threading
import time
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.load.roles import MOST_WAITING, Role
from genesis_ray.domain.streams.frames import Frame, FrameStamp, Image
from genesis_ray.live import inbox as inbox_module
from genesis_ray.live.inbox import FrameInbox, Stack
from genesis_ray.live.lane import BUSY, SAMPLED
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station_values import Failure

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Reel:
    """A station that plays numbered frames; frame n shows n in every pixel.

    Attributes:
        is_live: Whether it is a camera's stream and no recording.
        played: Frames that have been decoded.
        go_on: Where cleared, the next frame is awaited.
    """

    def __init__(
        self,
        camera_id: str,
        frames: int,
        *,
        shape: tuple[int, int] = (32, 64),
        seconds_apart: float = 0,
        breaks_at: tuple[int, ...] = (),
        is_live: bool = False,
        role: Role = "face_capture",
    ) -> None:
        self.is_live = is_live
        self.is_waited_for = False
        self.role = role
        self.unseen: dict[str, int] = {}
        self.camera_id = camera_id
        self.input_shape = shape
        self.played = 0
        self.go_on = threading.Event()
        self.go_on.set()
        self._frames = frames
        self._apart = timedelta(seconds=seconds_apart)
        self._breaks_at = list(breaks_at)
        self._next = 0
        self._at: dict[datetime, int] = {}
        self.failure: Failure | None = None
        self.is_cut_off = False
        self.started_at = START

    def frames(self) -> Iterator[tuple[Frame, Image]]:
        for n in range(self._next, self._frames):
            if n in self._breaks_at:
                self._breaks_at.remove(n)
                raise OSError(f"{self.camera_id} broke")
            self.go_on.wait()
            image = np.full((*self.input_shape, 3), n, np.uint8)
            self.played += 1
            stamp = FrameStamp(self.camera_id, n, self.started_at + n * self._apart)
            self._at[stamp.captured_at] = n
            yield Frame(stamp, image), image

    def break_off(self) -> bool:
        return False

    def rewind(self, after: datetime | None) -> None:
        self._next = self._at[after] + 1 if after else 0


@pytest.fixture
def open_inbox():
    """Open inboxes that are closed when the test is over."""
    opened = []

    def open_inbox(
        *reels: Reel,
        limit: int = 4,
        realtime: bool = False,
        retry_delays_s: tuple[float, ...] = (0, 0, 0),
    ) -> FrameInbox:
        inbox = FrameInbox(
            reels, limit=limit, realtime=realtime, clock=StageClock(), retry_delays_s=retry_delays_s
        )
        opened.append((inbox, reels))
        return inbox

    yield open_inbox
    for inbox, reels in opened:
        for reel in reels:
            reel.go_on.set()
        inbox.close()


def take_all(inbox: FrameInbox) -> list[Stack]:
    return list(iter(inbox.take, None))


def indices(stacks: list[Stack], camera_id: str) -> list[int]:
    return [
        frame.stamp.frame_index
        for stack in stacks
        for station, frame in stack.frames
        if station.camera_id == camera_id
    ]


def eventually(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def threads_of(camera_id: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"decode-{camera_id}"]


def test_in_capacity_every_frame_of_every_camera_comes_once_and_in_order(open_inbox):
    inbox = open_inbox(Reel("door", 23), Reel("till", 9))
    stacks = take_all(inbox)
    assert indices(stacks, "door") == list(range(23))
    assert indices(stacks, "till") == list(range(9))
    assert (inbox.dropped("door"), inbox.dropped("till")) == ({}, {})


def test_a_stack_holds_no_more_than_the_limit_and_an_image_for_each_frame(open_inbox):
    for stack in take_all(open_inbox(Reel("door", 23), Reel("till", 9), limit=5)):
        assert len(stack.frames) <= 5
        if stack.frames:
            assert stack.images.shape == (len(stack.frames), 32, 64, 3)
            shown = stack.images[:, 0, 0, 0].tolist()
            assert shown == [frame.stamp.frame_index for _, frame in stack.frames]


def test_cameras_that_are_all_ahead_share_a_stack_equally(open_inbox):
    reels = [Reel(name, 20) for name in ("door", "hall", "till", "yard")]
    inbox = open_inbox(*reels, limit=4)
    eventually(lambda: all(reel.played >= 5 for reel in reels))  # four wait, one is in hand
    assert {station.camera_id for station, _ in inbox.take().frames} == {
        "door", "hall", "till", "yard"
    }  # fmt: skip


def test_the_first_place_goes_round_where_a_stack_is_too_small_for_all(open_inbox):
    reels = [Reel(name, 20) for name in ("door", "hall", "till")]
    inbox = open_inbox(*reels, limit=1)
    served = []
    for _ in range(6):
        # One frame waits and one is in hand.
        eventually(lambda: all(r.played == 2 + served.count(r.camera_id) for r in reels))
        ((station, _),) = inbox.take().frames
        served.append(station.camera_id)
    assert served == ["door", "hall", "till"] * 2


def test_frames_of_two_shapes_are_never_in_one_stack(open_inbox):
    wide, tall = Reel("wide", 12), Reel("tall", 12, shape=(64, 32))
    stacks = take_all(open_inbox(wide, tall))
    for stack in stacks:
        assert len({station.input_shape for station, _ in stack.frames}) <= 1
    assert indices(stacks, "wide") == indices(stacks, "tall") == list(range(12))


def test_the_end_of_each_camera_is_told_once_and_not_before_its_last_frame(open_inbox):
    inbox = open_inbox(Reel("door", 7), Reel("till", 3))
    left = {"door": 7, "till": 3}
    ended = []
    for stack in iter(inbox.take, None):
        for station, _ in stack.frames:
            left[station.camera_id] -= 1
        for camera_id in stack.ended:
            assert left[camera_id] == 0
            ended.append(camera_id)
    assert sorted(ended) == ["door", "till"]


def test_a_camera_without_a_frame_ends_all_the_same(open_inbox):
    inbox = open_inbox(Reel("door", 0))
    stack = inbox.take()
    assert (stack.ended, stack.frames, len(stack.images)) == (["door"], [], 0)
    assert inbox.take() is None


def test_where_there_is_no_camera_all_have_ended(open_inbox):
    assert open_inbox().take() is None


def test_after_the_end_there_is_never_anything(open_inbox):
    inbox = open_inbox(Reel("door", 2))
    take_all(inbox)
    assert inbox.take() is None


def test_in_capacity_a_camera_that_is_far_ahead_stops_decoding(open_inbox):
    reel = Reel("door", 100)
    inbox = open_inbox(reel, limit=3)
    eventually(lambda: reel.played == 4)  # three wait and one is in hand
    time.sleep(0.05)
    assert reel.played == 4
    inbox.take()
    eventually(lambda: reel.played == 7)


def test_one_slow_camera_does_not_hold_up_another(open_inbox):
    slow, quick = Reel("slow", 5), Reel("quick", 5)
    slow.go_on.clear()
    inbox = open_inbox(slow, quick)
    got = []
    while len(got) < 5:
        got += indices([inbox.take()], "quick")
    assert got == list(range(5))


def test_in_real_time_the_latest_few_frames_wait_and_the_others_are_counted(open_inbox):
    reel = Reel("door", 10)
    inbox = open_inbox(reel, realtime=True)
    eventually(lambda: threads_of("door") == [])
    stacks = take_all(inbox)
    assert indices(stacks, "door") == [6, 7, 8, 9]
    assert inbox.dropped("door") == {BUSY: 6}


def test_in_real_time_frames_come_no_sooner_than_they_were_captured(open_inbox):
    begun = time.monotonic()
    inbox = open_inbox(Reel("door", 4, seconds_apart=0.05), realtime=True)
    arrivals = [
        (frame.stamp.frame_index, time.monotonic() - begun)
        for stack in iter(inbox.take, None)
        for _, frame in stack.frames
    ]
    assert arrivals
    assert all(after_s >= 0.05 * n for n, after_s in arrivals)


def test_a_recording_that_is_dated_a_moment_ahead_begins_then(open_inbox):
    reel = Reel("door", 2, seconds_apart=0.1)
    reel.started_at = datetime.now(UTC) + timedelta(seconds=0.3)
    inbox = open_inbox(reel, realtime=True)
    (_, frame), *_ = inbox.take().frames
    assert datetime.now(UTC) >= frame.stamp.captured_at
    assert inbox.played_later_s("door") == 0.0


def test_one_that_is_dated_far_ahead_begins_at_once(open_inbox):
    reel = Reel("door", 2, seconds_apart=0.1)
    reel.started_at = datetime.now(UTC) + timedelta(hours=1)
    inbox = open_inbox(reel, realtime=True)
    (_, frame), *_ = inbox.take().frames
    assert datetime.now(UTC) < frame.stamp.captured_at


def test_frames_taken_and_dropped_are_all_frames(open_inbox):
    inbox = open_inbox(Reel("door", 40, seconds_apart=0.002), realtime=True)
    taken = []
    for stack in iter(inbox.take, None):
        taken += indices([stack], "door")
        time.sleep(0.01)
    assert len(taken) + inbox.dropped("door").get(BUSY, 0) == 40
    assert taken == sorted(taken)
    assert taken[-1] == 39


def test_of_a_live_stream_only_the_latest_few_frames_wait_even_where_recordings_wait(open_inbox):
    stream, film = Reel("stream", 9, is_live=True), Reel("film", 3)
    inbox = open_inbox(stream, film)
    eventually(lambda: stream.played == 9 and film.played == 3)
    eventually(lambda: not threads_of("stream"))
    stacks = take_all(inbox)
    assert indices(stacks, "stream") == [5, 6, 7, 8]
    assert indices(stacks, "film") == [0, 1, 2]
    assert inbox.dropped("stream") == {BUSY: 5}


def test_a_live_stream_paces_itself(open_inbox):
    stream = Reel("stream", 5, is_live=True, seconds_apart=3600)
    open_inbox(stream, realtime=True)
    eventually(lambda: stream.played == 5)


def test_who_is_stopped_ends_with_the_frames_that_wait(open_inbox):
    door, till = Reel("door", 1000), Reel("till", 1000)
    till.go_on.clear()
    inbox = open_inbox(door, till, limit=4)
    eventually(lambda: door.played > 4)
    inbox.stop()
    stacks = take_all(inbox)
    assert indices(stacks, "door") == [0, 1, 2, 3]
    assert {camera_id for stack in stacks for camera_id in stack.ended} == {"door", "till"}


def test_a_recording_is_cut_off_where_its_decoder_is_stopped_before_its_end(open_inbox):
    whole, long, stream = Reel("whole", 3), Reel("long", 1000), Reel("stream", 3, is_live=True)
    inbox = open_inbox(whole, long, stream, limit=4)
    eventually(lambda: not threads_of("whole") and long.played > 4)
    inbox.stop()
    inbox.stop()
    take_all(inbox)
    assert [reel.is_cut_off for reel in (whole, long, stream)] == [False, True, False]


def test_where_all_has_been_played_closing_cuts_nothing_off(open_inbox):
    reel = Reel("door", 3)
    inbox = open_inbox(reel)
    take_all(inbox)
    inbox.close()
    assert not reel.is_cut_off


def test_a_decoder_that_fails_once_goes_on_behind_the_last_frame(open_inbox):
    reel = Reel("door", 9, breaks_at=(4,))
    assert indices(take_all(open_inbox(reel)), "door") == list(range(9))
    assert reel.failure is None


def test_failures_with_frames_between_them_are_no_reason_to_give_up(open_inbox):
    reel = Reel("door", 9, breaks_at=(1, 2, 3, 4, 5, 6))
    assert indices(take_all(open_inbox(reel)), "door") == list(range(9))


def test_a_decoder_that_fails_again_and_again_ends_and_its_neighbour_goes_on(open_inbox):
    broken, sound = Reel("broken", 9, breaks_at=(2, 2, 2, 2)), Reel("sound", 9)
    stacks = take_all(open_inbox(broken, sound))
    assert indices(stacks, "broken") == [0, 1]
    assert indices(stacks, "sound") == list(range(9))
    assert broken.failure == Failure("OSError: broken broke", 4)


@pytest.mark.parametrize("retry_delays_s", [(), (0,), (3600,)])
def test_a_live_streams_decoder_that_fails_is_never_given_up_nor_long_waited_for(
    open_inbox, monkeypatch, retry_delays_s
):
    monkeypatch.setattr(inbox_module, "_LONGEST_LIVE_PAUSE_S", 0.01)
    stream = Reel("stream", 4, breaks_at=(2, 2, 2), is_live=True)
    stacks = take_all(open_inbox(stream, retry_delays_s=retry_delays_s))
    assert indices(stacks, "stream") == [0, 1, 2, 3]
    assert stream.failure is None


def test_a_recording_that_cannot_be_begun_anew_is_given_up_and_says_why(open_inbox, monkeypatch):
    reel = Reel("door", 9, breaks_at=(2,))
    monkeypatch.setattr(reel, "rewind", gone)
    assert indices(take_all(open_inbox(reel)), "door") == [0, 1]
    assert reel.failure == Failure("OSError: the file is gone", 4)


def gone(_: datetime | None) -> None:
    raise OSError("the file is gone")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_camera_whose_thread_dies_ends(open_inbox, monkeypatch):
    reel = Reel("door", 9)
    monkeypatch.setattr(reel, "frames", dying)
    assert take_all(open_inbox(reel))[-1].ended == ["door"]


def dying() -> Iterator[tuple[Frame, Image]]:
    raise KeyboardInterrupt


def test_of_a_camera_that_is_taken_off_nothing_is_kept(open_inbox):
    inbox = open_inbox(Reel("till", 2))
    inbox.stay_open(True)
    for frames in (3, 5):
        reel = Reel("door", frames)
        inbox.add(reel)
        stacks = [inbox.take()]
        while not any("door" in stack.ended for stack in stacks):
            stacks.append(inbox.take())
        assert indices(stacks, "door") == list(range(frames))
        inbox.forget("door")
        eventually(lambda: not threads_of("door"))
        assert inbox.dropped("door") == {}
        kept = weakref.ref(reel)
        del reel, stacks
        gc.collect()
        assert kept() is None


def test_of_threads_that_have_ended_none_is_kept(open_inbox):
    inbox = open_inbox(Reel("till", 2))
    for _ in range(3):
        eventually(lambda: not threads_of("till"))
        inbox.forget("till")
        inbox.add(Reel("till", 2))
    assert len(inbox._threads) == 1


def test_who_is_held_gives_nothing_until_let_go_and_others_go_on(open_inbox):
    held, other = Reel("held", 6), Reel("other", 3)
    inbox = open_inbox(held, other)
    inbox.hold("held", True)
    inbox.hold("held", True)
    stacks = []
    while not any(stack.ended for stack in stacks):
        stacks.append(inbox.take())
    assert indices(stacks, "other") == [0, 1, 2]
    assert indices(stacks, "held") == []
    inbox.hold("held", False)
    inbox.hold("held", False)
    assert indices(take_all(inbox), "held") == list(range(6))


def test_closing_ends_a_decoder_that_waits_for_room(open_inbox):
    reel = Reel("crowded", 100)
    inbox = open_inbox(reel, limit=1)
    eventually(lambda: reel.played == 2)
    inbox.close()
    assert threads_of("crowded") == []


def test_closing_does_not_wait_for_a_stream_that_hangs(open_inbox):
    reel = Reel("hangs", 3, is_live=True)
    reel.go_on.clear()
    inbox = open_inbox(reel)
    eventually(lambda: threads_of("hangs"))
    begun = time.monotonic()
    inbox.close()
    assert time.monotonic() - begun < inbox_module._LAST_FRAME_S / 2
    reel.go_on.set()
    eventually(lambda: threads_of("hangs") == [])
    assert reel.played == 1  # the frame that it was at, and no more


def test_closing_ends_a_decoder_that_waits_for_a_frames_time(open_inbox):
    reel = Reel("slow", 2, seconds_apart=3600)
    inbox = open_inbox(reel, realtime=True)
    eventually(lambda: reel.played == 2)
    inbox.close()
    assert threads_of("slow") == []


def test_under_overload_the_first_class_loses_nothing_and_nobody_starves(open_inbox):
    """The taker does 50 frames a second, the cameras bring 130."""
    roles = {"till": "billing", "hall": "tracking", "yard": "tracking", "mood": "emotion"}
    reels = [
        Reel(name, 60, seconds_apart=0.03, role=role, is_live=False) for name, role in roles.items()
    ]
    inbox = open_inbox(*reels, realtime=True, limit=2)
    taken = dict.fromkeys(roles, 0)
    for stack in iter(inbox.take, None):
        for station, _ in stack.frames:
            taken[station.camera_id] += 1
        time.sleep(0.02 * len(stack.frames))
    assert taken["till"] == 60
    assert inbox.dropped("till") == {}
    others = sum(inbox.dropped(name).get(reason, 0) for name in roles for reason in (BUSY, SAMPLED))
    assert others == 4 * 60 - sum(taken.values())
    assert others > 0
    assert min(taken.values()) > 0


def test_the_first_class_comes_first_in_every_stack(open_inbox):
    till, hall = Reel("till", 6, role="billing"), Reel("hall", 1, role="tracking")
    inbox = open_inbox(hall, till, realtime=True, limit=4)
    eventually(lambda: till.played == 6 and hall.played == 1)
    eventually(lambda: not threads_of("till"))
    stack = inbox.take()
    assert [station.camera_id for station, _ in stack.frames] == ["till"] * 4


def test_what_a_network_held_back_of_the_first_class_is_waited_for_and_none_is_dropped(open_inbox):
    till = Reel("till", 80, role="billing", is_live=True)
    till.is_waited_for = True
    inbox = open_inbox(till, limit=8)
    eventually(lambda: till.played == MOST_WAITING["never"] + 1)  # and one is in hand
    assert indices(take_all(inbox), "till") == list(range(80))
    assert inbox.dropped("till") == {}


def test_what_gives_way_is_handed_out_once_it_does_no_more(open_inbox):
    inbox = open_inbox(Reel("yard", 2, seconds_apart=30, role="vehicle"), realtime=True)
    inbox.give_way(["never"])
    eventually(lambda: inbox.first_at("yard"))
    taken: list[Stack] = []
    taking = threading.Thread(target=lambda: taken.append(inbox.take()), daemon=True)
    taking.start()
    time.sleep(0.3)
    assert taken == []
    inbox.give_way([])
    taking.join(5)
    assert [station.camera_id for station, _ in taken[0].frames] == ["yard"]


def test_a_camera_that_is_stopped_while_it_gives_way_ends_with_the_frame_that_waits(open_inbox):
    yard = Reel("yard", 1, role="vehicle", is_live=True)
    inbox = open_inbox(yard, realtime=True)
    inbox.give_way(["never"])
    inbox.stop()
    assert [stack.ended for stack in take_all(inbox)][-1] == ["yard"]


def test_the_first_class_is_behind_where_its_frames_are_not_taken(open_inbox):
    inbox = open_inbox(Reel("till", 10, role="billing", is_live=True), realtime=True, limit=10)
    eventually(lambda: inbox.behind() == "never")
    stack = inbox.take()
    inbox.answered(stack)
    take_all(inbox)
    assert inbox.behind() is None
