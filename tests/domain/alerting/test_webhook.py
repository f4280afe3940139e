import hashlib
import hmac
import json
from datetime import timedelta

from genesis_ray.domain.alerting import webhook
from tests.receivers import NOON, SECRET, notice


def test_the_body_says_which_version_it_is_and_all_of_the_notice():
    content = json.loads(webhook.body(notice(7, track_id=3, zone_id="queue")))
    assert content["version"] == 1
    assert content["kind"] == "alert"
    assert content["event_id"] == "00000000-0000-0000-0000-000000000007"
    assert content["occurred_at"] == "2026-01-05T12:00:07+00:00"
    assert (content["zone_id"], content["track_id"], content["identity_id"]) == ("queue", 3, None)
    assert content["message"] == "7 people wait"


def test_the_signature_is_the_hmac_of_time_and_body():
    content = webhook.body(notice())
    headers = webhook.headers(notice(), content, secret=SECRET, at=NOON)
    signed = headers["Genesis-Timestamp"].encode() + b"." + content
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Genesis-Signature"] == f"v1={expected}"


def test_another_attempt_has_the_same_id_and_body_and_another_signature():
    content = webhook.body(notice())
    assert webhook.body(notice()) == content
    first = webhook.headers(notice(), content, secret=SECRET, at=NOON)
    second = webhook.headers(notice(), content, secret=SECRET, at=NOON + timedelta(seconds=5))
    assert first["Genesis-Event-Id"] == second["Genesis-Event-Id"]
    assert first["Genesis-Signature"] != second["Genesis-Signature"]
