"""What a live system is told that has no models: its journal is watched alone."""

from pathlib import Path

from genesis_ray.live.spec import LiveSpec
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from tests.store.some_keys import ring


def live_spec(folder: Path, *cameras: str, realtime: bool = True, **settings: object) -> LiveSpec:
    """A new run in a folder, of recordings that are called as their cameras are."""
    return LiveSpec(
        settings=Settings(
            cameras=[{"camera_id": name, "source": f"{name}.mp4"} for name in cameras],
            **settings,
        ),
        run=RunFolder.create(folder / "run").path,
        realtime=realtime,
        detector_app="detector",
        embedder_app="embedder",
        template_key=ring().ref,
    )
