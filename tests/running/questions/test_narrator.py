import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from genesis_ray.analytics.reports.summary import summarise
from genesis_ray.running.questions.narrator import summary_of
from genesis_ray.sections.narrative import NarrativeSettings
from tests.reported import shop_report

GOOD = "In the week 114 people came in, 48 % more than the 77 of the week before."
KEY = "sk-nobody-is-to-see-this"


@pytest.fixture(scope="module")
def report():
    return shop_report()


class Model:
    """A server that speaks the protocol of OpenAI, and what it was asked."""

    def __init__(self, answer: "Callable[[BaseHTTPRequestHandler], None]") -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                model.asked.append((self.path, dict(self.headers), body))
                answer(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # who asked has gone

        self.server = Server(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"


@contextmanager
def model(answer: "Callable[[BaseHTTPRequestHandler], None]") -> Iterator[Model]:
    own = Model(answer)
    thread = threading.Thread(target=own.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield own
    finally:
        own.server.shutdown()
        own.server.server_close()
        thread.join()


def says(text: object, status: int = 200):
    """Answer with a message of this content."""
    return sends(json.dumps({"choices": [{"message": {"content": text}}]}).encode(), status)


def sends(body: bytes, status: int = 200, **headers: str):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def sleeps(_: BaseHTTPRequestHandler) -> None:
    time.sleep(0.6)


def drips(handler: BaseHTTPRequestHandler) -> None:
    """Never stop, and never be silent for long."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def settings(own: Model, **changes: object) -> NarrativeSettings:
    return NarrativeSettings(**{"url": own.url, "model": "small", "timeout_s": 5, **changes})


def test_by_default_nobody_is_asked(report):
    assert summary_of(report, NarrativeSettings()) == summarise(report)
    assert NarrativeSettings().url is None


def test_a_text_whose_numbers_hold_is_used(report):
    with model(says(f"<think>114 + 1 = 115</think>\n{GOOD}")) as own:
        told = summary_of(report, settings(own, api_key=KEY))
    assert told.text == GOOD
    assert "small" in told.note
    ((path, headers, body),) = own.asked
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    request = json.loads(body)
    assert request["model"] == "small"
    assert request["stream"] is False
    assert '"value": "114"' in request["messages"][1]["content"]


def test_it_is_given_aggregates_alone(report):
    with model(says(GOOD)) as own:
        summary_of(report, settings(own))
    ((_, headers, body),) = own.asked
    assert "Authorization" not in headers
    for name in (b"york", b"door", b"till", b"visitor-", b"long-queue", b"Ada"):
        assert name not in body


def test_an_invented_number_is_refused_and_named(report):
    with model(says("114 people came in, 52 % more than before; 9 left.")) as own:
        told = summary_of(report, settings(own))
    assert told.text == summarise(report).text
    assert "does not stand in the figures: 52 %, 9." in told.note


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (says(GOOD, 500), "HTTP 500"),
        (sends(b"", 302, Location="http://127.0.0.1:9/"), "HTTP 302"),
        (sends(b"<html>hello</html>"), "does not speak the protocol"),
        (sends(b"\xff\xfe{}"), "does not speak the protocol"),
        (sends(b'{"choices": []}'), "does not speak the protocol"),
        (sends(b"[]"), "does not speak the protocol"),
        (says(None), "does not speak the protocol"),
        (says("<think>hm</think> "), "empty"),
        (says("well " * 1000), "too long"),
        (sends(b" " * 1_100_000), "too long"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_no_answer_leaves_the_sentences_of_the_report(report, answer, why):
    with model(answer) as own:
        told = summary_of(report, settings(own, api_key=KEY))
    assert told.text == summarise(report).text
    assert why in told.note
    assert KEY not in told.note


@pytest.mark.parametrize("answer", [sleeps, drips])
def test_a_model_that_takes_too_long_is_not_waited_for(report, answer):
    with model(answer) as own:
        begun = time.monotonic()
        told = summary_of(report, settings(own, timeout_s=0.3))
        assert time.monotonic() - begun < 4
    assert "no answer within 0.3 s" in told.note


def test_a_server_that_is_not_there_is_told(report):
    with model(says(GOOD)) as own:
        gone = settings(own)
    assert "cannot be reached" in summary_of(report, gone).note


def test_proxies_of_the_environment_are_not_used(report, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with model(says(GOOD)) as own:
        assert summary_of(report, settings(own)).text == GOOD


@pytest.mark.parametrize(
    "url",
    ["localhost:11434", "ftp://host/v1", "http://", "http://me:secret@host/v1", "http://h/?a"],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match="expected an address"):
        NarrativeSettings(url=url)


def test_the_key_is_not_shown():
    own = NarrativeSettings(url="http://host/v1/", api_key=KEY)
    assert KEY not in repr(own) + own.model_dump_json()
    assert own.url == "http://host/v1"
