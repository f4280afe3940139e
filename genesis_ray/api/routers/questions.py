"""Every question of a time range by its name: distributions, time buckets, queues, journeys."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from genesis_ray.analytics.catalogue import QUESTIONS, question_named
from genesis_ray.api.backends import Backends
from genesis_ray.api.deps import Reached, Shared
from genesis_ray.api.rows import CSV_DESCRIBED, Format, csv_of, wants_csv
from genesis_ray.domain.clocks.moments import FORMS
from genesis_ray.domain.figures.plain_values import plain
from genesis_ray.running.people.identities import who_is_who
from genesis_ray.running.questions.asking import Answer, answer_to
from genesis_ray.running.questions.question_params import Options, set_for_all

router = APIRouter(prefix="/v1/ask", tags=["questions"])

_PARAMETERS = Options(
    names={
        "bucket": "bucket",
        "bucket_s": "bucket_s",
        "camera_ids": "camera_id",
        "camera_id": "camera_id",
        "zone_ids": "zone_id",
        "zone_id": "zone_id",
        "queue_zone_ids": "queue_zone_id",
        "queue_zone_id": "queue_zone_id",
        "service_zone_id": "service_zone_id",
        "within_s": "within_s",
        "identity_id": "identity_id",
        "names": "metric",
        "by": "by",
        "least_s": "least_s",
        "cell_m": "cell_m",
        "limit": "limit",
        "after": "after",
    },
    range="since and until",
    help="/v1/ask",
)


class AskQuery(BaseModel):
    """The range, and what some questions take; which each takes is told by /v1/ask."""

    model_config = ConfigDict(extra="forbid")

    since: str | None = Field(
        default=None, description=f"From then on: {FORMS}; the first event by default"
    )
    until: str | None = Field(
        default=None, description="Up to then, which does not count; the last event by default"
    )
    time_zone: str | None = Field(
        default=None, description="Whose hours and days, as Europe/Berlin; the site's by default"
    )
    format: Format = None
    bucket: str | None = Field(
        default=None, description="A row for each minute, hour, day, week or month"
    )
    bucket_s: int | None = Field(default=None, description="Of metrics: a row for so many seconds")
    camera_id: list[str] = Field(default=[], description="Only this camera; again for more")
    zone_id: list[str] = Field(default=[], description="Only this zone; again for more")
    queue_zone_id: list[str] = Field(
        default=[],
        description="The zone in which people queue; of metrics by default those of alert rules",
    )
    service_zone_id: str | None = Field(default=None, description="The zone of service")
    within_s: float | None = Field(
        default=None, ge=0, description="Seconds in which they should be; 300 by default"
    )
    identity_id: str | None = Field(default=None, description="Only of this person")
    metric: list[str] = Field(default=[], description="Only this metric; again for more")
    by: str | None = Field(
        default=None, description="Distribution of visits by duration, hour or weekday"
    )
    least_s: float | None = Field(default=None, ge=0, description="Only visits of so many seconds")
    cell_m: float | None = Field(
        default=None, description="Side of a cell of the floor, metres; 0.5 by default"
    )
    limit: int | None = Field(default=None, description="Most visits of a page; 100 by default")
    after: str | None = Field(
        default=None, description="The page after this visit: its started_at,visit_id"
    )


class ColumnMeaning(BaseModel):
    """A column of an answer."""

    column: str
    meaning: str | None


class ReadyQuestion(BaseModel):
    """A question that can be asked."""

    question: str
    tells: str
    takes: list[str] = Field(description="Parameters beside the range, the format and time_zone")
    columns: list[ColumnMeaning]


class ReadyQuestions(BaseModel):
    """All questions."""

    questions: list[ReadyQuestion]


class QuestionAnswer(BaseModel):
    """What a question gives."""

    question: str
    since: str = Field(description="The range that is answered; retention may have cut it")
    until: str
    time_zone: str = Field(description="Whose hours and days these are")
    notes: list[str] = Field(description="What is not answered, and why")
    columns: list[ColumnMeaning]
    rows: list[dict[str, Any]] = Field(
        description="By column; times are ISO 8601 on that clock, durations seconds"
    )


@router.get("")
def read_questions() -> ReadyQuestions:
    """List the questions, what each takes and what its columns mean."""
    return ReadyQuestions(
        questions=[
            ReadyQuestion(
                question=name,
                tells=question.about,
                takes=_PARAMETERS.of(question),
                columns=_columns(name, list(question.columns)),
            )
            for name, question in QUESTIONS.items()
        ]
    )


@router.get("/{question}", response_model=QuestionAnswer, responses={HTTPStatus.OK: CSV_DESCRIBED})
def ask(
    request: Request,
    reached: Reached,
    shared: Shared,
    question: str,
    query: Annotated[AskQuery, Query()],
) -> Response:
    """Answer a question: what `genesis ask` tells, withheld figures of few people included."""
    time_zone = query.time_zone or reached.started_with.time_zone
    if wants_csv(request, query.format):
        return csv_of(question, [_answer(reached, question, query, time_zone).rows])

    def told() -> bytes:
        answer = _answer(reached, question, query, time_zone)
        return bytes(JSONResponse(_told(question, answer, time_zone)).body)

    content = shared.ask((question, query.model_dump_json()), told)
    return Response(content, media_type=JSONResponse.media_type)


def _answer(reached: Backends, question: str, query: AskQuery, time_zone: str) -> Answer:
    asked, settings = question_named(question), reached.settings
    given = query.model_dump(exclude={"since", "until", "time_zone", "format"})
    if query.identity_id:
        given["identity_id"] = who_is_who(settings).now(query.identity_id)
    params = _PARAMETERS.params(question, asked, given, set_for_all(settings, time_zone))
    return answer_to(
        asked.ask,
        reached.events,
        settings,
        query.since,
        query.until,
        time_zone=time_zone,
        params=params,
    )


def _told(question: str, answer: Answer, time_zone: str) -> dict[str, Any]:
    columns = _columns(question, answer.rows.column_names)
    return {
        "question": question,
        "since": answer.since.isoformat(),
        "until": answer.until.isoformat(),
        "time_zone": time_zone,
        "notes": [*answer.notes],
        "columns": [each.model_dump() for each in columns],
        "rows": plain(answer.rows.to_pylist(maps_as_pydicts="strict")),
    }


def _columns(question: str, names: list[str]) -> list[ColumnMeaning]:
    meanings = {"name": "what that identity is called now", **QUESTIONS[question].columns}
    return [ColumnMeaning(column=name, meaning=meanings.get(name)) for name in names]
