"""What a process remembers, with something in the place of something else, wherever it is in it.

Going through everything that is pickled leaves none out, whatever has been added since.
"""

import io
import pickle
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

_State = TypeVar("_State")

Exchanges = Mapping[type, Callable[[Any], object]]
"""By the kind of an object, what makes another one of it."""


def substituted(state: _State, words: Mapping[str, str]) -> _State:
    """Return a copy of a state, in which each string that is one of `words` is the other.

    Of keys of one mapping that become the same the last stays.
    """
    written = io.BytesIO()
    _Writer(written, words).dump(state)
    written.seek(0)
    read: _State = _Reader(written, words).load()
    return read


def exchanged(state: _State, by: Exchanges) -> _State:
    """Return a copy of a state, in which each object of a kind is what `by` makes of that kind."""
    written = io.BytesIO()
    _Exchanger(written, by).dump(state)
    copy: _State = pickle.loads(written.getvalue())  # noqa: S301  written just now
    return copy


class _Exchanger(pickle.Pickler):
    def __init__(self, file: io.BytesIO, by: Exchanges) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._by = by

    def reducer_override(self, obj: Any) -> Any:
        if made_by := self._by.get(type(obj)):
            made = made_by(obj)
            if type(made) is type(obj):
                return made.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
            return _itself, (made,)  # pickle insists on the class where an object reduces as usual
        return NotImplemented


def _itself(made: object) -> object:
    return made


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, words: Mapping[str, str]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._words = words

    def persistent_id(self, obj: object) -> str | None:
        return obj if type(obj) is str and obj in self._words else None


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, words: Mapping[str, str]) -> None:
        super().__init__(file)
        self._words = words

    def persistent_load(self, pid: str) -> str:
        return self._words[pid]
