import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from genesis_ray.api import problems
from genesis_ray.api.request_id import RequestId
from genesis_ray.errors import ConfigurationError, GenesisError, NotFoundError, StoreError


@pytest.fixture
def client() -> TestClient:
    """An application that fails as its caller says."""
    app = FastAPI()
    problems.install(app)
    app.add_middleware(RequestId, echo=True)
    failures = {
        "missing": NotFoundError("no camera 'x'; there are door, street"),
        "wrong": ConfigurationError("expected a, got b; write a"),
        "full": StoreError("the disk is full; free some space"),
        "ours": GenesisError("something else"),
        "bug": ZeroDivisionError("secret"),
    }

    @app.get("/fail/{how}")
    def fail(how: str) -> None:
        raise failures[how]

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("how", "status"), [("missing", 404), ("wrong", 422), ("full", 503), ("ours", 503)]
)
def test_error_of_ours_keeps_its_message_under_a_fitting_status(client, how, status):
    answer = client.get(f"/fail/{how}")
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert ";" in answer.json()["detail"] or how == "ours"


def test_bug_shows_neither_traceback_nor_message_but_the_id_it_is_logged_under(client):
    answer = client.get("/fail/bug", headers={"x-request-id": "till-7"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["request_id"] == "till-7"


def test_wrong_path_is_a_problem_too(client):
    answer = client.get("/elsewhere")
    assert answer.status_code == 404
    assert answer.json()["title"] == "Not Found"
