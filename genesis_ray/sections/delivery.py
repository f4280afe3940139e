"""What an operator can set of the delivery of alerts: channels, and what each tells."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    IPvAnyNetwork,
    SecretStr,
    model_validator,
)

from genesis_ray.domain.alerting.alert_rules import Severity
from genesis_ray.domain.alerting.delivery import RetryPolicy
from genesis_ray.domain.alerting.delivery_policy import DeliveryPolicy
from genesis_ray.domain.alerting.notices import NoticeFilter
from genesis_ray.sections.types import Section

_SECRET_CHARACTERS = 16
_SECRETS = (frozenset({"secret"}), frozenset({"user", "password"}))
"""Of a webhook, of mail: what belongs into the environment and not into a file."""


def _channel_name(name: str) -> str:
    if not re.fullmatch(r"[a-z](_?[a-z0-9]){0,31}", name):
        raise ValueError(
            f"expected up to 32 small letters, digits and single underscores, the first a letter, "
            f"so that GENESIS_* variables can name it, got {name!r:.80}"
        )
    return name


def _text(value: object) -> object:
    """Refuse what is no text without showing it, which pydantic's own message would."""
    if not isinstance(value, str | SecretStr):
        raise ValueError("expected text; put it in quotation marks")
    return value


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < _SECRET_CHARACTERS:
        raise ValueError(
            f"expected {_SECRET_CHARACTERS} characters or more, as `openssl rand -hex 32` makes"
        )
    return secret


def _address(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        is_address = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address or parts.scheme not in ("https", "http"):
        raise ValueError("expected an address like https://example.com/alerts")
    if parts.username or parts.password:
        raise ValueError("expected no user or password in it; the signature says who sends")
    return url


def _mailbox(address: str) -> str:
    if not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", address):
        raise ValueError(f"expected an address like shop@example.com, got {address!r:.80}")
    return address


ChannelName = Annotated[str, AfterValidator(_channel_name)]
Secret = Annotated[SecretStr, BeforeValidator(_text)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]


class ChannelSettings(Section):
    """What a channel tells."""

    severity: Severity = Field(default="info", description="Alerts of this and heavier ones")
    rules: tuple[str, ...] = Field(
        default=(), description="Alerts of these rules, by their names; empty: of all"
    )
    resolves: bool = Field(default=True, description="Tell also that an alert is over")
    acknowledgements: bool = Field(
        default=False, description="Tell also that somebody acknowledged it"
    )
    timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="Longest that an attempt may take in all, with the lookup of the host",
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates to trust, PEM; unset: those of the web"
    )

    @property
    def filter(self) -> NoticeFilter:
        """The same as the domain knows it."""
        return NoticeFilter(
            severity=self.severity,
            rules=frozenset(self.rules),
            resolves=self.resolves,
            acknowledgements=self.acknowledgements,
        )


class WebhookSettings(ChannelSettings):
    """A receiver that is sent JSON over HTTP, signed; see docs/alert-delivery.md."""

    url: Annotated[Secret, AfterValidator(_address)] = Field(
        description="Where to; shown nowhere, since its path may be what lets one in"
    )
    secret: Annotated[Secret, AfterValidator(_long_enough)] = Field(
        description="What the receiver checks the signature with"
    )
    allow_http: bool = Field(default=False, description="Let the address begin with http://")

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        if urlsplit(self.url.get_secret_value()).scheme == "http" and not self.allow_http:
            raise ValueError(
                "url begins with http://, so that everybody on the way could read it; take "
                "https://, or set allow_http to true"
            )
        return self


class MailSettings(ChannelSettings):
    """Mailboxes that are sent an e-mail each time."""

    host: str = Field(min_length=1, description="The mail server")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Unset: 587; 465 with tls, 25 with none"
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is encrypted"
    )
    user: Secret | None = Field(default=None, description="Unset: without a login")
    password: Secret | None = None
    sender: Mailbox
    to: Annotated[tuple[Mailbox, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together; set both or none")
        if self.password and self.security == "none":
            raise ValueError("security none would show the password to everybody on the way")
        return self


class DeliverySettings(Section):
    """Where alerts are told, see docs/alert-delivery.md."""

    webhooks: dict[ChannelName, WebhookSettings] = Field(default={}, description="By their names")
    mail: dict[ChannelName, MailSettings] = Field(default={}, description="By their names")
    allowed_networks: tuple[IPvAnyNetwork, ...] = Field(
        default=(),
        description="Networks that webhooks may be in beside public ones, as 10.20.0.0/16; "
        "127.0.0.0/8 for this machine",
    )
    attempts: int = Field(default=12, ge=1, le=100, description="Then an alert is set aside")
    first_wait_s: float = Field(
        default=5.0, gt=0, le=3600, description="Longest wait before the second attempt; it doubles"
    )
    longest_wait_s: float = Field(
        default=900.0, gt=0, le=86_400, description="Longest wait between two attempts"
    )

    @model_validator(mode="before")
    @classmethod
    def _without_lone_secrets(cls, values: Any) -> Any:
        """Leave out channels of which there is nothing but a secret.

        That is one in the environment, for a configuration which has the rest; this one has not.
        """
        if not isinstance(values, Mapping):
            return values
        return {key: _with_more_than_secrets(value) for key, value in values.items()}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.first_wait_s > self.longest_wait_s:
            raise ValueError(
                f"first_wait_s {self.first_wait_s} > longest_wait_s {self.longest_wait_s}"
            )
        if twice := sorted(self.webhooks.keys() & self.mail.keys()):
            raise ValueError(f"a channel's name may stand once; repeated: {', '.join(twice)}")
        return self

    @property
    def channels(self) -> dict[str, ChannelSettings]:
        """All of them by name."""
        return {**self.webhooks, **self.mail}

    @property
    def policy(self) -> DeliveryPolicy:
        """Where webhooks may be, as the domain knows it."""
        return DeliveryPolicy(self.allowed_networks)

    @property
    def retries(self) -> RetryPolicy:
        """How often is tried, as the domain knows it."""
        return RetryPolicy(
            attempts=self.attempts,
            first_wait_s=self.first_wait_s,
            longest_wait_s=self.longest_wait_s,
        )


def _with_more_than_secrets(channels: object) -> object:
    if not isinstance(channels, Mapping):
        return channels
    return {
        name: channel
        for name, channel in channels.items()
        if not (isinstance(channel, Mapping) and channel and _is_secret_only(channel))
    }


def _is_secret_only(channel: Mapping[str, object]) -> bool:
    return any(channel.keys() <= secrets for secrets in _SECRETS)
