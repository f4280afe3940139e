"""The channels of the settings, and the delivery of a run's alerts to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from genesis_ray.domain.alerting.delivery import Answer
from genesis_ray.domain.alerting.notices import Notice
from genesis_ray.errors import NotFoundError
from genesis_ray.running.alerting.courier import Channel
from genesis_ray.running.alerting.delivery import Delivery
from genesis_ray.running.alerting.notices import LoggedNotices
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.tenants import folder_name


def outbox_folder(run: RunFolder, tenant_id: str) -> Path:
    """Return where it is noted which of a tenant's alerts of a run were told."""
    return run.path / "deliveries" / folder_name(tenant_id)


def open_channels(settings: Settings) -> dict[str, Channel]:
    """Return the channels by name.

    Raises:
        ConfigurationError: The certificates of one cannot be read.
    """
    from genesis_ray.running.alerting.mail import Mail
    from genesis_ray.running.alerting.webhook import Webhook  # httpx2, which takes a while to load

    own = settings.delivery
    zone = ZoneInfo(settings.time_zone)
    webhooks = {name: Webhook(each, own.policy) for name, each in own.webhooks.items()}
    return {**webhooks, **{name: Mail(each, zone=zone) for name, each in own.mail.items()}}


def open_delivery(settings: Settings, run: RunFolder, *, tells_past: bool) -> Delivery:
    """Open the delivery of a run's alerts to all channels.

    `tells_past` says whether a channel that is new is told of the alerts from before, too.

    Raises:
        StoreError: Another process delivers them, or something cannot be read or written.
    """
    channels = open_channels(settings)
    filters = {name: each.filter for name, each in settings.delivery.channels.items()}
    return Delivery(
        outbox_folder(run, settings.tenant_id),
        LoggedNotices(run.events, settings.tenant_id),
        {name: (channels[name], filters[name]) for name in channels},
        settings.delivery.retries,
        tells_past=tells_past,
    )


@contextmanager
def delivering(settings: Settings, run: RunFolder) -> Iterator[None]:
    """Deliver the alerts of a run while it is written, and at its end what still can be.

    What was in it before a channel was new is not told on that channel.

    Raises:
        StoreError: Another process delivers them, or something cannot be read or written.
    """
    if not settings.delivery.channels:
        yield
        return
    with open_delivery(settings, run, tells_past=False) as delivery:
        delivery.start()
        yield


def try_channel(settings: Settings, name: str) -> Answer:
    """Send a notice that is a test and nothing else; it is tried once and noted nowhere.

    Raises:
        NotFoundError: There is no such channel.
    """
    if name not in settings.delivery.channels:
        known = ", ".join(settings.delivery.channels) or "none"
        raise NotFoundError(f"delivery has no channel {name!r}; there are: {known}")
    notice = Notice(
        event_id=uuid4().bytes,
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        camera_id=None,
        occurred_at=datetime.now(UTC),
        alert_id=str(uuid4()),
        rule_id="test",
        severity="info",
        status="raised",
        message="This is a test of the channel; nothing happened.",
    )
    return open_channels(settings)[name].deliver(notice, is_test=True)
