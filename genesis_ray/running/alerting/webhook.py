"""Telling notices to a receiver over HTTP."""

import logging
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx2

from genesis_ray.domain.alerting import webhook
from genesis_ray.domain.alerting.delivery import Answer, ChannelKind, asked_wait_s
from genesis_ray.domain.alerting.delivery_policy import DeliveryPolicy
from genesis_ray.domain.alerting.notices import Notice
from genesis_ray.domain.streams.source_policy import Address
from genesis_ray.running.network.lookup import Lookup, Resolve, addresses_of
from genesis_ray.running.network.time_limit import TimeLimit
from genesis_ray.running.network.trusted import trusting
from genesis_ray.sections.delivery import WebhookSettings

_MOST_ADDRESSES = 3
"""Of one receiver, that a connection is tried to, each for its share of the time."""

_WRONG_FOR_GOOD = (400, 410, 413, 415, 422)
"""Statuses by which a receiver says that it will not take this very request. Any other may be
mended over there, a key that it does not know yet for instance."""

# It logs each request with its address, whose path may be what lets one in.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class Webhook:
    """One receiver: where it is, and the secret that it knows.

    Its name is looked up anew for each attempt. The connection is made to an address that was
    checked; with TLS the certificate has to be that of the name. Redirects are not followed, and
    proxies of the environment not used: where they lead would not be checked.
    """

    kind: ChannelKind = "webhook"

    def __init__(
        self, settings: WebhookSettings, policy: DeliveryPolicy, *, resolve: Resolve = addresses_of
    ) -> None:
        self._parts = urlsplit(settings.url.get_secret_value())
        self._host = str(self._parts.hostname)
        self._port = self._parts.port or (443 if self._parts.scheme == "https" else 80)
        self._secret = settings.secret
        self._timeout_s = settings.timeout_s
        self._trusted = trusting(settings.ca_file)
        self._policy = policy
        self._lookup = Lookup(self._host, self._port, resolve)

    def __str__(self) -> str:
        """Say where it is, without what may be secret."""
        return f"{self._parts.scheme}://{self._host}"

    def deliver(self, notice: Notice, *, is_test: bool = False) -> Answer:
        """Tell a notice once and return what became of it, within the time that it may take."""
        content = webhook.body(notice, "test" if is_test else "alert")
        with TimeLimit(self._timeout_s) as limit:
            answer = self._deliver(notice, content, limit)
        if answer.outcome == "failed" and limit.is_over:
            return Answer("failed", f"no answer within {self._timeout_s:g} s")
        return answer

    def _deliver(self, notice: Notice, content: bytes, limit: TimeLimit) -> Answer:
        try:
            addresses = list(dict.fromkeys(self._lookup.addresses(limit)))
        except (OSError, UnicodeError):  # UnicodeError: a label that is too long for a name
            return Answer("failed", f"no address is known for {self._host}")
        if refused := [each for each in addresses if not self._policy.allows(each)]:
            return Answer(
                "failed",
                f"{self._host} has the address {refused[0]}, which is no public one; where it is "
                f"meant, add its network to delivery.allowed_networks",
            )
        answer = Answer("failed", f"no address is known for {self._host}")
        left = addresses[:_MOST_ADDRESSES]
        for number, address in enumerate(left):
            if limit.is_over:
                break
            try:
                return self._post(address, notice, content, limit, share=1 / (len(left) - number))
            except httpx2.ConnectError as error:
                answer = Answer("failed", f"cannot connect to {self._host}: {_reason(error)}")
            except httpx2.ConnectTimeout:
                answer = Answer("failed", f"{self._host} takes no connection")
            except httpx2.HTTPError as error:
                return Answer("failed", f"the connection broke ({type(error).__name__})")
        return answer

    def _post(
        self, address: Address, notice: Notice, content: bytes, limit: TimeLimit, *, share: float
    ) -> Answer:
        """Post to an address, with a share of the time that is left to connect in."""
        left_s = limit.left_s()

        def hold(event: str, about: dict[str, Any]) -> None:
            if event == "connection.connect_tcp.complete":
                limit.hold(about["return_value"].get_extra_info("socket"))

        now = datetime.now(UTC)
        secret = self._secret.get_secret_value()
        headers = webhook.headers(notice, content, secret=secret, at=now)
        with (
            httpx2.Client(
                verify=self._trusted,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx2.Timeout(left_s, connect=left_s * share),
            ) as client,
            client.stream(
                "POST",
                self._at(address),
                content=content,
                headers={**headers, "Host": self._parts.netloc},
                extensions={"sni_hostname": self._host, "trace": hold},
            ) as response,
        ):
            return _answer(response, now)

    def _at(self, address: Address) -> str:
        """Return the URL with an address for the host's name."""
        host = f"[{address}]" if address.version == 6 else str(address)
        return self._parts._replace(netloc=f"{host}:{self._port}", fragment="").geturl()


def _answer(response: httpx2.Response, now: datetime) -> Answer:
    """Return what a status means; what the receiver wrote beside is not read."""
    status = response.status_code
    said = f"HTTP {status}"
    with suppress(ValueError):
        said += f" {HTTPStatus(status).phrase}"
    if response.is_success:
        return Answer("delivered", said)
    if status in _WRONG_FOR_GOOD:
        return Answer("refused", said)
    if response.is_redirect:
        return Answer("failed", f"{said}; redirects are not followed, name the place itself")
    return Answer("failed", said, asked_wait_s(response.headers.get("Retry-After"), now=now))


def _reason(error: httpx2.ConnectError) -> str:
    """Return why, as the operating system or TLS says it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
