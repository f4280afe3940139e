"""A report as one HTML file that needs no network."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from genesis_ray.analytics.reports.contents import Chart, Report, Summary
from genesis_ray.analytics.reports.tables import (
    alert_line,
    alert_table,
    camera_table,
    comparison,
    headline_table,
    subtitle,
    title,
    unusual_lines,
)

_HERE = "genesis_ray.analytics.reports"


@dataclass(frozen=True, slots=True)
class _Card:
    name: str
    value: str
    is_known: bool
    before: str
    change: str


def as_page(report: Report, summary: Summary) -> str:
    """Return the report as HTML: the script that draws its charts is in it, nothing is fetched."""
    environment = Environment(
        loader=PackageLoader(_HERE, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        title=title(report),
        subtitle=subtitle(report),
        summary=summary,
        figures=_cards(report),
        comparison=comparison(report),
        charts=[
            {"title": chart.figure.layout.title.text, "is_wide": chart.is_wide}
            for chart in report.charts
        ],
        unusual=unusual_lines(report),
        alerts=alert_table(report),
        alert_line=alert_line(report),
        cameras=camera_table(report),
        remarks=report.remarks,
        plotly=Markup(get_plotlyjs()),  # noqa: S704  the library's own
        drawn=Markup(_json(report.charts)),  # noqa: S704  see there
    )


def _cards(report: Report) -> list[_Card]:
    cards = []
    for headline, row in zip(report.headlines, headline_table(report).rows, strict=True):
        name, value, *compared = row
        before, change = compared or ("", "")
        cards.append(_Card(name, value, headline.value is not None, before, change))
    return cards


def _json(charts: Sequence[Chart]) -> str:
    """Return charts as JSON that cannot end the element it is in."""
    drawn = [json.loads(chart.figure.to_json()) for chart in charts]
    return json.dumps(drawn, separators=(",", ":")).replace("<", "\\u003c")
