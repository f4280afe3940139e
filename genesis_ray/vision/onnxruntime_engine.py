"""Models as ONNX Runtime runs them: on the processor, or an NVIDIA GPU that its build can use."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from genesis_ray.errors import ModelError
from genesis_ray.vision.catalog import InputConvention

Outputs = tuple[npt.NDArray[np.float32], ...]

_ON_GPU = ("TensorrtExecutionProvider", "CUDAExecutionProvider")
_ON_CPU = "CPUExecutionProvider"

# On a GPU every batch has this size, filled up where need be: kernels are chosen by it.
_GPU_BATCH = 8

_ERRORS_ONLY = 3


class OnnxRuntimeRunner:
    """An ONNX file made ready for pictures of one shape.

    Attributes:
        batch: Pictures run together, which may be made less where the memory is too small.
    """

    def __init__(
        self,
        file: Path,
        convention: InputConvention,
        shape: tuple[int, int],
        *,
        device: str,
        threads: int,
    ) -> None:
        """Load a model from `onnx_export.export`.

        On the processor each of `threads` runs a picture of its own, which does a third more of
        them than all at one picture. Raises ModelError for a file that cannot be read.
        """
        self._convention = convention
        self._shape = (*shape, 3)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        options.intra_op_num_threads = 1
        options.add_free_dimension_override_by_name("height", shape[0])
        options.add_free_dimension_override_by_name("width", shape[1])
        try:
            self._session = onnxruntime.InferenceSession(file, options, providers(device))
        except Exception as error:  # its errors have no class of their own in common
            raise ModelError(
                f"ONNX Runtime cannot load {file}; remove its folder, it is made again ({error})"
            ) from error
        (given,) = self._session.get_inputs()
        self._name = given.name
        # Whether its outputs are one a picture is known only of files with ultralytics' names.
        on_gpu = self.providers[0] in _ON_GPU and given.shape[0] == "batch"
        self.batch = _GPU_BATCH if on_gpu else 1
        self._threads = ThreadPoolExecutor(threads, "onnxruntime")
        self(np.zeros((1, *self._shape), np.uint8))  # what the first run sets up

    @property
    def providers(self) -> list[str]:
        """What runs the model, in the order in which its operations are offered to them."""
        names: list[str] = self._session.get_providers()
        return names

    def __call__(self, images: npt.NDArray[np.uint8]) -> Outputs:
        """Run the model on uint8 [n, h, w, 3], BGR; see `engines.Runner`."""
        if images.dtype != np.uint8 or images.shape[1:] != self._shape:
            raise ValueError(
                f"expected uint8 [n, *{self._shape}], got {images.dtype} {images.shape}"
            )
        batch = self.batch
        starts = range(0, max(1, len(images)), batch)
        parts = self._threads.map(lambda start: self._run(images[start:][:batch], batch), starts)
        return tuple(map(np.concatenate, zip(*parts, strict=True)))

    def _run(self, images: npt.NDArray[np.uint8], batch: int) -> Outputs:
        filled = np.zeros((batch, *self._shape), np.uint8)
        filled[: len(images)] = images
        mean, scale = self._convention.mean, self._convention.scale
        planes = cv2.dnn.blobFromImages(
            list(filled),
            1.0 if isinstance(scale, tuple) else 1 / scale,
            mean=mean if isinstance(mean, tuple) else (mean, mean, mean),
            swapRB=self._convention.colour == "RGB",
        )
        if isinstance(scale, tuple):
            planes /= np.array(scale, np.float32).reshape(3, 1, 1)
        outputs = self._session.run(None, {self._name: planes})
        # An output without a batch dimension belongs to its one picture as a whole.
        return tuple(
            (output if len(output) == batch else output[None])[: len(images)] for output in outputs
        )


def providers(device: str) -> list[str]:
    """Return what can run models on a device, the fastest first; the processor always can.

    The GPU's are there only with the package onnxruntime-gpu in onnxruntime's place.
    """
    there = onnxruntime.get_available_providers()
    return [name for name in _ON_GPU if device == "cuda" and name in there] + [_ON_CPU]
