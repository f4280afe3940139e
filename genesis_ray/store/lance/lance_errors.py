"""What LanceDB raises, in the terms of this package."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import writing_to

_OS_ERROR = re.compile(r"\(os error (\d+)\)")


@contextmanager
def explained(table: Path) -> Iterator[None]:
    """Turn what LanceDB raises of a table, plain errors with the system's number in their text.

    Raises:
        StoreError: Instead of those.
    """
    with writing_to(table.parent):
        try:
            yield
        except (RuntimeError, ValueError) as error:
            if code := _OS_ERROR.search(str(error)):
                raise OSError(int(code[1]), os.strerror(int(code[1]))) from error
            reason = str(error).split(", /")[0]  # the rest is a place in LanceDB's source
            raise StoreError(
                f"{table} cannot be used ({reason}); restore it from a copy"
            ) from error
