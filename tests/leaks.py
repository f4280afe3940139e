"""What a secret or a template looks like wherever it got out."""

import base64
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

_IN_A_ROW = 3
"""Numbers that are sought together: by chance there are none such."""

_DECIMALS = 4
"""Of each, cut off: the rest is another where it was computed anew or rounded."""


def forms_of_secret(secret: bytes) -> list[bytes]:
    """Return what to look for: bytes, hex digits, base64, and how Python shows bytes."""
    shown = repr(secret).encode()[2:-1]
    return [re.escape(form) for form in (secret, secret.hex().encode(), shown)] + [
        re.escape(form) for form in _base64(secret)
    ]


def forms_of_template(template: npt.NDArray[np.float32]) -> list[bytes]:
    """Return patterns of pieces of a template: numbers of any width, pickled, base64, decimals."""
    starts = {0, len(template) // 2, len(template) - _IN_A_ROW}
    return [
        form for start in sorted(starts) for form in _forms(template[start : start + _IN_A_ROW])
    ]


def leaks_in(folder: Path, forms: list[bytes]) -> list[str]:
    """Return the files below a folder that have one of these in them."""
    sought = re.compile(b"|".join(forms), re.DOTALL)
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and sought.search(path.read_bytes())
    )


def _forms(values: npt.NDArray[np.float32]) -> Iterator[bytes]:
    for kind in ("<f4", ">f4", "<f8", ">f8"):
        yield re.escape(values.astype(kind).tobytes())
    yield re.escape(b"G".join(struct.pack(">d", value) for value in values))  # pickled
    for kind in ("<f4", "<f8"):
        yield from map(re.escape, _base64(values.astype(kind).tobytes()))
    yield rb".{1,40}?".join(map(_decimals, values.tolist()))


def _decimals(value: float) -> bytes:
    shown = f"{abs(value):.12f}"
    head = shown[: shown.index(".") + 1 + _DECIMALS]
    return (b"-" if value < 0 else b"") + re.escape(head.encode()) + rb"\d*"


def _base64(content: bytes) -> list[bytes]:
    """Return what is in any base64 text of something that has this content in it."""
    texts = []
    for before in range(3):
        text = base64.b64encode(bytes(before) + content)
        first = -(-before * 8 // 6)
        last = (before + len(content)) * 8 // 6
        texts.append(text[first:last])
    return texts
