"""What is said below an answer that says too little by itself: why it is empty, or has gaps."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from genesis_ray.settings import Settings

_OF_LINES = ("footfall", "line-people")
_OF_ZONES = ("entries", "occupancy", "dwell", "dwell-histogram", "queue")
_OF_PEOPLE = ("visits", "transitions", "journeys", "returning", "cohorts")


def remark_on(question: str, answer: "pa.Table", settings: "Settings") -> str | None:
    """Return why an answer is empty or has figures withheld, with what to do; None: it is whole."""
    if "suppressed" in answer.column_names and any(answer["suppressed"].to_pylist()):
        return (
            f"What is empty is withheld: it is of fewer than {settings.analytics.min_group} "
            f"people, or would tell of them (analytics.min_group, docs/questions.md)."
        )
    if len(answer):
        return None
    if question in _OF_LINES:
        return _of_places("line", [line.line_id for c in settings.cameras for line in c.lines])
    if question in _OF_ZONES:
        return _of_places("zone", [zone.zone_id for c in settings.cameras for zone in c.zones])
    if question in _OF_PEOPLE:
        return (
            "Nobody was recognised in this time: enrol people with `genesis people enroll`, or "
            "set identity.visitors (docs/visitors.md). `genesis ask attendances` is of anybody."
        )
    return None


def _of_places(kind: str, ids: list[str]) -> str:
    if not ids:
        return (
            f"No {kind} is in the settings of the run: draw one with `genesis zones add NAME X,Y "
            f"... --kind {kind}` (docs/zones.md)."
        )
    happened = {"line": "Nobody went over line", "zone": "Nobody was in zone"}[kind]
    return f"{happened} {', '.join(sorted({*ids}))} in this time."
