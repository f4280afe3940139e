"""What settings are made of: names, numbers within bounds, sections."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from genesis_ray.domain.streams.addresses import redacted
from genesis_ray.errors import StoreError
from genesis_ray.store.tenant.tenants import folder_name

_LONGEST_ADDRESS = 2_000


def shown(value: object, most: int = 60) -> str:
    """Return what a message may show of a value: its beginning, without passwords of addresses."""
    if isinstance(value, str):
        return repr(redacted(value[:_LONGEST_ADDRESS]))[:most]
    return redacted(repr(value)[:_LONGEST_ADDRESS])[:most]


def _plain_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise ValueError(
            f"expected up to 64 letters, digits, dots, dashes and underscores, "
            f"the first a letter or digit, got {shown(name, 80)}"
        )
    return name


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # unknown, a folder of zones, no name
        raise ValueError(
            f"expected a time zone of the IANA database, as Europe/Berlin, got {name!r:.80}"
        ) from error
    return name


def _tenant_name(name: str) -> str:
    try:
        return folder_name(name)
    except StoreError as error:
        raise ValueError(str(error)) from error


Fraction = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(le=366 * 86_400)]
Identifier = Annotated[str, AfterValidator(_plain_name)]
"""Names that become folders and labels."""
TenantId = Annotated[str, AfterValidator(_tenant_name)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""A zone's name, which says when summer time begins, and not an offset."""


class Section(BaseModel):
    """A part of the configuration: frozen, and without keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
