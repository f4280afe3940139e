"""What the routers ask for."""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import AwareDatetime, BeforeValidator, Field

from genesis_ray.api.backends import Backends
from genesis_ray.api.together import Together
from genesis_ray.running.erasure.forgetting_intent import check_finished
from genesis_ray.store.tenant.tenants import gallery_folder


def _backends(request: Request) -> Backends:
    backends: Backends = request.app.state.backends
    return backends


Reached = Annotated[Backends, Depends(_backends)]
"""The system behind the API."""


def _free_to_change(reached: Reached) -> Backends:
    check_finished(gallery_folder(reached.settings.data_dir, reached.settings.tenant_id))
    return reached


Changed = Annotated[Backends, Depends(_free_to_change)]
"""The same, for who writes to its people: that nobody is half forgotten is seen to."""


def _together(request: Request) -> Together:
    together: Together = request.app.state.together
    return together


Shared = Annotated[Together, Depends(_together)]
"""Answers for all who ask the same at the same time."""


def _no_number(value: object) -> object:
    """Refuse a bare number, which would be taken for seconds since 1970: 2026 is a year."""
    if isinstance(value, str) and value.strip("+-").replace(".", "", 1).isdecimal():
        raise ValueError(f"expected a time as 2026-01-05T09:00:00Z, got {value}")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]
"""A time with its time zone."""

Limit = Annotated[int, Field(ge=1, le=1000, description="Most rows in the answer")]

GivenCursor = Annotated[
    str | None, Field(description="The next_cursor of the page before; none for the first page")
]

NextCursor = Annotated[
    str | None, Field(description="Give it as `cursor` for the next page; null on the last one")
]
