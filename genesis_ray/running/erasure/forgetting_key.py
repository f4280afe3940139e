"""What the receipt of a forgetting is sealed with: the tenant's key, or nothing where it is lost.

Nobody stays known because a key was lost. Without it the traces come of a passing secret, so that
the search at the end is the same; the receipt has no signature, and the search cannot be repeated.
"""

import secrets
from dataclasses import dataclass

from genesis_ray.errors import LostKeyError
from genesis_ray.running.erasure.forgetting_intent import Intent
from genesis_ray.running.people.auditing import note
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.keys.receipts import tracer
from genesis_ray.store.keys.template_keys import TemplateKey
from genesis_ray.store.keys.traces import Tracer

_SECRET_BYTES = 32

_UNSIGNED = (
    "a signature, and a search another time with `genesis people verify-forgotten`: the tenant's "
    "key is lost, which both take"
)
_UNNOTED = "the audit log: it is signed with a lost key, so no entry could be made of this"


@dataclass(frozen=True, slots=True)
class Seal:
    """What traces are made with, and what signs.

    Attributes:
        key: None: the tenant's is lost, and nothing signs.
    """

    key: TemplateKey | None
    tracer: Tracer

    @property
    def wanting(self) -> tuple[str, ...]:
        """What could not be done for want of the key, in words for the receipt."""
        return () if self.key else (_UNSIGNED,)


def current_key(settings: Settings, *, without_key: bool) -> TemplateKey | None:
    """Return the key to begin with; None where it is lost, if it may be done without.

    Raises:
        LostKeyError: It is lost.
        StoreError: Keys cannot be read, or others can read them.
    """
    try:
        return tenant_keys(settings).current
    except LostKeyError as error:
        if without_key:
            return None
        raise LostKeyError(_how_without(str(error))) from error


def seal_of(settings: Settings, intent: Intent, *, without_key: bool) -> Seal:
    """Return what seals a forgetting that has begun; it goes on without a key that is lost since.

    Raises:
        LostKeyError: The key that it was begun with is lost, and it may not be done without.
        StoreError: Keys cannot be read, or others can read them.
    """
    if not intent.secret:
        try:
            return _under_key(settings, intent)
        except LostKeyError as error:
            if not without_key:
                raise LostKeyError(_how_without(str(error))) from error
        intent.do_without_key(secrets.token_hex(_SECRET_BYTES))
    return Seal(None, Tracer(bytes.fromhex(intent.secret)))


def note_forgetting(
    settings: Settings, intent: Intent, seal: Seal, *, without_key: bool
) -> tuple[str, ...]:
    """Note in the audit log that a person is being forgotten.

    Returns, in words for the receipt, that this could not be done for want of a key.

    Raises:
        LostKeyError: The log is signed with a key that is lost, and it may not be done without.
        StoreError: The disk is full or refuses.
    """
    access = Access(
        action="forget",
        reason=f"removes a person, by receipt {intent.receipt_id}",
        people=tuple(intent.identity_ids),
        by=intent.by,
    )
    try:
        if seal.key:
            note(settings, tenant_keys(settings), access)
            return ()
    except LostKeyError as error:
        if not without_key:
            raise LostKeyError(_how_without(str(error))) from error
    return (_UNNOTED,)


def _under_key(settings: Settings, intent: Intent) -> Seal:
    keys = tenant_keys(settings)
    key = keys.get(intent.key_version)
    if key is None:
        raise LostKeyError(
            f"the person is being forgotten with key {intent.key_version} of tenant "
            f"{settings.tenant_id!r}, which is not in {keys.place} any more; put it back"
        )
    return Seal(key, tracer(key, intent.salt))


def _how_without(lost: str) -> str:
    return (
        f"{lost}. Somebody can be forgotten all the same, with --without-key: the receipt says "
        f"what it lacks then, as a signature"
    )
