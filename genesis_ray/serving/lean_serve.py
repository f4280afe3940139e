"""Ray Serve without pandas, which it imports to answer with data frames: nothing here does.

In each process of Serve, and in each that asks its deployments, pandas is 0.3 s of a processor and
25 MB, a fifth of what such a process starts with. Serve goes without where it is not installed.
Here its one module that makes use of pandas is told so while it is imported; whoever else imports
pandas gets it.

Import this before Serve. Workers of a cluster that we start do so first, see `cluster.ENVIRONMENT`.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_ENCODERS = "ray.serve._private.utils"
_LEFT_OUT = "pandas"


class _Without(Loader):
    """Runs a module as another loader does, to which pandas is not installed."""

    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with _left_out():
            self._real.exec_module(module)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _ENCODERS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.loader:
            spec.loader = _Without(spec.loader)
        return spec


@contextmanager
def _left_out() -> Iterator[None]:
    if _LEFT_OUT in sys.modules:  # what is there is no cost
        yield
        return
    sys.modules[_LEFT_OUT] = None  # type: ignore[assignment]  # to import it fails
    try:
        yield
    finally:
        del sys.modules[_LEFT_OUT]


sys.meta_path.insert(0, _Finder())
