"""What a process remembers, with certain words in the place of others, wherever they are in it.

Going through everything that is pickled leaves none out, whatever has been added since.
"""

import io
import pickle
from collections.abc import Mapping
from typing import TypeVar

_State = TypeVar("_State")


def substituted(state: _State, words: Mapping[str, str]) -> _State:
    """Return a copy of a state, in which each string that is one of `words` is the other.

    Of keys of one mapping that become the same the last stays.
    """
    written = io.BytesIO()
    _Writer(written, words).dump(state)
    written.seek(0)
    read: _State = _Reader(written, words).load()
    return read


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
