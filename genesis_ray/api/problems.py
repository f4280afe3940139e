"""Errors as RFC 9457 problems: JSON that says what went wrong, and never a traceback."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from genesis_ray.api.request_id import request_id
from genesis_ray.errors import (
    ConfigurationError,
    FaceError,
    GenesisError,
    NotFoundError,
    SourceError,
)

MEDIA_TYPE = "application/problem+json"


class WrongParameter(BaseModel):
    """A parameter of the request that cannot be used."""

    parameter: str
    problem: str


class Problem(BaseModel):
    """What went wrong with a request."""

    title: str = Field(description="The status in words")
    status: int
    detail: str = Field(description="What was expected, what came, what to do")
    request_id: str | None = Field(default=None, description="Stands in the log as well")
    parameters: list[WrongParameter] = Field(default_factory=list, description="For status 422")


def install(app: FastAPI) -> None:
    """Let `app` answer every error with a problem."""

    @app.exception_handler(GenesisError)
    async def of_ours(_request: Request, error: GenesisError) -> JSONResponse:
        return problem(_status_of(error), str(error))

    @app.exception_handler(RequestValidationError)
    async def of_parameters(_request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [
            WrongParameter(
                parameter=".".join(map(str, each["loc"][1:])),
                problem=each["msg"].removeprefix("Value error, "),
            )
            for each in error.errors()
        ]
        detail = "; ".join(
            f"{each.parameter}: {each.problem}" if each.parameter else each.problem
            for each in wrong
        )
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, parameters=wrong)

    @app.exception_handler(HTTPException)
    async def of_http(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(HTTPStatus(error.status_code), str(error.detail))

    @app.exception_handler(Exception)
    async def of_nobody(_request: Request, error: Exception) -> JSONResponse:
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            f"unexpected {type(error).__name__}; the log has it under the request id",
        )


def problem(
    status: HTTPStatus, detail: str, *, parameters: list[WrongParameter] | None = None
) -> JSONResponse:
    """Return the answer that tells a problem."""
    content = Problem(
        title=status.phrase,
        status=status,
        detail=detail,
        request_id=request_id.get(),
        parameters=parameters or [],
    )
    return JSONResponse(jsonable_encoder(content), status, media_type=MEDIA_TYPE)


def _status_of(error: GenesisError) -> HTTPStatus:
    match error:
        case NotFoundError():
            return HTTPStatus.NOT_FOUND
        case ConfigurationError() | FaceError() | SourceError():  # a photo's, no camera's
            return HTTPStatus.UNPROCESSABLE_ENTITY
        case _:
            return HTTPStatus.SERVICE_UNAVAILABLE
