"""LanceDB without what tables in folders never call, which is most of what importing it takes.

It brings the generated client of a REST catalogue: two hundred pydantic models and their methods.
Here stand-ins take the client's place while LanceDB is imported; the first time one is made use of,
it is the real class that answers. What checks that methods override others is left out as well, as
LanceDB does by itself from Python 3.12 on.

Import `lancedb` from here, before anything else of LanceDB, and where a table is opened rather
than at the top of a module: most processes open none.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from genesis_ray.process_memory import keep_one_arena

_CLIENT = "lance_namespace_urllib3_client"
_OVERRIDES = "overrides"


class _Later:
    """A class of the client, imported when it is made use of."""

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self._real(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what typing looks for in a type
            raise AttributeError(name)
        return getattr(self._real, name)

    @property
    def _real(self) -> Any:
        module, name = self._place
        return getattr(import_module(module), name)


class _Client(ModuleType):
    """The client, or a module of it."""

    def __getattr__(self, name: str) -> _Later:
        if name.startswith("__"):  # what importing looks for in a module
            raise AttributeError(name)
        return _Later(self.__name__, name)


class _Unenforced:
    """Of a base class whose subclasses would be checked."""


def _unchecked(method: Callable[..., Any]) -> Callable[..., Any]:
    """Leave a method as it is, which overrides another."""
    return method


class _StandIns(MetaPathFinder, Loader):
    def find_spec(self, fullname: str, *_: object, **__: object) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in (_CLIENT, _OVERRIDES):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name != _OVERRIDES:
            return _Client(spec.name)
        module = ModuleType(spec.name)
        module.__dict__.update(override=_unchecked, EnforceOverrides=_Unenforced)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


@contextmanager
def _standing_in() -> Iterator[None]:
    """Let stand-ins be imported instead of what has not been imported so far, then no more."""
    finder = _StandIns()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name, module in list(sys.modules.items()):
            if getattr(module, "__loader__", None) is finder:
                del sys.modules[name]


keep_one_arena()  # before it has threads
with _standing_in():
    import lancedb

__all__ = ["lancedb"]
