"""Models as TensorRT runs them on an NVIDIA GPU. Importing this imports torch."""

import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorrt
import torch

from genesis_ray.errors import ModelError
from genesis_ray.vision.catalog import InputConvention
from genesis_ray.vision.torch_engine import PixelScaling


class TensorRtRunner:
    """A plan with the GPU memory that it works in, held by torch."""

    def __init__(self, plan: Path, convention: InputConvention, *, device: str = "cuda") -> None:
        """Load a plan that `tensorrt_export.export` made; raises ModelError where it cannot be."""
        self._device = torch.device(device)
        self._scaling = PixelScaling(convention).to(self._device)
        self._runtime = tensorrt.Runtime(tensorrt.Logger(tensorrt.Logger.ERROR))
        engine = self._runtime.deserialize_cuda_engine(plan.read_bytes())
        if engine is None:
            raise ModelError(f"TensorRT cannot load {plan}; remove its folder, it is made again")
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        self._tensors = {
            name: torch.empty(tuple(engine.get_tensor_shape(name)), device=self._device)
            for name in names
        }
        self._context = engine.create_execution_context()
        if self._context is None:
            raise ModelError(f"TensorRT has too little free GPU memory for {plan.parent.name}")
        (given,) = [n for n in names if engine.get_tensor_mode(n) == tensorrt.TensorIOMode.INPUT]
        self._given = self._tensors[given]
        self._outputs = [self._tensors[name] for name in names if name != given]
        batch, _, height, width = self._given.shape
        self._batch, self._shape = batch, (height, width, 3)
        self._running = threading.Lock()  # there is one set of tensors
        self(np.zeros((1, *self._shape), np.uint8))

    def __call__(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], ...]:
        """Run the model on uint8 [n, h, w, 3], BGR; see `engines.Runner`."""
        if images.dtype != np.uint8 or images.shape[1:] != self._shape:
            raise ValueError(
                f"expected uint8 [n, *{self._shape}], got {images.dtype} {images.shape}"
            )
        parts = [
            self._run(images[start:][: self._batch])
            for start in range(0, max(1, len(images)), self._batch)
        ]
        return tuple(map(np.concatenate, zip(*parts, strict=True)))

    def _run(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], ...]:
        filled = np.zeros((self._batch, *self._shape), np.uint8)
        filled[: len(images)] = images
        pixels = torch.from_numpy(filled).to(self._device)  # they travel as bytes
        with self._running:
            # Torch's work and this are in one stream, the default one, so in this order.
            self._given.copy_(self._scaling(pixels))
            if not self._context.execute_v2([one.data_ptr() for one in self._tensors.values()]):
                raise ModelError("TensorRT could not run the model; its own message is above")
            return tuple(
                output[: len(images)].to("cpu", copy=True).numpy() for output in self._outputs
            )
