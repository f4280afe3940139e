import pickle
from contextlib import closing
from datetime import timedelta

import pytest

from genesis_ray.errors import GenesisError
from genesis_ray.live.spec import LiveSpec, Resumption, Snapshot
from genesis_ray.live.watched_camera import open_camera
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.viewing import COLOURS
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from tests.live.grouped import FILM, START
from tests.store.some_keys import ring


def test_where_the_node_has_no_folder_for_the_film_that_is_said_before_anything_is_watched(
    tmp_path,
):
    door = CameraSettings(camera_id="door", source=FILM, start=START)
    spec = LiveSpec(
        settings=Settings(data_dir=tmp_path, annotate=True, cameras=(door,)),
        run=tmp_path / "of another node",
        realtime=False,
        detector_app="d",
        embedder_app="e",
        template_key=ring().ref,
    )
    with pytest.raises(GenesisError, match="the node that is to watch it does not have; put the"):
        open_camera(spec, door, COLOURS, is_resumed=False)
    with closing(open_camera(spec, door, COLOURS, is_resumed=True)) as camera:
        assert camera.recorder  # it is watched on, and says what is wrong when that is written


def test_a_camera_whose_snapshot_is_of_another_version_goes_on_behind_what_it_told(
    tmp_path, caplog
):
    door = CameraSettings(camera_id="door", source=FILM, start=START)
    spec = LiveSpec(
        settings=Settings(data_dir=tmp_path, cameras=(door,)),
        run=tmp_path,
        realtime=False,
        detector_app="d",
        embedder_app="e",
        template_key=ring().ref,
    )
    gone = pickle.dumps((b"cgenesis_ray.gone\nObserver\n.", None))  # whose module is no more
    progress = CameraProgress(camera_id="door", frames=20)
    told = START + timedelta(seconds=2)
    before = Resumption({"door": Snapshot(gone, progress)}, told, {"door": told})
    with closing(open_camera(spec, door, COLOURS, is_resumed=True)) as camera:
        camera.go_on(before, None)
        frame, _ = next(camera.station.frames())
    assert camera.posted == progress
    assert frame.stamp.captured_at > told
    assert "door: its tracks begin anew" in caplog.text
