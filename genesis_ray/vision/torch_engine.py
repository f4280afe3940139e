"""Models as torch runs them. Importing this imports torch: 870 MB and some seconds."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from genesis_ray.vision import facenet, models
from genesis_ray.vision.catalog import InputConvention, Model


def network(model: Model, *, any_shape: bool = False) -> nn.Module:
    """Return a model on the processor, for scaled float planes [n, 3, h, w].

    With `any_shape` a trace of it holds for all shapes, not only that of the example.
    """
    if model.format == "facenet-graph":
        loaded = _facenet(model)
    else:
        loaded = _person_yolo(model, any_shape=any_shape)
    return loaded.eval().requires_grad_(False)


class PixelScaling(nn.Module):
    """Pictures uint8 [n, h, w, 3], BGR, as a network wants them: float [n, 3, h, w].

    Its numbers are on the device that it is on: to bring them there at each call is refused while
    a CUDA graph is captured.
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, convention: InputConvention) -> None:
        super().__init__()
        self._is_rgb = convention.colour == "RGB"
        for name, values in (("mean", convention.mean), ("scale", convention.scale)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32).reshape(-1, 1, 1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Scale them."""
        planes = pixels.permute(0, 3, 1, 2)
        if self._is_rgb:
            planes = planes.flip(1)
        return (planes.float() - self.mean) / self.scale


def pixel_network(model: Model) -> nn.Module:
    """Return a model on the processor, for pictures uint8 [n, h, w, 3], BGR."""
    return nn.Sequential(PixelScaling(model.input), network(model)).eval()


class TorchRunner:
    """A model on the processor."""

    def __init__(self, model: Model, shape: tuple[int, int], *, threads: int) -> None:
        torch.set_num_threads(threads)
        self._network = pixel_network(model)
        self._shape = (*shape, 3)
        # Fixes what a network works out from the shape at its first call, before threads meet.
        self(np.zeros((1, *self._shape), np.uint8))

    @torch.inference_mode()
    def __call__(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], ...]:
        """Run the model on uint8 [n, h, w, 3], BGR; see `engines.Runner`."""
        if images.dtype != np.uint8 or images.shape[1:] != self._shape:
            raise ValueError(
                f"expected uint8 [n, *{self._shape}], got {images.dtype} {images.shape}"
            )
        if not len(images):
            return (self(np.zeros((1, *self._shape), np.uint8))[0][:0],)
        # One by one: a picture's last bits would else depend on how many came with it.
        return (np.concatenate([self._run(image[None]) for image in images]),)

    def _run(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        pixels = torch.from_numpy(image.copy())  # torch wants memory that may be written to
        result: npt.NDArray[np.float32] = self._network(pixels).numpy()
        return result


def _facenet(model: Model) -> nn.Module:
    from facenet_pytorch import InceptionResnetV1

    state = facenet.read_weights(models.weights(model.name))
    loaded: nn.Module = InceptionResnetV1()
    loaded.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    return loaded


def _person_yolo(model: Model, *, any_shape: bool) -> nn.Module:
    """Load an Ultralytics detector and leave it the one class that is asked for.

    The output is [n, 5, anchors]: centre x and y, width, height in pixels, and the
    confidence that it is a person; to the last bit what the whole network says.
    """
    from genesis_ray.vision import quiet_ultralytics  # noqa: F401  # isort: skip
    from ultralytics.nn.tasks import load_checkpoint

    # A pickle, which can run anything: `weights` has checked its digest.
    loaded: Any = load_checkpoint(models.weights(model.name), device="cpu", fuse=True)[0]
    head = loaded.model[-1]
    head.export = True  # the predictions alone, without the maps they were made from
    head.dynamic = any_shape  # anchors are computed at every call, not kept
    for branch in head.cv3:
        last = branch[-1]
        last.weight, last.bias = nn.Parameter(last.weight[:1]), nn.Parameter(last.bias[:1])
    head.nc = 1
    detector: nn.Module = loaded
    return detector
