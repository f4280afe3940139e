"""What a notebook shows of a run: what it is, from when to when, and its tables."""

from html import escape
from typing import TYPE_CHECKING

from genesis_ray.analytics.present import AS_WRITTEN
from genesis_ray.errors import ConfigurationError

if TYPE_CHECKING:
    from genesis_ray.notebook.run import Run


def page_of(run: "Run") -> str:
    """Return a piece of HTML; tables without rows are named in a line."""
    rows = run.describe().to_pylist()
    filled = [row for row in rows if row["rows"] and row["table"] not in _DERIVED]
    empty = [row["table"] for row in rows if not row["rows"]]
    facts = {
        "run": str(run.path),
        "tenant": run.tenant,
        "cameras": ", ".join(camera.camera_id for camera in run.cameras) or "not told",
        "events": _period(run),
    }
    head = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(value)}</td></tr>"
        for name, value in facts.items()
    )
    body = "".join(
        f"<tr><td style='text-align:left'><code>{escape(row['table'])}</code></td>"
        f"<td>{row['rows']:,}</td>"
        f"<td style='text-align:left'><small>{escape(', '.join(row['columns']))}</small></td></tr>"
        for row in filled
    )
    nothing = f"<p><small>without rows: {escape(', '.join(empty))}</small></p>" if empty else ""
    return (
        f"<table>{head}</table><table><thead><tr><th style='text-align:left'>table</th>"
        f"<th>rows</th><th style='text-align:left'>columns</th></tr></thead>"
        f"<tbody>{body}</tbody></table>{nothing}"
    )


_DERIVED = frozenset(AS_WRITTEN)
"""Which repeat other tables, as long as nothing was decided."""


def _period(run: "Run") -> str:
    try:
        start, end = run.period
    except ConfigurationError:
        return "none yet"
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}, {run.time_zone}"
