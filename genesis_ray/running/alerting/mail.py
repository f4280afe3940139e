"""Telling notices by e-mail."""

import errno
import smtplib
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from genesis_ray.domain.alerting.delivery import Answer, ChannelKind
from genesis_ray.domain.alerting.notices import Notice
from genesis_ray.running.network.lookup import Lookup, Resolve, addresses_of
from genesis_ray.running.network.time_limit import TimeLimit
from genesis_ray.running.network.trusted import trusting
from genesis_ray.sections.delivery import MailSettings

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_SUBJECT_CHARACTERS = 150
_SAID_CHARACTERS = 120
_PERMANENT = 500
"""SMTP's replies from here on say that the same will fail again (RFC 5321, 4.2.1)."""


class _Connection(smtplib.SMTP):
    """A session over a socket that is connected, and encrypted where that comes first."""

    def __init__(self, connected: socket.socket, host: str, timeout_s: float) -> None:
        self._connected = connected
        super().__init__(host, local_hostname=_own_name(connected), timeout=timeout_s)

    def _get_socket(self, *_: object) -> socket.socket:
        return self._connected


class Mail:
    """A mail server, and whom it is given messages for."""

    kind: ChannelKind = "mail"

    def __init__(
        self, settings: MailSettings, *, zone: ZoneInfo, resolve: Resolve = addresses_of
    ) -> None:
        self._settings = settings
        self._port = settings.port or _PORTS[settings.security]
        self._trusted = trusting(settings.ca_file)
        self._zone = zone
        self._lookup = Lookup(settings.host, self._port, resolve)

    def __str__(self) -> str:
        """Say where it is."""
        return f"{self._settings.host}:{self._port}"

    def deliver(self, notice: Notice, *, is_test: bool = False) -> Answer:
        """Hand a notice to the mail server once and return what became of it, in its time.

        Where the server takes it for some of the mailboxes it is delivered: again would be twice
        for those.
        """
        message = self._message(notice, is_test=is_test)
        with TimeLimit(self._settings.timeout_s) as limit:
            answer = self._hand_over(message, limit)
        if answer.outcome == "failed" and limit.is_over:
            return Answer("failed", f"no answer within {self._settings.timeout_s:g} s")
        return answer

    def _hand_over(self, message: EmailMessage, limit: TimeLimit) -> Answer:
        try:
            server = self._connection(limit)
            try:
                refused = server.send_message(message)
            finally:
                _hang_up(server)
        except smtplib.SMTPAuthenticationError as error:  # its text may have what was sent
            return Answer("failed", f"user and password are not accepted ({error.smtp_code})")
        except smtplib.SMTPRecipientsRefused as error:
            return _refused_by_all(error)
        except smtplib.SMTPResponseException as error:
            is_for_good = error.smtp_code >= _PERMANENT and isinstance(
                error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused
            )
            said = f"{error.smtp_code} {_plain(error.smtp_error)}"
            return Answer("refused" if is_for_good else "failed", said)
        except smtplib.SMTPNotSupportedError:
            return Answer("failed", f"{self} offers no {self._settings.security} or no login")
        except smtplib.SMTPException as error:
            return Answer("failed", f"the connection broke ({type(error).__name__})")
        except ssl.SSLCertVerificationError as error:
            return Answer(
                "failed", f"the certificate of {self} is not trusted: {error.verify_message}"
            )
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            return Answer("failed", f"cannot connect to {self}: {reason}")
        taken = len(self._settings.to) - len(refused)
        some = f", not for {', '.join(sorted(refused))}" if refused else ""
        return Answer("delivered", f"taken for {taken} of {len(self._settings.to)}{some}")

    def _connection(self, limit: TimeLimit) -> smtplib.SMTP:
        """Connect, encrypt and log in as the settings say."""
        settings = self._settings
        connection = _Connection(self._socket(limit), settings.host, settings.timeout_s)
        try:
            if settings.security == "starttls":
                connection.starttls(context=self._trusted)
            if settings.user and settings.password:
                user, password = settings.user, settings.password
                connection.login(user.get_secret_value(), password.get_secret_value())
        except BaseException:
            connection.close()
            raise
        return connection

    def _socket(self, limit: TimeLimit) -> socket.socket:
        """Connect to the first address that takes a connection, each having a share of the time."""
        addresses = self._lookup.addresses(limit)
        for number, address in enumerate(addresses):
            within_s = limit.left_s() / (len(addresses) - number)
            try:
                connection = socket.create_connection((str(address), self._port), within_s)
                break
            except OSError:
                if number == len(addresses) - 1:
                    raise
        else:
            raise OSError(errno.EADDRNOTAVAIL, "no address is known")
        try:
            limit.hold(connection)
            connection.settimeout(self._settings.timeout_s)
            if self._settings.security == "tls":
                return self._trusted.wrap_socket(connection, server_hostname=self._settings.host)
        except BaseException:
            connection.close()
            raise
        return connection

    def _message(self, notice: Notice, *, is_test: bool) -> EmailMessage:
        message = EmailMessage()
        subject = _one_line(f"[{notice.severity}] {notice.message} ({notice.status})")
        message["Subject"] = ("Test: " if is_test else "") + subject[:_SUBJECT_CHARACTERS]
        message["From"] = self._settings.sender
        message["To"] = ", ".join(self._settings.to)
        message["Date"] = format_datetime(datetime.now(UTC))
        domain = self._settings.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{UUID(bytes=notice.event_id)}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office answers
        message.set_content(self._text(notice))
        return message

    def _text(self, notice: Notice) -> str:
        local = notice.occurred_at.astimezone(self._zone)
        at = f"{local:%Y-%m-%d %H:%M:%S} {self._zone.key}"
        lines = {
            "When": at,
            "Severity": notice.severity,
            "Status": notice.status,
            "Rule": notice.rule_id,
            "Site": notice.site_id,
            "Camera": notice.camera_id,
            "Zone": notice.zone_id,
            "Track": notice.track_id,
            "Identity": notice.identity_id,
            "Acknowledged by": notice.acknowledged_by,
            "Alert": notice.alert_id,
        }
        told = [f"{name}: {value}" for name, value in lines.items() if value not in (None, "")]
        return "\n".join([notice.message, "", *told, ""])


def _own_name(connected: socket.socket) -> str:
    """Return what this machine calls itself to a mail server (RFC 5321, 4.1.3).

    That is not asked for in the network, as smtplib does, which may take long.
    """
    name = socket.gethostname()
    if "." in name:
        return name
    address = connected.getsockname()[0]
    return f"[IPv6:{address}]" if connected.family == socket.AF_INET6 else f"[{address}]"


def _hang_up(server: smtplib.SMTP) -> None:
    """End the connection; how that goes says nothing of the message, which was taken or not."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _refused_by_all(error: smtplib.SMTPRecipientsRefused) -> Answer:
    """Return what a server means that takes the message for nobody."""
    replies: list[tuple[int, bytes]] = [*error.recipients.values()]
    is_for_good = all(code >= _PERMANENT for code, _ in replies)
    code, text = replies[0]
    return Answer("refused" if is_for_good else "failed", f"{code} {_plain(text)}")


def _plain(text: bytes | str) -> str:
    decoded = text.decode(errors="replace") if isinstance(text, bytes) else text
    return _one_line(decoded)[:_SAID_CHARACTERS]


def _one_line(text: str) -> str:
    """Return text without line breaks, which would begin another header, nor anything unseen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
