from pathlib import Path
from unittest.mock import Mock

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from genesis_ray.vision import engines, hardware_decoding
from genesis_ray.vision.decode import VideoFile
from genesis_ray.vision.hardware_decoding import pixels


@pytest.fixture
def picture() -> VideoFrame:
    noise = np.random.default_rng(1).integers(0, 256, (36, 64, 3), np.uint8)
    return VideoFrame.from_ndarray(noise, "bgr24").reformat(format="yuv420p")


@pytest.mark.parametrize(
    ("by_gpu", "by_processor"), [("nv12", "yuv420p"), ("p010le", "yuv420p10le")]
)
def test_a_gpus_frame_has_the_pixels_of_the_processors(picture, by_gpu, by_processor):
    reformatter = VideoReformatter()
    expected = pixels(picture.reformat(format=by_processor), reformatter)
    np.testing.assert_array_equal(pixels(picture.reformat(format=by_gpu), reformatter), expected)


def test_pixels_are_scaled_and_then_turned(picture):
    reformatter = VideoReformatter()
    turned = pixels(picture, reformatter, size=(32, 18), quarter_turns=1)
    assert turned.shape == (32, 18, 3)
    np.testing.assert_array_equal(np.rot90(turned, -1), pixels(picture, reformatter, size=(32, 18)))


@pytest.fixture
def forgotten():
    """What was found out about this machine's GPU is found out anew, before and after."""
    hardware_decoding._gpu_context.cache_clear()
    yield
    hardware_decoding._gpu_context.cache_clear()


def test_without_a_gpu_none_is_asked_for(shared_data, monkeypatch, forgotten):
    monkeypatch.setattr(engines, "best_device", lambda: "cpu")
    asked = Mock(side_effect=AssertionError("asked for a GPU"))
    monkeypatch.setattr(hardware_decoding, "HWAccel", asked)
    played = VideoFile(shared_data / "videos" / "intel_classroom.mp4", decoder="auto")
    assert len(list(played.frames())) == 45


def test_a_gpu_that_cannot_be_used_leaves_it_to_the_processor(shared_data, monkeypatch, forgotten):
    if engines.best_device() == "cuda":
        pytest.skip("this machine has an NVIDIA GPU")
    monkeypatch.setattr(engines, "best_device", lambda: "cuda")
    played = VideoFile(shared_data / "videos" / "intel_classroom.mp4", decoder="auto")
    assert len(list(played.frames())) == 45


@pytest.mark.gpu
@pytest.mark.skipif(engines.best_device() != "cuda", reason="no NVIDIA GPU for this process")
@pytest.mark.parametrize("name", ["PETS09-S2L1-a.mp4", "intel_classroom.mp4"])
def test_a_real_gpu_context_to_the_same_frames(shared_data, name):
    path: Path = shared_data / "videos" / name
    assert hardware_decoding._gpu_context() is not None
    by_gpu, by_processor = VideoFile(path, decoder="auto"), VideoFile(path)
    for (its_time, its), (time, own) in zip(by_gpu.frames(), by_processor.frames(), strict=True):
        assert its_time == time
        np.testing.assert_array_equal(its(), own())


def test_a_stream_in_a_codec_that_is_not_known_is_told_as_no_video_and_closed(tmp_path):
    path = tmp_path / "film.avi"
    with av.open(path, "w") as target:
        stream = target.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuvj420p"
        target.mux(stream.encode(VideoFrame(64, 36, "yuvj420p")))
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"ZQXW"))
    with path.open("rb") as file, pytest.raises(av.error.InvalidDataError) as raised:
        hardware_decoding.open_container(file, decoder="software")
    assert raised.value.filename is None  # which may be an address with its password
