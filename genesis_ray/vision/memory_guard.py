"""What a model does when the GPU's memory is too small for it: less at once, else the processor."""

import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

_LOG = logging.getLogger(__name__)

_SAYINGS = ("out of memory", "failed to allocate memory", "too little free gpu memory")
"""Of CUDA, of ONNX Runtime and of our own; torch has a class for it besides."""

Run = Callable[[npt.NDArray[np.uint8]], tuple[npt.NDArray[np.float32], ...]]


@runtime_checkable
class Shrinkable(Protocol):
    """A runner that can be told to run fewer pictures at once.

    Attributes:
        batch: How many it runs together; any number from 1 to what it began with.
    """

    batch: int


@dataclass(frozen=True, slots=True)
class MemoryState:
    """How a model gets on with the memory it has.

    Attributes:
        out_of_memory: How often a batch, or the model, did not fit.
        batch: Pictures run together since then; None if everything ever fitted.
        on_processor: Whether it was given up and the processor runs the model instead.
        reason: What the GPU said last; "" if everything ever fitted.
    """

    out_of_memory: int = 0
    batch: int | None = None
    on_processor: bool = False
    reason: str = ""

    def __add__(self, other: "MemoryState") -> "MemoryState":
        """Return the state of two models together: the worse of each."""
        batches = [batch for batch in (self.batch, other.batch) if batch is not None]
        return MemoryState(
            self.out_of_memory + other.out_of_memory,
            min(batches, default=None),
            self.on_processor or other.on_processor,
            other.reason or self.reason,
        )


class MemoryGuard:
    """A runner that goes on when the GPU's memory is full; any number of threads may call it.

    A stack that does not fit is run again with half as many pictures at once, and again, down to
    one; then, or where not even the model fits, on the processor. What was learned is kept: memory
    that is free now and then would make a system that stumbles now and then.
    """

    def __init__(self, load: Callable[[], Run], load_on_processor: Callable[[], Run]) -> None:
        """Load the model; the other way to load it is taken when it is needed."""
        self._load_on_processor = load_on_processor
        self._changing = threading.Lock()
        self._state = MemoryState()
        try:
            self._run: Run | None = load()
        except Exception as error:  # each engine has classes of its own; the others are raised
            if not is_out_of_memory(error):
                raise
            reason, self._run = _said(error), None
        if self._run is None:
            self._give_up(reason)

    @property
    def state(self) -> MemoryState:
        """How the model gets on."""
        return self._state

    def __call__(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], ...]:
        """Run the model on a stack; see `engines.Runner`."""
        while True:
            run = self._run or self._on_processor()
            batch = _batch_of(run)
            try:
                return run(images)
            except Exception as error:  # as above
                if self._state.on_processor or not is_out_of_memory(error):
                    raise
                reason = _said(error)
            # Not before the error is gone, which holds on to the tensors that did not fit.
            self._make_do(run, batch, reason)

    def _make_do(self, run: Run, batch: int, reason: str) -> None:
        with self._changing:
            if run is not self._run or _batch_of(run) < batch:
                return  # another thread has met the same, and done so
            _release()
            if smaller := _halved(run):
                self._note(reason, batch=smaller)
                _LOG.warning("GPU memory is full, %d pictures at once now: %s", smaller, reason)
            else:
                self._run = None
                del run
                self._give_up(reason)

    def _on_processor(self) -> Run:
        """Return the processor's once it is loaded, which takes a while."""
        with self._changing:
            self._run = self._run or self._load_on_processor()
            return self._run

    def _give_up(self, reason: str) -> None:
        _release()
        self._run = self._load_on_processor()
        self._note(reason, on_processor=True)
        _LOG.error("GPU memory is full, the processor runs the model from now on: %s", reason)

    def _note(self, reason: str, *, batch: int | None = None, on_processor: bool = False) -> None:
        self._state += MemoryState(1, batch, on_processor, reason)


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an engine's error says that the GPU's memory is full; imports no engine.

    An error that came of such a one counts too: a capture that is cut short by it fails itself.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if "OutOfMemoryError" in names or any(saying in str(error).lower() for saying in _SAYINGS):
        return True
    return isinstance(error.__context__, Exception) and is_out_of_memory(error.__context__)


def claim_share(share: float) -> None:
    """Keep torch in this process to its share of the GPU's memory, if that is a part of one.

    Models that share a GPU so find their own limit and not each other's. ONNX Runtime and TensorRT
    have allocators of their own, which this does not bind.
    """
    if not 0 < share < 1:
        return
    import torch

    if torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(share)


def _batch_of(run: object) -> int:
    return run.batch if isinstance(run, Shrinkable) else 1


def _halved(run: object) -> int | None:
    """Halve what a runner runs at once, and return how many that are; None: it cannot be less."""
    if not isinstance(run, Shrinkable) or run.batch == 1:
        return None
    run.batch //= 2
    return run.batch


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _release() -> None:
    """Give the memory that torch keeps for later back to the GPU."""
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
