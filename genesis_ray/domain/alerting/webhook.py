"""What a webhook is sent: a body that has a version, and a signature that proves who sent it."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from genesis_ray.domain.alerting.notices import Notice

VERSION = 1
"""Of the body. Fields may be added to it; where one changes its meaning or goes, it is another."""

Kind = Literal["alert", "test"]


def body(notice: Notice, kind: Kind = "alert") -> bytes:
    """Return a notice as JSON in UTF-8, the same bytes each time."""
    content = {
        "version": VERSION,
        "kind": kind,
        "event_id": str(UUID(bytes=notice.event_id)),
        "alert_id": notice.alert_id,
        "rule_id": notice.rule_id,
        "severity": notice.severity,
        "status": notice.status,
        "message": notice.message,
        "occurred_at": notice.occurred_at.astimezone(UTC).isoformat(),
        "tenant_id": notice.tenant_id,
        "site_id": notice.site_id,
        "camera_id": notice.camera_id,
        "zone_id": notice.zone_id,
        "track_id": notice.track_id,
        "identity_id": notice.identity_id,
        "acknowledged_by": notice.acknowledged_by,
    }
    return json.dumps(content, ensure_ascii=False).encode()


def headers(notice: Notice, content: bytes, *, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers of one attempt, made at `at`; the id is the same for each."""
    timestamp = str(int(at.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "genesis-ray",
        "Genesis-Event-Id": str(UUID(bytes=notice.event_id)),
        "Genesis-Timestamp": timestamp,
        "Genesis-Signature": f"v1={signature(secret, timestamp, content)}",
    }


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """Return the HMAC-SHA256 of `timestamp.content` in hex (RFC 2104).

    The time is signed too, so that a request that somebody recorded is refused when it is old.
    """
    signed = timestamp.encode() + b"." + content
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
