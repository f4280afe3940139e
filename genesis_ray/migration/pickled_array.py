"""Arrays that another program pickled, read without running what a pickle may ask for."""

import io
import pickle

import numpy as np
import numpy.typing as npt

from genesis_ray.errors import SourceError

_ALLOWED = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),  # before numpy 2
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
    ("_codecs", "encode"),  # how protocol 2 writes bytes
}


def read_vector(content: bytes) -> npt.NDArray[np.float32]:
    """Return the vector of numbers that `content` is the pickle of.

    Only what makes up arrays and lists of numbers is unpickled. A pickle may name any function,
    which the plain `pickle.loads` would call: a database that somebody else could write to must
    not be given to that.

    Raises:
        SourceError: It is no pickle, or one of something else.
    """
    try:
        found = _ArraysOnly(io.BytesIO(content)).load()
        vector = np.asarray(found, np.float32).ravel()
    # A broken pickle raises whatever the step raises at which it is broken.
    except Exception as error:
        raise SourceError(f"expected a pickled vector of numbers: {error}") from error
    if vector.size == 0 or not np.isfinite(vector).all():
        raise SourceError("expected a pickled vector of finite numbers, got an empty or broken one")
    return vector


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _ALLOWED:
            raise SourceError(f"it asks for {module}.{name}, which no array needs")
        return super().find_class(module, name)
