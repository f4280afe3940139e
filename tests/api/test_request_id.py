import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from genesis_ray.api.request_id import HEADER, RequestId, request_id


def client(*, echo: bool = True) -> TestClient:
    app = FastAPI()
    app.add_middleware(RequestId, echo=echo)

    @app.get("/")
    def read() -> str | None:
        return request_id.get()

    return TestClient(app)


def test_id_of_the_caller_is_kept_and_given_back():
    answer = client().get("/", headers={HEADER: "till-7"})
    assert answer.json() == answer.headers[HEADER] == "till-7"


def test_request_without_id_gets_one_of_its_own():
    asking = client()
    first, second = asking.get("/"), asking.get("/")
    assert first.json() == first.headers[HEADER]
    assert first.json() != second.json()


@pytest.mark.parametrize("odd", ["", "two words", "x" * 129, '"quoted"'])
def test_id_that_could_confuse_a_log_is_replaced(odd):
    assert client().get("/", headers={HEADER: odd}).json() != odd


def test_id_is_not_sent_where_the_server_in_front_does_that():
    assert HEADER not in client(echo=False).get("/").headers
