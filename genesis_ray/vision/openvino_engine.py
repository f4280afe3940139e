"""Models as OpenVINO runs them on the processor."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from genesis_ray.errors import ModelError
from genesis_ray.vision.quiet_openvino import ov
from genesis_ray.vision.request_pool import RequestPool

Outputs = tuple[npt.NDArray[np.float32], ...]


class OpenVinoRunner:
    """A converted model; every picture is an inference request of its own."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        """Compile the model that `openvino_export.export` made in `folder`.

        Ray tells its workers to use one thread (OMP_NUM_THREADS), hence an explicit number.
        Raises ModelError for files that OpenVINO cannot read.
        """
        options: dict[str, Any] = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": threads,
            # Several engines share the cores; the kernel places their threads better.
            "ENABLE_CPU_PINNING": False,
            # Not in bf16 where a processor can: faces of all machines are compared, and a film has
            # one answer on all. What is in 8 bits is no slower for it.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        if os.access(folder, os.W_OK):
            # Later starts read the compiled model: FaceNet in a third of the time, 100 MB less.
            options["CACHE_DIR"] = str(folder / "compiled")
        try:
            self._compiled = ov.Core().compile_model(folder / "model.xml", "CPU", options)
        except RuntimeError as error:
            reason = " ".join(str(error).split())
            raise ModelError(
                f"OpenVINO cannot load {folder}; remove this folder, it is made again ({reason})"
            ) from error
        self._shape = tuple(self._compiled.input().shape)[1:]
        shapes = [tuple(output.shape) for output in self._compiled.outputs]
        # An output without a batch dimension belongs to its one picture as a whole.
        self._outputs = [shape[1:] if shape[0] == 1 else shape for shape in shapes]
        # Twice as many as run at once: the next is ready when one ends.
        count = 2 * self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        self._pool = RequestPool(
            [_Request(self._compiled.create_infer_request()) for _ in range(count)]
        )
        # The first use of a tensor in a process initialises OpenVINO's binding. Two threads that
        # do it at once wait for each other for ever: one holds the lock of the interpreter, the
        # other that of the initialisation. So it is done before threads can be there.
        self(np.zeros((1, *self._shape), np.uint8))

    def __call__(self, images: npt.NDArray[np.uint8]) -> Outputs:
        """Run the model on uint8 [n, h, w, 3], BGR; see `engines.Runner`."""
        if images.dtype != np.uint8 or images.shape[1:] != self._shape:
            raise ValueError(
                f"expected uint8 [n, *{self._shape}], got {images.dtype} {images.shape}"
            )
        results = tuple(np.empty((len(images), *shape), np.float32) for shape in self._outputs)
        self._pool.run(_Picture(image, place, results) for place, image in enumerate(images))
        return results


class _Picture(NamedTuple):
    """A picture, and where its outputs go: to the same place of each of `results`."""

    image: npt.NDArray[np.uint8]
    place: int
    results: Outputs


class _Request:
    """One of OpenVINO's inference requests, for one picture."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def start(self, picture: _Picture) -> None:
        """Begin; see `request_pool.Request`."""
        self._request.get_input_tensor().data[0] = picture.image
        self._request.start_async()

    def finish(self, picture: _Picture) -> None:
        """Wait for the request and copy its outputs; see `request_pool.Request`."""
        self._request.wait()
        for number, result in enumerate(picture.results):
            output = self._request.get_output_tensor(number).data
            result[picture.place] = output.reshape(result.shape[1:])
