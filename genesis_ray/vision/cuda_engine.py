"""Models as torch runs them on an NVIDIA GPU. Importing this imports torch.

A network is captured as a CUDA graph: one call then starts all of its hundreds of kernels, which
Python would else start one by one, and more slowly than the GPU gets through them.
"""

import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from genesis_ray.errors import ModelError
from genesis_ray.vision.catalog import Model
from genesis_ray.vision.request_pool import RequestPool
from genesis_ray.vision.torch_engine import pixel_network

_BATCH = 16
"""Pictures a run, filled up where need be. Kernels are chosen by it, so a picture's result would
else depend on how many came with it."""

_LANES = 2
"""While one computes, the other's pictures are copied."""

_WARM_UP_RUNS = 3
"""Before a capture: what libraries set up at their first calls cannot be captured."""


class CudaRunner:
    """A model on the GPU that this process sees.

    Attributes:
        batch: Pictures run together, which may be made less where the memory is too small.
    """

    def __init__(self, model: Model, shape: tuple[int, int]) -> None:
        """Load it; raises ModelError where torch cannot use the GPU.

        It is captured when it is called first: what does not fit then may fit in smaller batches.
        """
        if not torch.cuda.is_available():
            raise ModelError(
                "this machine has an NVIDIA GPU that torch cannot use; mend its driver, or set "
                "CUDA_VISIBLE_DEVICES to nothing to go without it"
            )
        self._network = pixel_network(model).cuda()
        self._shape = (*shape, 3)
        self.batch = _BATCH
        self._capturing = threading.Lock()
        self._captured: _Captured | None = None

    def __call__(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], ...]:
        """Run the model on uint8 [n, h, w, 3], BGR; see `engines.Runner`."""
        if images.dtype != np.uint8 or images.shape[1:] != self._shape:
            raise ValueError(
                f"expected uint8 [n, *{self._shape}], got {images.dtype} {images.shape}"
            )
        batch = self.batch
        captured = self._captured_for(batch)
        results = np.empty((len(images), *captured.answer_shape), np.float32)
        captured.pool.run(
            _Part(images[start:][:batch], results[start:][:batch])
            for start in range(0, len(images), batch)
        )
        return (results,)

    def _captured_for(self, batch: int) -> "_Captured":
        with self._capturing:
            if self._captured is None or self._captured.batch != batch:
                self._captured = None  # makes room
                lanes = [_Lane(self._network, (batch, *self._shape)) for _ in range(_LANES)]
                self._captured = _Captured(batch, lanes[0].answer_shape, RequestPool(lanes))
            return self._captured


class _Part(NamedTuple):
    """Pictures uint8 [n, h, w, 3] with n up to the batch, and where their answers go, [n, ...]."""

    images: npt.NDArray[np.uint8]
    answers: npt.NDArray[np.float32]


class _Captured(NamedTuple):
    """The network captured for a size of batch; `answer_shape` is that of one picture's answer."""

    batch: int
    answer_shape: tuple[int, ...]
    pool: RequestPool[_Part]


class _Lane:
    """A captured graph with the memory that it reads and writes, on a stream of its own."""

    def __init__(self, network: nn.Module, shape: tuple[int, ...]) -> None:
        given = torch.zeros(shape, dtype=torch.uint8).pin_memory()
        self._given, self._given_array = given, given.numpy()
        self._on_device = torch.zeros_like(given, device="cuda")
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        # Waiting for it takes no processor time.
        self._done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        self._graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            for _ in range(_WARM_UP_RUNS):
                network(self._on_device)
            self._stream.synchronize()
            # What other threads do on the GPU meanwhile is no part of it.
            with torch.cuda.graph(
                self._graph, stream=self._stream, capture_error_mode="thread_local"
            ):
                self._answer = network(self._on_device).float()
        answered = torch.zeros(self._answer.shape).pin_memory()
        self._answered, self._answered_array = answered, answered.numpy()

    @property
    def answer_shape(self) -> tuple[int, ...]:
        """The shape of one picture's answer."""
        return tuple(self._answer.shape[1:])

    def start(self, part: _Part) -> None:
        """Begin; see `request_pool.Request`."""
        count = len(part.images)
        self._given_array[:count] = part.images
        with torch.cuda.stream(self._stream):
            self._on_device[:count].copy_(self._given[:count], non_blocking=True)
            self._graph.replay()
            self._answered[:count].copy_(self._answer[:count], non_blocking=True)
            self._done.record()

    def finish(self, part: _Part) -> None:
        """Wait; see `request_pool.Request`."""
        self._done.synchronize()
        part.answers[:] = self._answered_array[: len(part.answers)]
