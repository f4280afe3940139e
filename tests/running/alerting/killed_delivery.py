"""Delivers notices to a webhook until it is killed, or until all are delivered.

Run as `killed_delivery.py FOLDER PORT COUNT`.
"""

import sys
import time
from ipaddress import ip_address, ip_network
from pathlib import Path

from genesis_ray.domain.alerting.delivery import RetryPolicy
from genesis_ray.domain.alerting.delivery_policy import DeliveryPolicy
from genesis_ray.domain.alerting.notices import NoticeFilter
from genesis_ray.running.alerting.delivery import Delivery
from genesis_ray.running.alerting.webhook import Webhook
from genesis_ray.sections.delivery import WebhookSettings
from tests.receivers import SECRET, ListedNotices, notice


def main(folder: Path, port: int, count: int) -> None:
    settings = WebhookSettings(url=f"http://localhost:{port}/", secret=SECRET, allow_http=True)
    here = DeliveryPolicy((ip_network("127.0.0.0/8"),))
    hook = Webhook(settings, here, resolve=lambda *_: [ip_address("127.0.0.1")])
    source = ListedNotices([notice(number) for number in range(1, count + 1)])
    retries = RetryPolicy(attempts=1000, first_wait_s=0.001, longest_wait_s=0.01)
    channels = {"pager": (hook, NoticeFilter())}
    with Delivery(folder, source, channels, retries, tells_past=True) as delivery:
        while any(row.state == "waiting" for row in delivery.outbox.rows()):
            delivery.once()
            time.sleep(0.001)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
