import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from genesis_ray.api.same_origin import SameOriginOnly

HOST = "localhost:8000"


def status(method: str = "POST", **headers: str) -> int:
    app = FastAPI()
    app.add_middleware(SameOriginOnly)

    @app.api_route("/", methods=["GET", "POST", "PUT", "DELETE"])
    def change() -> None:
        return None

    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return TestClient(app).request(method, "/", headers={"host": HOST, **sent}).status_code


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site", "origin": "https://shop.example"},
        {"sec_fetch_site": "same-site", "origin": "http://localhost:3000"},
        {"sec_fetch_site": "cross-site"},
        {"origin": "https://shop.example"},
        {"origin": "http://localhost:3000"},
        {"origin": "null"},
        {"origin": ""},
    ],
)
def test_page_of_another_site_changes_nothing_through_a_browser(method, headers):
    assert status(method, **headers) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin", "origin": "http://localhost:8000"},
        {"origin": "http://localhost:8000"},
        {"sec_fetch_site": "none"},
    ],
)
def test_programs_and_pages_of_the_api_itself_may(headers):
    assert status(**headers) == 200


def test_origin_that_only_says_it_is_ours_is_refused_all_the_same():
    assert status(sec_fetch_site="cross-site", origin=f"http://{HOST}") == 403


def test_reading_is_harmless_as_a_page_cannot_see_the_answer():
    assert status("GET", sec_fetch_site="cross-site", origin="https://shop.example") == 200
