import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from genesis_ray.api.loopback import LoopbackOnly


def status(*, caller: str = "127.0.0.1", host: str = "localhost:8000") -> int:
    app = FastAPI()
    app.add_middleware(LoopbackOnly)

    @app.get("/")
    def read() -> None:
        return None

    asking = TestClient(app, client=(caller, 50000))
    return asking.get("/", headers={"host": host}).status_code


@pytest.mark.parametrize("caller", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_ask(caller):
    assert status(caller=caller) == 200


@pytest.mark.parametrize("caller", ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "", "proxy"])
def test_no_other_machine_may_ask(caller):
    assert status(caller=caller) == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:8000"])
def test_this_machine_may_be_asked_under_its_local_names(host):
    assert status(host=host) == 200


@pytest.mark.parametrize("host", ["rebound.example", "localhost.example", "127.0.0.1.example", ""])
def test_web_page_that_points_its_own_name_at_this_machine_is_refused(host):
    assert status(host=host) == 403


def test_refusal_says_why_and_what_to_do():
    app = FastAPI()
    app.add_middleware(LoopbackOnly)
    detail = TestClient(app, client=("192.0.2.7", 1)).get("/").json()["detail"]
    assert "no authentication" in detail
    assert "ssh -L" in detail
