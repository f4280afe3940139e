from ipaddress import ip_network

import pytest

from genesis_ray.errors import NotFoundError
from genesis_ray.running.alerting import delivery as running_delivery
from genesis_ray.running.alerting.alert_delivery import delivering, open_delivery, try_channel
from genesis_ray.sections.delivery import DeliverySettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.receivers import SECRET, webhook_receiver
from tests.running.alerting.test_notices import alert


@pytest.fixture
def run(tmp_path):
    return RunFolder.create(tmp_path / "run")


def settings_for(receiver, **webhook) -> Settings:
    own = {"url": f"http://localhost:{receiver.port}/", "secret": SECRET, "allow_http": True}
    return Settings(
        delivery=DeliverySettings(
            webhooks={"pager": {**own, **webhook}}, allowed_networks=[ip_network("127.0.0.0/8")]
        )
    )


def messages(receiver):
    return [request.content["message"] for request in receiver.requests]


def test_alerts_are_told_while_a_run_is_written_and_at_its_end(run, monkeypatch):
    monkeypatch.setattr(running_delivery, "_LOOK_EVERY_S", 0.01)
    with (
        webhook_receiver() as receiver,
        EventLog(run.events) as log,
        delivering(settings_for(receiver), run),
    ):
        log.append([alert(1), alert(2, severity="info")])
    assert messages(receiver) == ["1 people wait", "2 people wait"]


def test_a_run_that_goes_on_does_not_tell_a_new_channel_of_the_past(run):
    with webhook_receiver() as receiver, EventLog(run.events) as log:
        log.append([alert(1)])
        with delivering(settings_for(receiver), run):
            log.append([alert(2)])
        assert messages(receiver) == ["2 people wait"]
        with open_delivery(settings_for(receiver), run, tells_past=True) as delivery:
            delivery.once()
        assert messages(receiver) == ["2 people wait"]


def test_without_channels_nothing_is_opened(run):
    with delivering(Settings(), run):
        pass
    assert not (run.path / "deliveries").exists()


def test_filters_are_those_of_the_settings(run):
    with webhook_receiver() as receiver, EventLog(run.events) as log:
        log.append([alert(1, severity="info"), alert(2, severity="critical")])
        settings = settings_for(receiver, severity="critical")
        with open_delivery(settings, run, tells_past=True) as delivery:
            delivery.once()
    assert messages(receiver) == ["2 people wait"]


def test_a_channel_can_be_tried(run):
    with webhook_receiver([503]) as receiver:
        settings = settings_for(receiver, severity="critical")
        assert try_channel(settings, "pager").outcome == "failed"
        assert try_channel(settings, "pager").outcome == "delivered"
        assert [request.content["kind"] for request in receiver.requests] == ["test", "test"]
        with pytest.raises(NotFoundError, match="no channel 'office'; there are: pager"):
            try_channel(settings, "office")
