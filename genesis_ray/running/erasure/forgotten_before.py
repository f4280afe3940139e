"""Who of a backup was forgotten since it was made, as far as receipts and the audit log tell.

A receipt's traces tell for certain. The audit log only knows that a forgetting was begun, which
may have changed nothing: what it alone knows is told, for somebody to look at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import digests_of
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.keys.receipts import Receipt, tracer
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.keys.traces import Tracer, strings_in
from genesis_ray.store.lance.lance_table import LanceTable, stored_schema
from genesis_ray.store.tenant.kept_photos import KeptPhotos


class Doubtful(NamedTuple):
    """Somebody of whom only the audit log says that they were to be forgotten."""

    identity_id: str
    at: datetime
    receipt_id: str


@dataclass(frozen=True, slots=True)
class ForgottenBefore:
    """Who is in a folder and was forgotten.

    Attributes:
        identity_ids: By receipts.
        face_ids: Of theirs by the same receipts, whoever has them in the folder.
        receipt_ids: Of these receipts.
        doubtful: By the audit log alone.
    """

    identity_ids: tuple[str, ...]
    face_ids: tuple[str, ...]
    receipt_ids: tuple[str, ...]
    doubtful: tuple[Doubtful, ...]

    def __bool__(self) -> bool:
        """Whether a receipt tells of somebody."""
        return bool(self.receipt_ids)


def receipts_folder(settings: Settings) -> Path:
    """Return where receipts of forgetting a tenant's people are, unless somebody says else."""
    return settings.data_dir / "receipts" / settings.tenant_id


def forgotten_before(
    settings: Settings, folder: Path, taken_at: datetime, receipts: Sequence[Path] = ()
) -> ForgottenBefore:
    """Compare a tenant's folder that was as it is at `taken_at` with receipts.

    Args:
        settings: Whose it is; the receipts in their data folder are compared, too.
        folder: As it was unpacked.
        taken_at: When it was so.
        receipts: Files, and folders of some.

    Raises:
        ConfigurationError: One that was named is not there.
        StoreError: Of a receipt that is younger it cannot be told whom it is about.
    """
    keys = open_key_store(settings.templates.key_store).read(settings.tenant_id)
    there = _texts_in(folder)
    found: dict[str, None] = {}
    faces: dict[str, None] = {}
    by: list[str] = []
    compared: set[str] = set()
    for path, receipt in _read(settings, receipts):
        if receipt.receipt_id in compared:
            continue
        own = _tracer_of(path, receipt, keys, taken_at)
        compared.add(receipt.receipt_id)
        if own is None:
            continue
        theirs = own.those_with("identity", there, receipt.traces)
        their_faces = own.those_with("face", there, receipt.traces)
        found |= dict.fromkeys(theirs)
        faces |= dict.fromkeys(their_faces)
        by += [receipt.receipt_id] if theirs or their_faces else []
    doubtful = [
        each
        for each in _noted(settings, there, keys)
        if each.receipt_id not in compared and each.identity_id not in found
    ]
    return ForgottenBefore(tuple(found), tuple(faces), tuple(by), tuple(doubtful))


def _read(settings: Settings, named: Sequence[Path]) -> Iterator[tuple[Path, Receipt]]:
    for place in (receipts_folder(settings), *named):
        if place in named and not place.exists():
            raise ConfigurationError(f"there is no receipt {place}")
        for path in [place] if place.is_file() else sorted(place.glob("*.json")):
            receipt = Receipt.read(path)
            if receipt.tenant_id == settings.tenant_id:
                yield path, receipt


def _tracer_of(path: Path, receipt: Receipt, keys: KeyRing, taken_at: datetime) -> Tracer | None:
    """Return what finds a receipt's traces; None: who is in it was not forgotten then."""
    try:
        key = receipt.key_in(keys)
    except StoreError as error:
        if receipt.ended_by < taken_at:
            return None
        raise StoreError(
            f"somebody was forgotten after the backup was made, and whether they are in it cannot "
            f"be told: {error}. To restore it all the same, move {path} away, and forget them "
            f"again then"
        ) from error
    return tracer(key, receipt.salt)


def _texts_in(folder: Path) -> list[str]:
    """Return all that could be an identity or a face."""
    photos = KeptPhotos(folder).all()
    texts = dict.fromkeys(each for p in photos for each in (p.identity_id, p.face_id))
    for path in sorted(folder.glob("*.lance")):
        table = LanceTable(folder, path.stem, stored_schema(folder, path.stem), writer=False)
        texts |= dict.fromkeys(strings_in(table.rows()))
    return list(texts)


def _noted(settings: Settings, there: Sequence[str], keys: KeyRing) -> Iterator[Doubtful]:
    entries = audit_log(settings, keys).entries()
    noted = [each for each in entries if each.action == "forget" and each.people]
    if not noted:
        return
    known = {digest: text for text in there for digest in digests_of(text, keys)}
    for entry in noted:
        for digest in entry.people or ():
            if identity_id := known.get((entry.key_version, digest)):
                yield Doubtful(identity_id, entry.at, entry.reason.rpartition(" ")[2])
