"""Template protection: embeddings under a tenant's secret orthogonal transform.

The transform keeps every angle, so similarities and thresholds stay what they were, and who has
templates without the key can compare them with nothing else: neither with faces of their own nor
with another tenant's templates. docs/templates.md has the threat model.
"""

from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey

PLAIN = 0
"""The key version of an embedding that no key has transformed."""

Embeddings = npt.NDArray[np.float32]
"""Faces as float32 [n, dimension], each of unit length; protected ones too."""

_UNIT_TOLERANCE = 1e-3  # far above float32's rounding, far below what changes a decision

_TURNS_KEPT = 8
"""Products of two keys' matrices: of each embedder, those of the last rotations."""

_ROWS_AT_ONCE = 64
"""In one call; bounds nothing but memory, as every row is computed by itself."""


class Protector:
    """One embedder's transform under one key.

    A row's template depends on that row alone, to the last bit, and not on the rows beside it:
    so live and archive can agree exactly. float32 is rounded to once, at the end.

    Attributes:
        key: The one that protects.
    """

    def __init__(self, key: TemplateKey, *, embedder: str, dimension: int) -> None:
        self.key = key
        self._embedder = embedder
        self._dimension = dimension
        self._done: dict[TemplateKey, dict[bytes, Embeddings]] = {}

    def protect(self, embeddings: Embeddings) -> Embeddings:
        """Return the templates of plain embeddings [n, dimension]."""
        return _applied(self._matrix, embeddings)

    def renew(self, templates: Embeddings, before: TemplateKey) -> Embeddings:
        """Return templates that `before` protects as this key protects them."""
        done = self._done.get(before, {})
        if not done:
            return _applied(self._turn(before), templates)
        known = [done.get(row.tobytes()) for row in templates]
        rest = iter(_applied(self._turn(before), templates[[each is None for each in known]]))
        return np.stack([next(rest) if each is None else each for each in known])

    def prepare(self, before: TemplateKey, templates: Embeddings | None = None) -> None:
        """Do now what takes `renew` two seconds of a core, the first time in this process.

        Of `templates` it does all: then they are renewed at once.
        """
        turn = self._turn(before)
        if templates is not None:
            rows = zip(templates, _applied(turn, templates), strict=True)
            self._done[before] = {old.tobytes(): new for old, new in rows}

    def _turn(self, before: TemplateKey) -> npt.NDArray[np.float64]:
        own = self._embedder, self._dimension
        if before.version > self.key.version:
            return _turn(self.key, before, *own).T  # to the last bit
        return _turn(before, self.key, *own)

    @cached_property
    def _matrix(self) -> npt.NDArray[np.float64]:
        return self.key.matrix(self._embedder, self._dimension).astype(np.float64)


@lru_cache(_TURNS_KEPT)
def _turn(
    before: TemplateKey, after: TemplateKey, embedder: str, dimension: int
) -> npt.NDArray[np.float64]:
    """Return the matrix that makes templates of one key those of another."""
    old, new = (key.matrix(embedder, dimension).astype(np.float64) for key in (before, after))
    # Row i of the product with the other's transpose, which takes its transform away.
    turn: npt.NDArray[np.float64] = np.vecdot(new[:, None], old[None])
    return turn


def renewed(rows: pa.Table, keys: KeyRing, protector: Protector) -> pa.Table:
    """Return a gallery's rows, of any key versions, as `protector` has them: the current key's."""
    versions = rows["key_version"].to_numpy()
    templates = embeddings_in(rows).copy()
    for version in np.unique(versions).tolist():
        chosen = versions == version
        if version == PLAIN:
            templates[chosen] = protector.protect(templates[chosen])
        elif version != keys.current.version and (before := keys.get(version)):
            templates[chosen] = protector.renew(templates[chosen], before)
    current = pa.array([keys.current.version] * len(rows), pa.int32())
    columns = {"embedding": column_of(templates), "key_version": current}
    for name, values in columns.items():
        rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)
    return rows


def embeddings_in(rows: pa.Table) -> Embeddings:
    """Return the embeddings of a gallery's rows, plain or protected, as [n, dimension]."""
    column = rows["embedding"]
    flat = pc.list_flatten(column).to_numpy()
    embeddings: Embeddings = flat.reshape(-1, column.type.list_size)
    return embeddings


def column_of(embeddings: Embeddings) -> "pa.Array[Any]":
    """Return embeddings as a gallery's column."""
    return pa.FixedSizeListArray.from_arrays(pa.array(embeddings.ravel()), embeddings.shape[1])


def are_unit(embeddings: Embeddings) -> npt.NDArray[np.bool_]:
    """Tell which of embeddings [n, dimension] are of unit length; what has a NaN is not."""
    lengths = np.sqrt(np.vecdot(embeddings, embeddings))
    are: npt.NDArray[np.bool_] = np.abs(lengths - 1) <= _UNIT_TOLERANCE
    return are


def _applied(matrix: npt.NDArray[np.float64], rows: Embeddings) -> Embeddings:
    applied = np.empty((len(rows), len(matrix)), np.float32)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE, None].astype(np.float64)
        applied[start : start + _ROWS_AT_ONCE] = np.vecdot(matrix, some)
    return applied
