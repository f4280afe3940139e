"""What an operator can set of the places in a camera's picture: zones, lines, masks, and hours."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer

from genesis_ray.domain.clocks.schedules import DAY_MINUTES, Window
from genesis_ray.domain.places.geometry import Anchor
from genesis_ray.sections.types import Fraction, Identifier, Seconds, Section

Corner = tuple[float, float]
"""(x, y) as fractions of width and height. That it lies in the picture is checked with the rest
of its camera's places, to say whose it is."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _minutes(value: object) -> object:
    """Return the minutes after midnight of 09:30; YAML itself makes 570 of it without quotes."""
    if isinstance(value, str) and re.fullmatch(r"\d?\d:[0-5]\d", value):
        hours, minutes = map(int, value.split(":"))
        value = 60 * hours + minutes
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= DAY_MINUTES:
        shown = f"{value!r:.40}"
        if isinstance(value, int) and value > DAY_MINUTES:  # 25:00, of which YAML made 1500
            shown = _clock(value)
        raise ValueError(f"expected a time of day from 00:00 to 24:00, got {shown}")
    return value


def _clock(minutes: int) -> str:
    return "{:02}:{:02}".format(*divmod(minutes, 60))


TimeOfDay = Annotated[
    int, BeforeValidator(_minutes), PlainSerializer(_clock, return_type=str, when_used="json")
]
"""Minutes after midnight, 0 to 1440."""

AnchorField = Annotated[
    Anchor, Field(description="The point of a person's box that counts as where they are")
]
Settle = Annotated[
    Seconds | None,
    Field(ge=0, description="Overrides `settle_s`: stay on the new side before it counts"),
]


class WindowSettings(Section):
    """Hours of some days of the week, in the site's `time_zone`."""

    model_config = ConfigDict(populate_by_name=True)

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = Field(
        default=WEEKDAYS, description="On which it begins"
    )
    opens: TimeOfDay = Field(alias="from", lt=DAY_MINUTES, description="As 09:00")
    closes: TimeOfDay = Field(
        alias="to", description="As 18:30 or 24:00; before `from`: on the next day"
    )

    @property
    def name(self) -> str:
        """The window as people write it."""
        days = "daily" if {*self.days} == {*WEEKDAYS} else ",".join(self.days)
        return f"{days} {_clock(self.opens)}-{_clock(self.closes)}"

    @property
    def window(self) -> Window:
        """The same as the domain knows it."""
        return Window(frozenset(map(WEEKDAYS.index, self.days)), self.opens, self.closes)


Schedule = Annotated[tuple[WindowSettings, ...], Field(description="When it counts; empty: always")]


class ZoneSettings(Section):
    """An area of a camera's image, see docs/zones.md."""

    zone_id: Identifier
    outline: tuple[Corner, ...] = Field(
        description="Its corners along the edge, as (x, y) fractions of width and height"
    )
    anchor: AnchorField = "bottom_center"
    settle_s: Settle = None
    loiter_s: Seconds | None = Field(
        default=None, gt=0, description="Who stays as long as this loiters, told once a stay"
    )
    schedule: Schedule = ()
    area_m2: float | None = Field(
        default=None, gt=0, description="What it is on the ground, for people a square metre"
    )


class LineSettings(Section):
    """A counting line: who goes over it to its right-hand side, from start to end, goes in."""

    line_id: Identifier
    start: Corner
    end: Corner
    anchor: AnchorField = "bottom_center"
    settle_s: Settle = None
    band: Fraction = Field(
        default=0.02,
        description="How far from the line, as a fraction of the picture, somebody has to get "
        "who went over it before that counts: who dithers nearer is not counted again",
    )
    schedule: Schedule = ()


class MaskSettings(Section):
    """An area of a camera's image in which nobody is looked for: a screen, a mirror, the street."""

    mask_id: Identifier
    outline: tuple[Corner, ...] = Field(description="As that of a zone")
    anchor: AnchorField = "bottom_center"
