"""Alerts without a person: each that was about them is about somebody who is not known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import uuid4

import pyarrow as pa

from genesis_ray.domain.alerting.alert_desks import alert_id_of
from genesis_ray.domain.alerting.alert_events import (
    AlertAcknowledged,
    AlertEscalated,
    AlertEvent,
    AlertRaised,
    AlertResolved,
)
from genesis_ray.domain.alerting.alert_rules import Subject
from genesis_ray.domain.recognition.redaction import redacted

ALERTS = "alerts"

_KINDS: dict[str, type[AlertEvent]] = {
    "raised": AlertRaised,
    "escalated": AlertEscalated,
    "acknowledged": AlertAcknowledged,
    "resolved": AlertResolved,
}
_SAID = ("acknowledged_by", "why")


def without_alerts(
    rows: pa.Table,
    identity_ids: Collection[str],
    words: Collection[str],
    *,
    called: Collection[str] = (),
    stranger: str | None = None,
) -> tuple[pa.Table, int]:
    """Return rows of alerts without a person, and how many had something of them.

    Rows of one alert stay together. Ids are drawn anew, as they are made of the identity. `words`,
    which name the person and nobody else, go from what people said about any alert, and all that
    they were `called`, too, from messages of their own, where an import may have brought it. Those
    of theirs that are open become `stranger`'s, as whom a system that runs goes on with them.
    """
    made: list[dict[str, Any]] = rows.to_pylist()
    somebody = _going_on(made, identity_ids, stranger) if stranger else {}
    changed = 0
    for row in made:
        said = {name: row[name] and redacted(row[name], words) for name in _SAID}
        is_theirs = row["identity_id"] in identity_ids
        if not is_theirs and all(row[name] == said[name] for name in _SAID):
            continue
        changed += 1
        row |= said
        if is_theirs:
            drawn = somebody.setdefault(row["alert_id"], (str(uuid4()), str(uuid4())))
            row["alert_id"], row["identity_id"] = drawn
            row["message"] = redacted(row["message"], [*words, *called], any_case=True)
        kind = _KINDS[row["status"]]
        values = {each.name: row[each.name] for each in fields(kind)}
        row["event_id"] = kind(**values).event_id
    return pa.Table.from_pylist(made, schema=rows.schema), changed


def _going_on(
    rows: Sequence[Mapping[str, Any]], identity_ids: Collection[str], stranger: str
) -> dict[str, tuple[str, str]]:
    """Return what open alerts of a person become at a desk, id and identity, by their ids."""
    resolved = {row["alert_id"] for row in rows if row["status"] == "resolved"}
    subject = Subject(identity_id=stranger)
    return {
        row["alert_id"]: (
            alert_id_of(row["tenant_id"], row["rule_id"], subject, row["occurred_at"]),
            stranger,
        )
        for row in rows
        if row["status"] == "raised"
        and row["identity_id"] in identity_ids
        and row["alert_id"] not in resolved
    }
