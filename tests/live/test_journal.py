from genesis_ray.live.journal import JournalActor
from genesis_ray.live.spec import LiveSpec
from genesis_ray.settings import Settings
from genesis_ray.store.run_folder import RunFolder
from tests.letters import NOON, frame, recording


def test_what_is_set_aside_is_counted_by_unit_and_stage(tmp_path):
    spec = LiveSpec(
        settings=Settings(cameras=[{"camera_id": "door", "source": "door.mp4"}]),
        run=RunFolder.create(tmp_path / "run").path,
        realtime=False,
        detector_app="detector",
        embedder_app="embedder",
    )
    journal = JournalActor(spec)
    journal.take([], [frame("door", 7, at=NOON), recording("till")])
    journal.take([], [recording("yard")])
    assert journal.figures().set_aside == {("frame", "detect"): 1, ("recording", "watch"): 2}
    journal.finish()
