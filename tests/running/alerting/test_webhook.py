import hashlib
import hmac
import ipaddress
import logging
import socket
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from genesis_ray.domain.alerting.delivery import Answer
from genesis_ray.domain.alerting.delivery_policy import DeliveryPolicy
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.alerting.webhook import Webhook
from genesis_ray.sections.delivery import WebhookSettings
from tests.receivers import SECRET, TLS_BEGINS, HangingLookup, dripping, notice, webhook_receiver

HERE = DeliveryPolicy((ipaddress.ip_network("127.0.0.0/8"),))
LOCALHOST = ipaddress.ip_address("127.0.0.1")


def to(receiver, *, policy=HERE, path="/hidden-path", scheme="http", resolve=None, **settings):
    url = f"{scheme}://localhost:{receiver.port}{path}"
    own = WebhookSettings(url=url, secret=SECRET, allow_http=scheme == "http", **settings)
    return Webhook(own, policy, resolve=resolve or (lambda *_: [LOCALHOST]))


def test_a_receiver_can_check_who_sent_what_it_gets():
    with webhook_receiver() as receiver:
        assert to(receiver).deliver(notice(7)) == Answer("delivered", "HTTP 200 OK")
    (request,) = receiver.requests
    timestamp = request.headers["Genesis-Timestamp"]
    signed = timestamp.encode() + b"." + request.body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert request.headers["Genesis-Signature"] == f"v1={expected}"
    assert abs(datetime.now(UTC).timestamp() - int(timestamp)) < 10
    assert request.headers["Host"] == f"localhost:{receiver.port}"
    assert request.content["message"] == "7 people wait"
    assert request.number == 7


def test_a_test_says_that_it_is_one():
    with webhook_receiver() as receiver:
        to(receiver).deliver(notice(), is_test=True)
    assert receiver.requests[0].content["kind"] == "test"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (204, Answer("delivered", "HTTP 204 No Content")),
        (400, Answer("refused", "HTTP 400 Bad Request")),
        (401, Answer("failed", "HTTP 401 Unauthorized")),
        ((503, {"Retry-After": "30"}), Answer("failed", "HTTP 503 Service Unavailable", 30.0)),
        (599, Answer("failed", "HTTP 599")),
        (0, Answer("failed", "the connection broke (RemoteProtocolError)")),
    ],
)
def test_what_a_receiver_says_decides_what_is_done(status, answer):
    with webhook_receiver([status]) as receiver:
        assert to(receiver).deliver(notice()) == answer


def test_a_redirect_is_not_followed():
    with webhook_receiver() as other:
        elsewhere = {"Location": f"http://127.0.0.1:{other.port}/"}
        with webhook_receiver([(307, elsewhere)]) as receiver:
            answer = to(receiver).deliver(notice())
    assert answer.outcome == "failed"
    assert "redirects are not followed" in answer.said
    assert not other.requests


def test_nothing_is_sent_into_a_network_that_is_not_allowed():
    with webhook_receiver() as receiver:
        answer = to(receiver, policy=DeliveryPolicy()).deliver(notice())
    assert answer.outcome == "failed"
    assert "127.0.0.1, which is no public one" in answer.said
    assert not receiver.requests


def test_one_address_that_is_not_allowed_is_enough_to_send_nothing():
    with webhook_receiver() as receiver:
        both = [LOCALHOST, ipaddress.ip_address("10.0.0.1")]
        answer = to(receiver, resolve=lambda *_: both).deliver(notice())
    assert "10.0.0.1" in answer.said
    assert not receiver.requests


def test_the_name_is_not_looked_up_again_after_it_was_checked(monkeypatch):
    real, asked = socket.getaddrinfo, []

    def noted(host, *rest, **named):
        asked.append(host)
        return real(host, *rest, **named)

    with webhook_receiver() as receiver:
        hook = to(receiver)
        monkeypatch.setattr(socket, "getaddrinfo", noted)
        assert hook.deliver(notice()).outcome == "delivered"
    assert "127.0.0.1" in asked
    assert "localhost" not in asked


def test_another_address_is_tried_where_one_takes_no_connection():
    with webhook_receiver() as receiver:
        both = [ipaddress.ip_address("127.0.0.2"), LOCALHOST]
        hook = to(receiver, resolve=lambda *_: both)
        assert hook.deliver(notice()).outcome == "delivered"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with webhook_receiver() as receiver:
        assert to(receiver).deliver(notice()).outcome == "delivered"


def test_a_certificate_has_to_be_that_of_the_name(certificate):
    file, context = certificate
    with webhook_receiver(tls=context) as receiver:
        assert to(receiver, scheme="https", ca_file=file).deliver(notice()).outcome == "delivered"
        own = WebhookSettings(
            url=f"https://example.com:{receiver.port}/", secret=SECRET, ca_file=file
        )
        answer = Webhook(own, HERE, resolve=lambda *_: [LOCALHOST]).deliver(notice())
        assert "its certificate is not trusted" in answer.said
        assert "example.com" in answer.said
        assert "not trusted" in to(receiver, scheme="https").deliver(notice()).said
    assert len(receiver.requests) == 1


def test_a_file_without_certificates_is_refused_at_once(tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    for file in (empty, tmp_path / "missing.pem"):
        with webhook_receiver() as receiver, pytest.raises(ConfigurationError, match="in PEM"):
            to(receiver, ca_file=file)


def test_a_receiver_that_is_silent_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:

        class Silent:
            port = silent.getsockname()[1]

        answer = to(Silent, timeout_s=0.05).deliver(notice())
    assert answer == Answer("failed", "no answer within 0.05 s")


def test_nobody_at_home_is_told():
    with webhook_receiver() as receiver:
        pass
    answer = to(receiver).deliver(notice())
    assert answer == Answer("failed", "cannot connect to localhost: Connection refused")


def test_a_name_that_is_unknown_is_told():
    def unknown(*_):
        raise OSError

    with webhook_receiver() as receiver:
        answer = to(receiver, resolve=unknown).deliver(notice())
    assert answer == Answer("failed", "no address is known for localhost")


def test_neither_secret_nor_path_is_in_any_log_or_answer(caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    with webhook_receiver([200, 503, 0]) as receiver:
        hook = to(receiver)
        said += [hook.deliver(notice()).said for _ in range(3)]
    said += [hook.deliver(notice()).said, str(hook), repr(vars(hook).get("_secret"))]
    told = caplog.text + "".join(said)
    assert SECRET not in told
    assert "hidden-path" not in told


@pytest.mark.parametrize(
    ("scheme", "greeting"), [("http", b"HTTP/1.1 200 OK\r\n"), ("https", TLS_BEGINS)]
)
def test_a_receiver_that_sends_a_byte_now_and_then_is_given_up_in_time(scheme, greeting):
    begun = time.monotonic()
    with dripping(every_s=0.05, greeting=greeting) as port:
        answer = to(SimpleNamespace(port=port), scheme=scheme, timeout_s=0.4).deliver(notice())
    assert answer == Answer("failed", "no answer within 0.4 s")
    assert time.monotonic() - begun < 5


def test_a_lookup_that_hangs_is_given_up_in_time_and_not_begun_again():
    lookup = HangingLookup(LOCALHOST)
    with webhook_receiver() as receiver:
        hook = to(receiver, resolve=lookup, timeout_s=0.2)
        for _ in range(2):
            assert hook.deliver(notice()) == Answer("failed", "no answer within 0.2 s")
        assert lookup.calls == 1
        lookup.let_go.set()
        assert any(hook.deliver(notice()).outcome == "delivered" for _ in range(50))
