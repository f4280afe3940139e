import asyncio
import ipaddress
import time
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from genesis_ray.domain.alerting.delivery import Answer
from genesis_ray.running.alerting.mail import Mail
from genesis_ray.running.network.lookup import addresses_of
from genesis_ray.sections.delivery import MailSettings
from tests.receivers import TLS_BEGINS, HangingLookup, MailReceiver, dripping, notice

USER, PASSWORD = "genesis", "a password that nobody knows"


class OnAnyPort(Controller):
    """A mail server on whatever port is free, which it tells."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def server():
    """Starts mail servers on this machine."""
    started = []

    def start(handler, **options):
        controller = OnAnyPort(handler, hostname="127.0.0.1", port=0, **options)
        controller.start()
        started.append(controller)
        return controller.port

    yield start
    for controller in started:
        controller.stop()


def mail(port, *, resolve=addresses_of, **changes):
    values = {
        "host": "localhost",
        "port": port,
        "security": "none",
        "sender": "genesis@example.com",
        "to": ["shop@example.com", "night@example.com"],
    }
    own = MailSettings(**{**values, **changes})
    return Mail(own, zone=ZoneInfo("Europe/Berlin"), resolve=resolve)


def test_all_mailboxes_get_the_alert_with_its_severity_and_local_time(server):
    receiver = MailReceiver()
    answer = mail(server(receiver)).deliver(
        notice(7, severity="critical", message="Zu voll: 7 ≥ 6")
    )
    assert answer == Answer("delivered", "taken for 2 of 2")
    message = message_from_bytes(receiver.messages[0], policy=policy.default)
    assert message["Subject"] == "[critical] Zu voll: 7 ≥ 6 (raised)"
    assert message["Message-ID"] == "<00000000-0000-0000-0000-000000000007@example.com>"
    text = message.get_content()
    assert "Zu voll: 7 ≥ 6" in text
    assert "2026-01-05 13:00:07 Europe/Berlin" in text
    assert "Zone" not in text
    assert receiver.recipients == ["shop@example.com", "night@example.com"]


def test_a_line_break_in_an_alert_begins_no_header(server):
    receiver = MailReceiver()
    mail(server(receiver)).deliver(notice(message="Queue\r\nBcc: all@example.com\x00"))
    message = message_from_bytes(receiver.messages[0], policy=policy.default)
    assert message["Bcc"] is None
    assert message["Subject"] == "[warning] Queue Bcc: all@example.com (raised)"


def test_a_test_says_that_it_is_one(server):
    receiver = MailReceiver()
    mail(server(receiver)).deliver(notice(), is_test=True)
    assert message_from_bytes(receiver.messages[0])["Subject"].startswith("Test: ")


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("451 greylisted, come back later", Answer("failed", "451 greylisted, come back later")),
        ("554 we want no alerts", Answer("refused", "554 we want no alerts")),
    ],
)
def test_what_a_server_replies_decides_what_is_done(server, reply, answer):
    receiver = MailReceiver([reply])
    channel = mail(server(receiver))
    assert channel.deliver(notice()) == answer
    assert channel.deliver(notice()).outcome == "delivered"


def test_mailboxes_that_are_refused_do_not_keep_it_from_the_others(server):
    receiver = MailReceiver()
    receiver.refused = {"night@example.com"}
    answer = mail(server(receiver)).deliver(notice())
    assert answer == Answer("delivered", "taken for 1 of 2, not for night@example.com")


def test_where_all_mailboxes_are_refused_it_is_for_good(server):
    receiver = MailReceiver()
    receiver.refused = {"shop@example.com", "night@example.com"}
    assert mail(server(receiver)).deliver(notice()) == Answer("refused", "550 no such mailbox")


def test_a_server_without_encryption_gets_nothing_where_it_is_wanted(server):
    receiver = MailReceiver()
    answer = mail(server(receiver), security="starttls").deliver(notice())
    assert answer.outcome == "failed"
    assert "offers no starttls" in answer.said
    assert not receiver.messages


def test_a_login_goes_over_an_encrypted_connection(server, certificate):
    def check(server, session, envelope, mechanism, data):
        given = data.login.decode(), data.password.decode()
        return AuthResult(success=given == (USER, PASSWORD), handled=False)

    file, context = certificate
    receiver = MailReceiver()
    port = server(
        receiver,
        tls_context=context,
        authenticator=check,
        auth_required=True,
        require_starttls=True,
    )
    own = {"security": "starttls", "ca_file": file, "user": USER}
    assert mail(port, **own, password=PASSWORD).deliver(notice()).outcome == "delivered"
    refused = mail(port, **own, password="another one").deliver(notice())
    assert refused == Answer("failed", "user and password are not accepted (535)")
    assert "not trusted" in mail(port, security="starttls").deliver(notice()).said
    assert len(receiver.messages) == 1


def test_a_server_that_speaks_tls_from_the_start(server, certificate):
    file, context = certificate
    receiver = MailReceiver()
    port = server(receiver, ssl_context=context)
    assert mail(port, security="tls", ca_file=file).deliver(notice()).outcome == "delivered"


def test_nobody_at_home_is_told(server):
    port = server(MailReceiver())
    channel = mail(port)
    assert channel.deliver(notice()).outcome == "delivered"
    assert mail(1).deliver(notice()) == Answer(
        "failed", "cannot connect to localhost:1: Connection refused"
    )


@pytest.mark.parametrize(
    ("security", "greeting"),
    [
        pytest.param("none", b"", id="greeting"),
        pytest.param("none", b"220 me\r\n", id="reply"),
        pytest.param("tls", TLS_BEGINS, id="handshake"),
    ],
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up_in_time(security, greeting):
    begun = time.monotonic()
    with dripping(every_s=0.05, greeting=greeting) as port:
        answer = mail(port, security=security, timeout_s=0.4).deliver(notice())
    assert answer == Answer("failed", "no answer within 0.4 s")
    assert time.monotonic() - begun < 5


def test_a_server_that_takes_a_message_and_hangs_up_slowly_has_taken_it(server):
    class Slow(MailReceiver):
        async def handle_QUIT(self, *_):  # noqa: N802
            await asyncio.sleep(20)

    begun = time.monotonic()
    answer = mail(server(Slow()), timeout_s=1).deliver(notice())
    assert answer == Answer("delivered", "taken for 2 of 2")
    assert time.monotonic() - begun < 10


def test_a_lookup_that_hangs_is_given_up_in_time_and_not_begun_again(server):
    receiver = MailReceiver()
    lookup = HangingLookup(ipaddress.ip_address("127.0.0.1"))
    channel = mail(server(receiver), resolve=lookup, timeout_s=0.2)
    for _ in range(2):
        assert channel.deliver(notice()) == Answer("failed", "no answer within 0.2 s")
    assert lookup.calls == 1
    lookup.let_go.set()
    assert any(channel.deliver(notice()).outcome == "delivered" for _ in range(50))


def test_a_server_is_told_a_name_or_the_own_address(server):
    names = []

    class Noting(MailReceiver):
        async def handle_EHLO(self, _server, session, _envelope, hostname, responses):  # noqa: N802
            session.host_name = hostname
            names.append(hostname)
            return responses

    assert mail(server(Noting())).deliver(notice()).outcome == "delivered"
    assert "." in names[0] or names[0].startswith("[IPv6:")
