"""Telling notices to a receiver over HTTP."""

import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2

from genesis_ray.domain import webhook
from genesis_ray.domain.delivery import Answer, asked_wait_s
from genesis_ray.domain.delivery_policy import DeliveryPolicy
from genesis_ray.domain.notices import Notice
from genesis_ray.domain.source_policy import Address
from genesis_ray.running.trusted import trusting
from genesis_ray.settings_delivery import WebhookSettings

_MOST_ADDRESSES = 3
"""Of one receiver, that a connection is tried to: they take a timeout each."""

_WRONG_FOR_GOOD = (400, 410, 413, 415, 422)
"""Statuses by which a receiver says that it will not take this very request. Any other may be
mended over there, a key that it does not know yet for instance."""

# It logs each request with its address, whose path may be what lets one in.
logging.getLogger("httpx2").setLevel(logging.WARNING)

Resolve = Callable[[str, int], list[Address]]
"""Looks up a host; raises OSError where it has no address."""


def addresses_of(host: str, port: int) -> list[Address]:
    """Return the addresses that a host has now, in the order in which to try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(place[0]) for *_, place in dict.fromkeys(found)]


class Webhook:
    """One receiver: where it is, and the secret that it knows.

    Its name is looked up anew for each attempt. The connection is made to an address that was
    checked; with TLS the certificate has to be that of the name. Redirects are not followed, and
    proxies of the environment not used: where they lead would not be checked.
    """

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
        self._resolve = resolve

    def __str__(self) -> str:
        """Say where it is, without what may be secret."""
        return f"{self._parts.scheme}://{self._host}"

    def deliver(self, notice: Notice, *, is_test: bool = False) -> Answer:
        """Tell a notice once and return what became of it."""
        content = webhook.body(notice, "test" if is_test else "alert")
        try:
            addresses = list(dict.fromkeys(self._resolve(self._host, self._port)))
        except (OSError, UnicodeError):  # UnicodeError: a label that is too long for a name
            return Answer("failed", f"no address is known for {self._host}")
        if refused := [each for each in addresses if not self._policy.allows(each)]:
            return Answer(
                "failed",
                f"{self._host} has the address {refused[0]}, which is no public one; where it is "
                f"meant, add its network to delivery.allowed_networks",
            )
        answer = Answer("failed", f"no address is known for {self._host}")
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return self._post(address, notice, content)
            except httpx2.ConnectError as error:
                answer = Answer("failed", f"cannot connect to {self._host}: {_reason(error)}")
            except httpx2.ConnectTimeout:
                answer = Answer("failed", f"{self._host} takes no connection")
            except httpx2.TimeoutException:
                return Answer("failed", f"no answer within {self._timeout_s:g} s")
            except httpx2.HTTPError as error:
                return Answer("failed", f"the connection broke ({type(error).__name__})")
        return answer

    def _post(self, address: Address, notice: Notice, content: bytes) -> Answer:
        now = datetime.now(UTC)
        secret = self._secret.get_secret_value()
        headers = webhook.headers(notice, content, secret=secret, at=now)
        with (
            httpx2.Client(
                verify=self._trusted,
                trust_env=False,
                follow_redirects=False,
                timeout=self._timeout_s,
            ) as client,
            client.stream(
                "POST",
                self._at(address),
                content=content,
                headers={**headers, "Host": self._parts.netloc},
                extensions={"sni_hostname": self._host},
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
