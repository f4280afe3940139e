"""Models as torch runs them. Importing this imports torch: 870 MB and some seconds."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from genesis_ray.errors import ModelError
from genesis_ray.vision import facenet, models
from genesis_ray.vision.catalog import InputConvention, Model

# On a GPU every batch has this size, filled up where need be: kernels are chosen by it,
# so a picture's result would else depend on how many came with it.
_CUDA_BATCH = 8


def network(model: Model, *, any_shape: bool = False) -> nn.Module:
    """Return a model on the processor, for scaled float planes [n, 3, h, w].

    With `any_shape` a trace of it holds for all shapes, not only that of the example.
    """
    if model.format == "facenet-graph":
        loaded = _facenet(model)
    else:
        loaded = _person_yolo(model, any_shape=any_shape)
    return loaded.eval().requires_grad_(False)


def scaled_planes(
    images: npt.NDArray[np.uint8], batch: int, convention: InputConvention, device: torch.device
) -> torch.Tensor:
    """Return pictures uint8 [n, h, w, 3], BGR, as a network wants them: float [batch, 3, h, w].

    They travel as bytes; what is missing to `batch` is black.
    """
    filled = np.zeros((batch, *images.shape[1:]), np.uint8)
    filled[: len(images)] = images
    pixels = torch.from_numpy(filled).to(device).permute(0, 3, 1, 2)
    if convention.colour == "RGB":
        pixels = pixels.flip(1)
    return (pixels.float() - convention.mean) / convention.scale


class TorchRunner:
    """A model on a GPU or the processor.

    Attributes:
        batch: Pictures run together, which may be made less where the memory is too small.
    """

    def __init__(self, model: Model, shape: tuple[int, int], *, device: str, threads: int) -> None:
        if device == "cuda" and not torch.cuda.is_available():
            raise ModelError(
                "this machine has an NVIDIA GPU that torch cannot use; mend its driver, or set "
                "CUDA_VISIBLE_DEVICES to nothing to go without it"
            )
        torch.set_num_threads(threads)
        self._device = torch.device(device)
        self._network = network(model).to(self._device)
        self._input = model.input
        self._shape = (*shape, 3)
        self.batch = _CUDA_BATCH if device == "cuda" else 1
        # Fixes what a network works out from the shape at its first call, before threads meet.
        self(np.zeros((1, *self._shape), np.uint8))

    @torch.inference_mode()
    def __call__(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], ...]:
        """Run the model on uint8 [n, h, w, 3], BGR; see `engines.Runner`."""
        if images.dtype != np.uint8 or images.shape[1:] != self._shape:
            raise ValueError(
                f"expected uint8 [n, *{self._shape}], got {images.dtype} {images.shape}"
            )
        batch = self.batch
        results = [
            self._run(images[start : start + batch], batch)
            for start in range(0, max(1, len(images)), batch)
        ]
        return (np.concatenate(results),)

    def _run(self, images: npt.NDArray[np.uint8], batch: int) -> npt.NDArray[np.float32]:
        planes = scaled_planes(images, batch, self._input, self._device)
        result: npt.NDArray[np.float32] = self._network(planes)[: len(images)].cpu().numpy()
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
