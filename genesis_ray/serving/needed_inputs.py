"""Which inputs the detector was asked for, so that replicas that come later are ready for them."""

from dataclasses import dataclass, field
from secrets import token_hex

from ray.experimental.internal_kv import (
    _internal_kv_initialized,
    _internal_kv_list,
    _internal_kv_put,
)

_NAMESPACE = b"genesis"


@dataclass(frozen=True, slots=True)
class NeededInputs:
    """What replicas are to prepare when they come up, in one life of a system.

    Each notes what it is asked for in Ray's control store, for those on any node: one that is
    started again, or added under load, prepares that before it is asked for anything. Nothing
    else, as each shape takes memory.

    Attributes:
        expected: Height and width of what is prepared as long as nothing was asked for.
        key: What the control store has them under.
    """

    expected: frozenset[tuple[int, int]] = frozenset()
    key: str = field(default_factory=token_hex)

    def note(self, shape: tuple[int, int]) -> None:
        """Note that one was asked for; nothing where there is no Ray."""
        if _internal_kv_initialized():
            _internal_kv_put(self._prefix + b"%dx%d" % shape, b"", namespace=_NAMESPACE)

    def noted(self) -> set[tuple[int, int]]:
        """Return those that were asked for."""
        if not _internal_kv_initialized():
            return set()
        names = _internal_kv_list(self._prefix, namespace=_NAMESPACE)
        sides = (name.removeprefix(self._prefix).split(b"x") for name in names)
        return {(int(height), int(width)) for height, width in sides}

    def wanted(self) -> set[tuple[int, int]]:
        """Return what a replica is to be ready for."""
        return self.noted() or set(self.expected)

    @property
    def _prefix(self) -> bytes:
        return f"detector-input-{self.key}-".encode()
