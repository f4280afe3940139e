"""pyarrow without pandas, which it imports to look whether a value that it is given is of pandas.

In a process that asks one question that takes longer than the question: 0.3 s of a processor and 25
MB. pyarrow goes without where pandas is not installed. Here it is told so, until somebody imports
pandas: from then on it knows, and data frames and `to_pandas` are what they always are.

Import this before pyarrow is given a value: `store.schemas` and `analytics.stored` do.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from threading import get_ident
from types import ModuleType

import pyarrow as pa

_PANDAS = "pandas"


class _Telling(SourceFileLoader):
    """Runs pandas, and tells pyarrow that it is there."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        pa.nulls(0).to_pandas()


class _Finder(MetaPathFinder):
    """Finds no pandas for one thread, as long as it is told to."""

    def __init__(self) -> None:
        self.kept_from: int | None = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _PANDAS:
            return None
        if get_ident() == self.kept_from:
            raise ModuleNotFoundError(f"{_PANDAS} is not needed yet", name=_PANDAS)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Telling(spec.loader.name, spec.loader.path)
        return spec


def _leave_out() -> None:
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    finder.kept_from = get_ident()
    try:
        pa.scalar(0)  # looks for pandas, the first time
    finally:
        finder.kept_from = None


if _PANDAS not in sys.modules:  # what is there is no cost
    _leave_out()
