import asyncio

from genesis_ray.live import keeping_inputs
from genesis_ray.live.keeping_inputs import keep_needed
from genesis_ray.running.detector_inputs import inputs_of
from genesis_ray.serving.needed_inputs import NeededInputs
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder


def test_what_the_detector_was_asked_for_is_known_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr(keeping_inputs, "_LOOKS_EVERY_S", 0.001)
    asked: set[tuple[int, int]] = set()
    monkeypatch.setattr(NeededInputs, "noted", lambda _: set(asked))
    run = RunFolder.create(tmp_path / "run")
    settings = Settings(cameras=[{"camera_id": "door", "source": "rtsp://door/1"}])
    unknown = inputs_of(settings, run)

    async def keep(inputs: set[tuple[int, int]]) -> None:
        keeping = asyncio.create_task(keep_needed(NeededInputs(), run, lambda: settings))
        for shape in inputs:
            asked.add(shape)
            while shape not in inputs_of(settings, run):
                await asyncio.sleep(0.001)
        keeping.cancel()

    assert (640, 384) not in unknown
    asyncio.run(asyncio.wait_for(keep({(640, 384), (512, 640)}), 10))
    assert inputs_of(settings, run) == {(640, 384), (512, 640)}
