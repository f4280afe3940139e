"""What the routers ask for."""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field

from genesis_ray.api.backends import Backends


def _backends(request: Request) -> Backends:
    backends: Backends = request.app.state.backends
    return backends


Reached = Annotated[Backends, Depends(_backends)]
"""The system behind the API."""

Limit = Annotated[int, Field(ge=1, le=1000, description="Most rows in the answer")]

GivenCursor = Annotated[
    str | None, Field(description="The next_cursor of the page before; none for the first page")
]

NextCursor = Annotated[
    str | None, Field(description="Give it as `cursor` for the next page; null on the last one")
]
