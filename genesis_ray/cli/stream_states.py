"""The state of a live camera, as commands say it."""

from genesis_ray.running.result import CameraProgress
from genesis_ray.vision.stream_reasons import remedy_of


def is_well(camera: CameraProgress) -> bool:
    """Tell whether nothing is wrong with a camera's stream, if it is one, as far as is known."""
    return camera.state in (None, "online")


def state_of(camera: CameraProgress) -> str:
    """Return the state of a camera's stream with the reason, "" of none."""
    return ": ".join(filter(None, (camera.state, camera.reason)))


def told_state(camera: CameraProgress) -> str:
    """Return that a camera is in its state, with what to do about it."""
    said = f"camera {camera.camera_id} is {state_of(camera)}"
    if camera.state is None:
        return said
    remedy = remedy_of(
        camera.state, camera.reason, has_shown=bool(camera.frames), is_device=camera.is_device
    )
    return f"{said}; {remedy}" if remedy else said
