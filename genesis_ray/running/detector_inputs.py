"""Which inputs the detector of a system is to be ready for before its cameras send any."""

import json
import logging
from collections.abc import Collection
from contextlib import suppress

from genesis_ray.errors import GenesisError, StoreError
from genesis_ray.running.assembly import SYNTHETIC, input_shape
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.disk import make_folder, write_file
from genesis_ray.store.runs.run_folder import RunFolder

_log = logging.getLogger(__name__)

Shape = tuple[int, int]
"""Height and width."""

_USUAL = ((1920, 1080), (640, 480))
"""Widths and heights of streams, which are known once they are connected to: most are 16:9 or 4:3.
To be ready for both costs a replica 50 MB."""

_FILE = "detector_inputs.json"


def inputs_of(settings: Settings, run: RunFolder | None = None) -> set[Shape]:
    """Return the inputs that the cameras of some settings need.

    Those of streams are what they were in `run`, where the same were watched; else the usual ones.
    A recording that cannot be opened here may be on another node: of that nothing is known.
    """
    if settings.detector.model == SYNTHETIC:
        return set()
    inputs = set().union(*(_of_recording(settings, each) for each in settings.cameras))
    if settings.has_live_cameras:
        inputs |= (_seen(run, settings) if run else set()) or usual_inputs(settings)
    return inputs


def usual_inputs(settings: Settings) -> set[Shape]:
    """Return the inputs that most live cameras need."""
    return {input_shape(settings, *size) for size in _USUAL}


def keep_inputs(run: RunFolder, settings: Settings, inputs: Collection[Shape]) -> None:
    """Keep what the cameras of a run needed, for the next start; it can do without."""
    content = {"cameras": _streams(settings), "of": _size(settings), "inputs": sorted(inputs)}
    try:
        make_folder(run.state)
        write_file(run.state / _FILE, json.dumps(content).encode())
    except (OSError, StoreError) as error:
        _log.warning("which inputs the detector needs is not kept: %s", error)


def _of_recording(settings: Settings, camera: CameraSettings) -> set[Shape]:
    if camera.is_live:
        return set()
    # Here: the libraries that decode take long to import.
    from genesis_ray.vision.sources import open_recording

    with (
        suppress(GenesisError),
        open_recording(
            camera.source, camera_id=camera.camera_id, process_fps=None, start=camera.start
        ) as source,
    ):
        return {input_shape(settings, source.width, source.height)}
    return set()


def _seen(run: RunFolder, settings: Settings) -> set[Shape]:
    """Return what was kept, where it is of all the streams there are now."""
    try:
        kept = json.loads((run.state / _FILE).read_bytes())
        if kept["of"] == _size(settings) and {*_streams(settings)} <= {*kept["cameras"]}:
            return {(int(height), int(width)) for height, width in kept["inputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return set()


def _streams(settings: Settings) -> list[str]:
    return sorted(camera.camera_id for camera in settings.cameras if camera.is_live)


def _size(settings: Settings) -> int:
    return settings.detector.input_size
