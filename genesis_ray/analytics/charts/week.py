"""When in the week people come."""

import calendar
from collections import defaultdict
from datetime import datetime

import plotly.graph_objects as go
import pyarrow as pa

from genesis_ray.analytics.charts.look import NONE_TO_MANY, by_the_clock, figure, nothing


def week(
    counts: pa.Table,
    *,
    time_zone: str,
    column: str = "went_in",
    title: str = "Hours of the week",
    unit: str = "people an hour",
) -> go.Figure:
    """Draw how many people came in each hour of each weekday, the mean over the weeks.

    Hours without a row, as those of weekdays that the range has not, are left blank.

    Args:
        counts: What `footfall` answers by the hour, of any number of lines, which are added up; or
            another table with starts_at and `column`.
        time_zone: Of the site.
        column: What is counted.
        title: What it is called.
        unit: Of what is counted.
    """
    hours: dict[datetime, int] = defaultdict(int)
    for row in counts.to_pylist():
        hours[row["starts_at"]] += row[column] or 0
    slots: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at, number in zip(by_the_clock(hours, time_zone), hours.values(), strict=True):
        slots[at.weekday(), at.hour].append(number)
    if not any(hours.values()):
        return nothing(title, "Nobody was counted in this time.")
    means = [
        [sum(own) / len(own) if (own := slots.get((day, hour))) else None for hour in range(24)]
        for day in range(7)
    ]
    drawn = figure(title, x="hour of the day")
    drawn.add_heatmap(
        x=[*range(24)],
        y=[*calendar.day_abbr],
        z=means,
        colorscale=NONE_TO_MANY,
        xgap=1,
        ygap=1,
        zmin=0,
        zmax=max(mean for row in means for mean in row if mean is not None),
        colorbar={"title": {"text": unit, "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{y}, %{x}:00<br>%{z:.1f} " + unit + "<extra></extra>",
    )
    drawn.update_yaxes(autorange="reversed", type="category", showgrid=False)
    drawn.update_xaxes(dtick=3)
    return drawn
