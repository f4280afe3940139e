"""Bytes that must not be anywhere, searched for by who does not know them.

A trace says of some bytes their length, a keyed hash of the first eight, by which a window of a
file is a candidate or not, and an HMAC of all, by which it is them. Without the key a trace gives
away nothing but the length; with it, a guess can be checked, and the bytes cannot be read.
"""

import hmac
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_WORD = 8
_FILTER_BITS = 20
"""Of a megabyte of anything one window per trace is a candidate by chance."""

_SHORTEST_RAW = 5
"""Bytes of a text: a shorter one is in any large file by chance, and is sought in texts alone."""

_WINDOW = 16
_WINDOWS = 4
"""Pieces of a template or photo that are sought, spread over it: enough for what was torn apart."""

_SEPARATOR = b"\0"


@dataclass(frozen=True, slots=True)
class Trace:
    """Some bytes, as far as may be known of them.

    Attributes:
        what: What they are: "identity", "face", "name", "template", "photo" or "set of landmarks".
        is_text: Whether a part of a longer word does not count where words can be told.
    """

    what: str
    length: int
    filter: int
    digest: str
    is_text: bool = False

    @property
    def is_raw(self) -> bool:
        """Whether it is long enough to be sought among bytes of any kind."""
        return self.length >= _SHORTEST_RAW


class Tracer:
    """Makes traces and finds what left them, with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        mixed = hmac.digest(key, b"filter", "sha512")
        self._xor, self._first, self._second = (
            np.uint64(int.from_bytes(mixed[8 * i : 8 * i + 8], "little") | (i > 0))
            for i in range(3)
        )

    def of_id(self, what: str, identifier: str) -> list[Trace]:
        """Return the traces of an id, as text and, if it is a UUID, as digits and as 16 bytes."""
        try:
            uuid = UUID(identifier)
        except ValueError:
            return [self._trace(what, identifier.encode(), is_text=True)]
        forms = dict.fromkeys([identifier.encode(), str(uuid).encode(), uuid.hex.encode()])
        return [self._trace(what, form) for form in (*forms, uuid.bytes)]

    def of_name(self, name: str) -> list[Trace]:
        """Return the traces of a name, in each form of Unicode, and as JSON may have it."""
        written = [name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)]
        forms = dict.fromkeys([*written, *(json.dumps(each)[1:-1] for each in written)])
        return [self._trace("name", form.encode(), is_text=True) for form in forms]

    def of_template(self, template: npt.NDArray[np.float32]) -> list[Trace]:
        """Return traces of pieces of a template, float32 [dimension]."""
        return self._pieces("template", template.astype("<f4").tobytes())

    def of_landmarks(self, landmarks: npt.ArrayLike) -> Trace:
        """Return the trace of a face's landmarks, float32 [5, 2], all of them in a row."""
        return self._trace("set of landmarks", np.asarray(landmarks, "<f4").tobytes())

    def of_photo(self, sealed: bytes) -> list[Trace]:
        """Return traces of pieces of a photo as it is stored, encrypted."""
        return self._pieces("photo", sealed)

    def those_with(self, what: str, texts: Iterable[str], traces: Sequence[Trace]) -> list[str]:
        """Return the texts of which as a whole a trace of a kind is among these."""
        digests = {trace.digest for trace in traces if trace.what == what}
        return [text for text in texts if self._digest(text.encode()) in digests]

    def found(
        self, content: bytes | memoryview, traces: Sequence[Trace], *, in_words: bool = False
    ) -> set[Trace]:
        """Return the traces of what is in some bytes; `in_words`: of texts, as `texts_in` gives.

        A text that is only part of a longer word there does not count.
        """
        found: set[Trace] = set()
        by_word: defaultdict[int, list[Trace]] = defaultdict(list)
        for trace in traces:
            if in_words or trace.is_raw:
                by_word[min(trace.length, _WORD)].append(trace)
        padded = np.frombuffer(bytes(content) + bytes(2 * _WORD), np.uint8)
        for word, own in by_word.items():
            for place, trace in self._candidates(padded, word, own, len(content)):
                if trace not in found and self._is_at(content, place, trace, in_words=in_words):
                    found.add(trace)
        return found

    def _candidates(
        self, padded: npt.NDArray[np.uint8], word: int, traces: Sequence[Trace], length: int
    ) -> Iterator[tuple[int, Trace]]:
        by_filter: defaultdict[int, list[Trace]] = defaultdict(list)
        for trace in traces:
            by_filter[trace.filter].append(trace)
        wanted = np.zeros(1 << _FILTER_BITS, np.bool_)
        wanted[list(by_filter)] = True
        for phase in range(_WORD):
            count = (len(padded) - phase) // _WORD
            words = np.frombuffer(padded.data, "<u8", count, phase)
            hashes = self._hashed(words, word)
            for place in np.flatnonzero(wanted[hashes]):
                start = int(place) * _WORD + phase
                if start < length:
                    yield from ((start, trace) for trace in by_filter[int(hashes[place])])

    def _hashed(self, words: npt.NDArray[np.uint64], word: int) -> npt.NDArray[np.int64]:
        """Return the filter's hash of the first `word` bytes of each of these eight."""
        if word < _WORD:
            words = words & np.uint64((1 << 8 * word) - 1)
        mixed = (words ^ self._xor) * self._first
        mixed ^= mixed >> np.uint64(32)
        mixed *= self._second
        return (mixed >> np.uint64(64 - _FILTER_BITS)).astype(np.int64)

    def _is_at(
        self, content: bytes | memoryview, place: int, trace: Trace, *, in_words: bool
    ) -> bool:
        end = place + trace.length
        window = bytes(content[place:end])
        if len(window) < trace.length or self._digest(window) != trace.digest:
            return False
        around = bytes(content[max(0, place - 1) : place]), bytes(content[end : end + 1])
        return not (in_words and trace.is_text and any(map(_is_of_a_word, around)))

    def _pieces(self, what: str, content: bytes) -> list[Trace]:
        last = max(0, len(content) - _WINDOW)
        starts = dict.fromkeys(last * i // (_WINDOWS - 1) // 4 * 4 for i in range(_WINDOWS))
        return [self._trace(what, content[i : i + _WINDOW]) for i in starts]

    def _trace(self, what: str, content: bytes, *, is_text: bool = False) -> Trace:
        start = np.frombuffer(content[:_WORD].ljust(_WORD, b"\0"), "<u8")
        filtered = int(self._hashed(start, min(len(content), _WORD))[0])
        return Trace(what, len(content), filtered, self._digest(content), is_text)

    def _digest(self, content: bytes) -> str:
        return _hmac(self._key, content)


@lru_cache(maxsize=1 << 12)
def _hmac(key: bytes, content: bytes) -> str:
    return hmac.digest(key, content, "sha256").hex()


def _is_of_a_word(byte: bytes) -> bool:
    return byte.isalnum() or byte == b"_" or byte >= b"\x80"


def texts_in(rows: pa.Table) -> bytes:
    """Return all texts of a table, each once in its column, with a byte between that is in none."""
    parts = [value.encode() + _SEPARATOR for value in strings_in(rows)]
    return _SEPARATOR + b"".join(parts)


def strings_in(rows: pa.Table) -> Iterator[str]:
    """Yield all texts of a table, each once in a chunk of its column."""
    for leaf in _leaves_of(rows):
        if pa.types.is_string(leaf.type):
            yield from leaf.unique().drop_null().to_pylist()


def numbers_in(rows: pa.Table) -> Iterator[memoryview]:
    """Yield the bytes of each column of embeddings, and of ids of so many bytes, in a table."""
    for leaf in _leaves_of(rows):
        if pa.types.is_float32(leaf.type) or pa.types.is_fixed_size_binary(leaf.type):
            values = leaf.drop_null()
            size = values.type.bit_width // 8
            start = values.offset * size
            if len(values):
                content = memoryview(values.buffers()[1]).cast("B")
                yield content[start : start + len(values) * size]


def _leaves_of(rows: pa.Table) -> Iterator[Any]:
    return (leaf for column in rows.columns for chunk in column.chunks for leaf in _leaves(chunk))


def _leaves(array: Any) -> Iterator[Any]:
    """Yield the arrays of plain values that an array is made of."""
    if pa.types.is_struct(array.type):
        for child in array.flatten():
            yield from _leaves(child)
    elif pa.types.is_list(array.type) or pa.types.is_fixed_size_list(array.type):
        yield from _leaves(array.flatten())
    else:
        yield array
