import pytest

from genesis_ray.running.detector_inputs import inputs_of, keep_inputs, usual_inputs
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

WIDE, NARROW, TALL = (384, 640), (480, 640), (640, 384)


def watching(*sources: str, **detector: object) -> Settings:
    cameras = [{"camera_id": f"camera-{n}", "source": each} for n, each in enumerate(sources)]
    return Settings(cameras=cameras, detector=detector)


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "run")


def film(width: int, height: int) -> str:
    return f"synthetic:?seconds=1&width={width}&height={height}"


def test_recordings_need_what_is_made_of_their_size():
    assert inputs_of(watching(film(1280, 720), film(720, 1280))) == {WIDE, TALL}


def test_one_that_is_not_here_may_be_on_another_node():
    assert inputs_of(watching(film(1280, 720), "on-another-node.mp4")) == {WIDE}


def test_of_streams_never_seen_the_usual_inputs_are_expected(run):
    assert inputs_of(watching("rtsp://door/1", film(720, 1280)), run) == {WIDE, NARROW, TALL}


def test_of_a_larger_input_too():
    assert usual_inputs(watching("rtsp://door/1", input_size=1280)) == {(736, 1280), (960, 1280)}


def test_streams_that_were_seen_need_what_they_did(run):
    streams = watching("rtsp://door/1", "rtsp://yard/1")
    keep_inputs(run, streams, {TALL})
    assert inputs_of(streams, run) == {TALL}
    assert inputs_of(watching("rtsp://door/1"), run) == {TALL}


def test_where_there_is_a_stream_that_was_not_it_may_be_a_usual_one(run):
    keep_inputs(run, watching("rtsp://door/1"), {TALL})
    assert inputs_of(watching("rtsp://door/1", "rtsp://yard/1"), run) == {WIDE, NARROW}


def test_what_was_kept_for_inputs_of_another_size_does_not_count(run):
    keep_inputs(run, watching("rtsp://door/1"), {TALL})
    larger = watching("rtsp://door/1", input_size=1280)
    assert inputs_of(larger, run) == usual_inputs(larger)


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"of": 640, "cameras": 1, "inputs": []}'])
def test_what_cannot_be_read_does_not_either(run, content):
    keep_inputs(run, watching("rtsp://door/1"), {TALL})
    (run.state / "detector_inputs.json").write_text(content)
    assert inputs_of(watching("rtsp://door/1"), run) == {WIDE, NARROW}


def test_it_is_kept_where_nothing_was_kept_before_or_cannot_be(tmp_path, caplog):
    (tmp_path / "run").write_text("a file in the way")
    keep_inputs(RunFolder(tmp_path / "run"), watching("rtsp://door/1"), {TALL})
    assert "is not kept" in caplog.text


def test_a_synthetic_detector_needs_nothing():
    assert inputs_of(watching("rtsp://door/1", model="synthetic")) == set()
