"""A report as Markdown: tables and the summary, without pictures."""

import re
from collections.abc import Iterable

from genesis_ray.analytics.reports.contents import Report, Summary
from genesis_ray.analytics.reports.tables import (
    Table,
    alert_line,
    alert_table,
    camera_table,
    comparison,
    headline_table,
    subtitle,
    title,
    unusual_lines,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|])")


def as_markdown(report: Report, summary: Summary) -> str:
    """Return the report as text."""
    parts = [
        f"# {_plain(title(report))}",
        _plain(subtitle(report)),
        _plain(summary.text),
        _plain(summary.note),
        "## Figures",
        _table(headline_table(report)),
        _plain(comparison(report)),
        "## Out of the ordinary",
        "\n".join(f"- {_plain(line)}" for line in unusual_lines(report)),
        "## Alerts",
        _table(alert_table(report)) or alert_line(report),
        "## How good the figures are",
        _table(camera_table(report)),
        "\n".join(f"- {_plain(remark)}" for remark in report.remarks),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(table: Table | None) -> str:
    if table is None:
        return ""
    rows = [_row(map(_plain, cells)) for cells in (table.heading, *table.rows)]
    marks = _row("---:" if is_right else "---" for is_right in table.right)
    return "\n".join([rows[0], marks, *rows[1:]])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return text that no reader of Markdown takes for more than that."""
    return _SPECIAL.sub(r"\\\1", text)
