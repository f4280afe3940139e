import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.streams.stream_health import Diagnosis, Picture, StreamDoctor

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ONLINE = Diagnosis("online", "")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def scene(number: int = 0) -> Picture:
    return Picture(120.0, 40.0, number)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_picture_is_the_same_in_every_process(seed):
    script = """
import numpy as np
from genesis_ray.domain.streams.stream_health import Picture
print(Picture.of(np.arange(30_000).astype(np.uint8).reshape(100, 100, 3)).digest)
"""
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    told = subprocess.check_output([sys.executable, "-c", script], env=environment)
    picture = np.arange(30_000).astype(np.uint8).reshape(100, 100, 3)
    assert int(told) == Picture.of(picture).digest


@pytest.fixture
def doctor() -> StreamDoctor:
    doctor = StreamDoctor()
    doctor.connected(at(0))
    return doctor


def watch(doctor, seconds, picture, *, fps=10, begin=0.0, **seen) -> list[Diagnosis]:
    """Show `picture(n)` at a steady rate; return the changes of state."""
    changes = [
        doctor.see(at(begin + n / fps), picture(n), **seen) for n in range(int(seconds * fps))
    ]
    return [change for change in changes if change]


def test_a_stream_that_shows_a_changing_scene_is_online_and_says_so_once(doctor):
    assert watch(doctor, 60, scene) == [ONLINE]


def test_a_connection_that_is_waited_on_for_too_long_is_stalled_until_a_frame_comes(doctor):
    watch(doctor, 1, scene)
    assert doctor.hangs() == ("stalled", "no_frames")
    assert doctor.hangs() is None
    assert doctor.see(at(30), scene()) == ONLINE


def test_where_one_hangs_that_never_connected_nothing_answers_there():
    doctor = StreamDoctor()
    assert doctor.hangs() == ("connecting", "timed_out")
    assert doctor.hangs() is None


def test_why_a_connection_was_lost_stays_where_the_next_attempt_hangs(doctor):
    doctor.lost("refused")
    assert doctor.hangs() is None


def test_without_a_connection_it_says_why_once(doctor):
    assert doctor.lost("refused") == ("connecting", "refused")
    assert doctor.lost("refused") is None
    assert doctor.lost("timed_out") == ("connecting", "timed_out")


def test_silence_of_twenty_seconds_is_a_stall(doctor):
    watch(doctor, 1, scene)
    assert doctor.look(at(20.8)) is None
    assert doctor.look(at(20.9)) == ("stalled", "no_frames")
    assert doctor.is_stalled
    assert doctor.see(at(30), scene(999)) == ONLINE


def test_frames_that_are_left_out_are_no_silence(doctor):
    watch(doctor, 1, scene)
    doctor.skip(at(15), is_decoded=True)
    doctor.skip(at(30), is_decoded=False)
    assert not doctor.is_silent(at(49))
    assert doctor.is_silent(at(50))


def test_frames_that_are_left_out_as_others_cannot_be_decoded_are_silence(doctor):
    watch(doctor, 1, scene)
    for second in range(1, 20):
        doctor.failed(at(second))
        doctor.skip(at(second), is_decoded=False)
    assert doctor.is_silent(at(20.9))
    doctor.skip(at(21), is_decoded=True)
    doctor.skip(at(30), is_decoded=False)
    assert not doctor.is_silent(at(49))


def test_a_stall_lasts_until_a_picture_comes_over_a_new_connection(doctor):
    watch(doctor, 1, scene)
    assert doctor.look(at(25)) == ("stalled", "no_frames")
    doctor.connected(at(26))
    assert not doctor.is_silent(at(27))
    assert [doctor.failed(at(26 + n)) for n in range(19)] == [None] * 19
    assert doctor.see(at(45), scene(999)).state == "decoding_errors"


def test_the_very_same_picture_for_twenty_seconds_is_frozen(doctor):
    assert watch(doctor, 19.9, lambda _: scene()) == [ONLINE]
    assert watch(doctor, 1, lambda _: scene(), begin=20) == [("frozen", "same_picture")]
    assert watch(doctor, 1, lambda n: scene(n + 1), begin=21) == [ONLINE]


@pytest.mark.parametrize(
    ("mean", "spread", "state"), [(1, 2, "black"), (40, 3, "black"), (254, 1, "white")]
)
def test_a_picture_of_nothing_is_black_or_white_after_three_seconds(doctor, mean, spread, state):
    changes = watch(doctor, 4, lambda n: Picture(mean, spread, n))
    assert [change.state for change in changes] == ["online", state]


def test_a_flash_is_not_a_white_picture(doctor):
    def flashing(n: int) -> Picture:
        return Picture(254, 1, n) if n % 50 < 20 else scene(n)

    assert watch(doctor, 30, flashing) == [ONLINE]


def test_more_frames_than_a_camera_sends_are_too_fast(doctor):
    changes = watch(doctor, 11, scene, fps=100)
    assert [change.state for change in changes] == ["online", "too_fast"]
    assert watch(doctor, 25, lambda n: scene(n + 5000), begin=12)[-1] == ONLINE


def test_what_cannot_be_decoded_as_fast_as_it_comes_is_behind(doctor):
    watch(doctor, 1, scene)
    assert doctor.decodes("all", at(1)) is None
    assert doctor.decodes("reference", at(1)) == ("behind", "reference_frames_only")
    assert doctor.decodes("key", at(2)) == ("behind", "key_frames_only")
    assert doctor.decodes("key", at(3)) is None
    assert watch(doctor, 5, scene, begin=3) == []
    assert doctor.decodes("all", at(9)) == ONLINE


def test_that_it_is_behind_is_told_with_the_first_picture(doctor):
    assert doctor.decodes("reference", at(1)) is None
    assert watch(doctor, 1, scene, begin=1) == [("behind", "reference_frames_only")]


def test_of_a_stream_that_is_both_behind_comes_before_too_fast(doctor):
    watch(doctor, 1, scene)
    doctor.decodes("key", at(1))
    for _ in range(2000):
        doctor.skip(at(1), is_decoded=False)
    assert watch(doctor, 11, scene, begin=1) == []
    assert doctor.decodes("all", at(12)) == ("too_fast", "frame_rate")


def test_a_clock_that_is_set_again_and_again_is_skewed(doctor):
    changes = watch(doctor, 11, scene, resets=1)
    assert [change.state for change in changes] == ["online", "clock_skewed"]


def test_while_dates_wait_for_the_sites_clock_the_stream_is_skewed(doctor):
    skewed = ("clock_skewed", "site_clock_set_back")
    assert watch(doctor, 2, scene, is_set_back=True) == [skewed]
    assert watch(doctor, 2, scene, begin=2) == [ONLINE]


def test_many_damaged_packets_are_told_and_over_when_they_are(doctor):
    watch(doctor, 1, scene)
    for n in range(20):
        doctor.failed(at(1 + n / 10))
    assert watch(doctor, 9, scene, begin=3)[0] == ("decoding_errors", "damaged_packets")
    assert watch(doctor, 25, lambda n: scene(n + 500), begin=12)[-1] == ONLINE


def test_a_new_connection_forgets_what_was_wrong_with_the_old_one(doctor):
    watch(doctor, 21, lambda _: scene())
    doctor.lost("ended")
    doctor.connected(at(30))
    assert watch(doctor, 5, lambda _: scene(), begin=30) == [ONLINE]


def test_frames_left_out_count_for_the_rate(doctor):
    changes = []
    for n in range(1100):
        if n % 10:
            doctor.skip(at(n / 100), is_decoded=True)
        else:
            changes.append(doctor.see(at(n / 100), scene(n)))
    assert [change.state for change in changes if change] == ["online", "too_fast"]


def test_pictures_differ_where_a_sampled_pixel_does():
    image = np.full((64, 64, 3), 90, np.uint8)
    other = image.copy()
    other[8, 8, 1] = 91
    assert Picture.of(image) == Picture.of(image.copy())
    assert Picture.of(image).digest != Picture.of(other).digest
    assert Picture.of(image)[:2] == (90.0, 0.0)
