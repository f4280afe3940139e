import json
import os
import pickle
from ipaddress import ip_address
from pathlib import Path

import pytest
from pydantic import ValidationError

from genesis_ray.errors import ConfigurationError
from genesis_ray.running.result import summary
from genesis_ray.settings import Settings
from genesis_ray.settings_file import load

HOOK = "https://hooks.example.com/T0/a-path-that-lets-one-in"
SECRET = "0123456789abcdef"
WEBHOOK = {"url": HOOK, "secret": SECRET}
MAIL = {"host": "mail.example.com", "sender": "genesis@example.com", "to": ["shop@example.com"]}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("GENESIS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def read(tmp_path):
    """Reads a configuration whose delivery is this."""

    def read(**delivery) -> Settings:
        path = tmp_path / "c.yaml"
        path.write_text(json.dumps({"delivery": delivery}))
        return load(path)

    return read


@pytest.fixture
def refusal(read):
    """Returns what is said of a delivery that is wrong."""

    def refusal(**delivery) -> str:
        with pytest.raises(ConfigurationError) as error:
            read(**delivery)
        return str(error.value)

    return refusal


def test_channels_are_known_by_their_names(read):
    own = read(webhooks={"pager": WEBHOOK}, mail={"office": {**MAIL, "severity": "critical"}})
    assert [*own.delivery.channels] == ["pager", "office"]
    assert own.delivery.channels["office"].filter.severity == "critical"
    assert own.delivery.channels["pager"].filter.resolves


def test_nothing_is_delivered_by_default():
    assert not Settings().delivery.channels
    assert not Settings().delivery.policy.allows(ip_address("10.0.0.1"))


def test_a_secret_may_come_from_the_environment(read, monkeypatch):
    monkeypatch.setenv("GENESIS_DELIVERY__WEBHOOKS__SHOP_BELL__SECRET", SECRET)
    monkeypatch.setenv("GENESIS_DELIVERY__MAIL__OFFICE__PASSWORD", "a password")
    mail = {**MAIL, "user": "genesis"}
    own = read(webhooks={"shop_bell": {"url": HOOK}}, mail={"office": mail}).delivery
    assert own.webhooks["shop_bell"].secret.get_secret_value() == SECRET
    assert own.mail["office"].password.get_secret_value() == "a password"


def test_a_secret_of_the_environment_alone_makes_no_channel(monkeypatch):
    monkeypatch.setenv("GENESIS_DELIVERY__WEBHOOKS__PAGER__SECRET", SECRET)
    monkeypatch.setenv("GENESIS_DELIVERY__MAIL__OFFICE__PASSWORD", "a password")
    assert not load(None).delivery.channels


def test_there_is_no_secret_but_the_operators(refusal):
    assert "webhooks.pager.secret: Field required" in refusal(webhooks={"pager": {"url": HOOK}})


def test_no_secret_is_shown_or_kept(read):
    mail = {**MAIL, "user": "the user", "password": "the password"}
    settings = read(webhooks={"pager": WEBHOOK}, mail={"office": mail})
    told = f"{settings!r} {settings} {json.dumps(summary(settings, None))}"
    for secret in (SECRET, "a-path", "the user", "the password"):
        assert secret not in told
    assert "delivery" not in summary(settings, None)["settings"]


def test_other_processes_are_told_of_the_channels(read):
    settings = read(webhooks={"pager": WEBHOOK})
    assert pickle.loads(pickle.dumps(settings)) == settings


@pytest.mark.parametrize(
    ("webhook", "said"),
    [
        ({"url": "http://example.com/"}, "allow_http"),
        ({"url": "ftp://example.com/"}, "expected an address like https://example.com/alerts"),
        ({"url": "https://"}, "expected an address"),
        ({"url": "https://example.com:99999/"}, "expected an address"),
        ({"url": "https://user:pass@example.com/"}, "expected no user or password"),
        ({"secret": "too short"}, "expected 16 characters or more"),
        ({"secret": 12345678901234567}, "expected text; put it in quotation marks"),
        ({"timeout_s": 0}, "timeout_s: Input should be greater than 0"),
        ({"severity": "loud"}, "'info', 'warning' or 'critical'"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused_without_its_secret(refusal, webhook, said):
    told = refusal(webhooks={"pager": {**WEBHOOK, **webhook}})
    assert said in told
    assert "c.yaml:1" in told
    for secret in (SECRET, "a-path", "user:pass", "too short", "12345678901234567"):
        assert secret not in told


@pytest.mark.parametrize(
    "delivery",
    [
        {"webhooks": {"pager": HOOK}},
        {"webhooks": HOOK},
        {"mail": [HOOK]},
        {"allowed_networks": HOOK},
    ],
)
def test_an_address_where_a_channel_should_be_is_not_shown(refusal, delivery):
    told = refusal(**delivery)
    assert "c.yaml:1: delivery." in told
    assert "a-path" not in told


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ({"user": "genesis"}, "user and password go together"),
        (
            {"user": "genesis", "password": "hidden", "security": "none"},
            "would show the password",
        ),
        ({"to": []}, "at least 1 item"),
        ({"to": ["shop"]}, "expected an address like shop@example.com, got 'shop'"),
        ({"sender": "a@b\nBcc: c@d"}, "expected an address like shop@example.com"),
    ],
)
def test_mail_that_cannot_be_is_refused_without_its_password(refusal, mail, said):
    told = refusal(mail={"office": {**MAIL, **mail}})
    assert said in told
    assert "hidden" not in told


@pytest.mark.parametrize("name", ["Pager", "shop-bell", "a__b", "1st", "", "a" * 40])
def test_a_channel_has_a_name_that_the_environment_can_say(refusal, name):
    assert "so that GENESIS_* variables can name it" in refusal(webhooks={name: WEBHOOK})


def test_a_name_stands_for_one_channel(refusal):
    assert "repeated: office" in refusal(webhooks={"office": WEBHOOK}, mail={"office": MAIL})


def test_a_channel_names_rules_that_there_are():
    own = {"webhooks": {"pager": {**WEBHOOK, "rules": ["queue"]}}}
    assert Settings(delivery=own)
    assert Settings(delivery=own, alerts=[{"rule": "queue", "name": "queue", "zone_id": "till"}])
    with pytest.raises(ValidationError, match=r"rules queue, which alerts has not.*queue-till"):
        Settings(delivery=own, alerts=[{"rule": "queue", "zone_id": "till"}])


def test_waits_grow(refusal):
    assert "first_wait_s 10.0 > longest_wait_s 5.0" in refusal(first_wait_s=10, longest_wait_s=5)


def test_a_run_that_is_read_again_delivers_nothing(read, tmp_path):
    from genesis_ray.running.recordings import WatchedRun
    from genesis_ray.store.runs.run_folder import RunFolder

    run = RunFolder.create(tmp_path / "run")
    run.write_summary(summary(read(webhooks={"pager": WEBHOOK}), None))
    assert SECRET not in Path(tmp_path / "run" / "run.json").read_text()
    assert not WatchedRun(run).settings.delivery.channels
