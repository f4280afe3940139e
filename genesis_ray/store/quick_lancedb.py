"""LanceDB without the checks of a client that tables in folders never call.

It brings the generated client of a REST catalogue, and pydantic would build a validator for each
of that client's methods when they are defined: a quarter of what importing LanceDB takes, in each
process that opens a gallery. The methods are there and work; their arguments are not checked.

Import `lancedb` from here, before anything else of LanceDB.
"""

from collections.abc import Callable
from typing import Any

import pydantic


def _unchecked(function: Callable[..., Any] | None = None, **_: object) -> Callable[..., Any]:
    """Stand in for `pydantic.validate_call`, as a decorator or called for one."""
    return function or _unchecked


_validate_call = pydantic.validate_call
pydantic.validate_call = _unchecked  # type: ignore[assignment]  # its types are many
try:
    import lancedb
finally:
    pydantic.validate_call = _validate_call

__all__ = ["lancedb"]
