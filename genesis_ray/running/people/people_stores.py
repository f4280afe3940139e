"""The stores in a tenant's folder, from which a person is taken in an order that harms nobody."""

from collections.abc import Callable, Collection
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesis_ray.domain.recognition.consent import without
from genesis_ray.domain.recognition.face_place import Landmarks
from genesis_ray.domain.recognition.forgetting import Forgetting, forgetting
from genesis_ray.domain.recognition.redaction import redacted
from genesis_ray.store.folder_tree import files_in
from genesis_ray.store.galleries.gallery import galleries_in
from genesis_ray.store.galleries.template_changes import changes_in, without_faces
from genesis_ray.store.keys.receipts import Purged
from genesis_ray.store.lance.lance_table import LanceTable, stored_schema
from genesis_ray.store.tenant.consent import CONSENT, ConsentRegister
from genesis_ray.store.tenant.kept_photos import PHOTOS, KeptPhoto, KeptPhotos
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.picture_place import parted
from genesis_ray.store.tenant.tenants import LEDGER


class PeopleStores:
    """All tables in a tenant's folder, which nobody else may write to meanwhile.

    Beside people, ledger and galleries there may be others that say something of identities: whose
    it is in `identity_id`, of whom else in lists.

    Attributes:
        people: Everybody who is known.
        ledger: What was decided about them.
    """

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        """Open them for writing until `opened` is left.

        Raises:
            StoreError: Another process writes to one.
        """
        self._folder = folder
        self._photos = KeptPhotos(folder)
        self.people = opened.enter_context(People(folder, writer=True))
        self.ledger = opened.enter_context(Ledger(folder, writer=True))
        self._consent = opened.enter_context(ConsentRegister(folder, writer=True))
        names = [path.stem for path in sorted(folder.glob("*.lance"))]
        tables = {
            name: opened.enter_context(
                closing(LanceTable(folder, name, stored_schema(folder, name), writer=True))
            )
            for name in names
            if name not in ("people", LEDGER, CONSENT)
        }
        embedders = [embedder for embedder, _ in galleries_in(folder)]
        galleries = {f"faces_{embedder}" for embedder in embedders}
        self._galleries = {name: each for name, each in tables.items() if name in galleries}
        self._others = {name: each for name, each in tables.items() if name not in galleries}

    def forgetting(self, identity_ids: list[str], *, face_ids: Collection[str] = ()) -> Forgetting:
        """Return what it takes to forget the person who is all of these.

        `face_ids` are faces of theirs that galleries may have no more, as that was cut off, or as
        somebody else's, as a backup was made before they were theirs.
        """
        entries, people = self.ledger.entries(), self.people.everyone()
        changes = changes_in(self._folder)

        def gone_with(theirs: Collection[str]) -> Forgetting:
            found = forgetting(entries, people, identity_ids, face_ids=theirs, changes=changes)
            return replace(found, taken=found.taken | {*face_ids})

        gone = gone_with(face_ids)
        faces: list[Any] = [rows["face_id"].to_pylist() for rows in self.faces_of(gone)]
        theirs = {*face_ids, *chain.from_iterable(faces)}
        theirs |= {photo.face_id for photo in self._theirs(gone)}
        return gone_with(theirs)

    def faces_of(self, gone: Forgetting) -> list[pa.Table]:
        """Return the faces of a person, of each gallery that has some."""
        found = [_parted(gallery.rows(), gone)[0] for gallery in self._galleries.values()]
        return [rows for rows in found if len(rows)]

    def landmarks_of(self, gone: Forgetting) -> set[Landmarks]:
        """Return the landmarks of a person's faces, but for those that another's face has as well.

        So it is where both were enrolled with the same photo.
        """
        parted = [_parted(gallery.rows(), gone) for gallery in self._galleries.values()]
        theirs = [_landmarks_in(rows) for rows, _ in parted]
        others = [_landmarks_in(rows) for _, rows in parted]
        return set().union(*theirs) - set().union(*others)

    def sealed_photos(self, gone: Forgetting) -> dict[str, bytes]:
        """Return the kept photos of a person as they are stored here, by the faces made of them."""
        here = (photo for photo in self._theirs(gone) if not photo.address)
        return {photo.face_id: self._photos.sealed(photo) for photo in here}

    def purge(self, gone: Forgetting, note: Callable[[Purged], None]) -> None:
        """Take a person out of all of them; `note` is told of each before it changes.

        Killed at any point, it can be done again.

        Raises:
            StoreError: The disk is full or refuses.
        """
        for name, gallery in self._galleries.items():
            taken, kept = _parted(gallery.rows(), gone)
            note(self._purged(name, gallery.versions(), len(taken)))
            gallery.replace(kept)
        self._purge_photos(gone, note)
        for name, table in self._others.items():
            rows = table.rows()
            kept = without_faces(without_identities(rows, gone.identity_ids), gone.faces)
            kept = without_words(kept, gone.words)
            note(self._purged(name, table.versions(), len(rows) - len(kept)))
            table.replace(kept)
        self._purge_consent(gone, note)
        for person in gone.on_their_own:
            self.people.add(person)
        self.people.flush()
        entries = self.ledger.entries()
        stay = {entry.entry_id for entry in gone.entries}
        leaving = [entry for entry in entries if entry.entry_id not in stay]
        changed = len([entry for entry in entries if entry not in gone.entries]) - len(leaving)
        note(self._purged("ledger", self.ledger.versions(), len(leaving), changed))
        self.ledger.replace(gone.entries)
        known = [p for p in self.people.everyone() if p.identity_id in gone.identity_ids]
        note(self._purged("people", self.people.versions(), len(known)))
        self.people.remove(gone.identity_ids)

    def _theirs(self, gone: Forgetting) -> list[KeptPhoto]:
        return [photo for photo in self._photos.all() if _is_theirs(photo, gone)]

    def _purge_photos(self, gone: Forgetting, note: Callable[[Purged], None]) -> None:
        photos = self._photos.all()
        theirs = [photo for photo in photos if _is_theirs(photo, gone)]
        if theirs:
            place = str(self._photos.folder.absolute())
            files = tuple(sorted(photo.file for photo in theirs))
            note(Purged(store=PHOTOS, place=place, removed=len(theirs), files=files))
        for place, names in _elsewhere(theirs).items():
            note(Purged(store=PHOTOS, place=place, removed=len(names), files=tuple(sorted(names))))
        for photo in photos:
            owner = gone.given_away.get(photo.face_id, photo.identity_id)
            if owner != photo.identity_id and photo not in theirs:
                self._photos.give(photo, owner)
        self._photos.remove(theirs)

    def _purge_consent(self, gone: Forgetting, note: Callable[[Purged], None]) -> None:
        said = self._consent.entries()
        kept = [
            replace(entry, by=redacted(entry.by, gone.words), why=redacted(entry.why, gone.words))
            for entry in without(said, gone.identity_ids)
        ]
        note(self._purged(CONSENT, self._consent.versions(), len(said) - len(kept)))
        self._consent.replace(kept)

    def _purged(
        self, name: str, versions: list[int], removed: int, made_anonymous: int = 0
    ) -> Purged:
        table = (self._folder / f"{name}.lance").absolute()
        return Purged(
            store=name,
            place=str(table),
            removed=removed,
            made_anonymous=made_anonymous,
            versions=tuple(versions),
            files=tuple(sorted(str(path.relative_to(table)) for path in files_in(table))),
        )


def _elsewhere(photos: Collection[KeptPhoto]) -> dict[str, list[str]]:
    """Return the names of the pictures that are elsewhere, by their places."""
    found: dict[str, list[str]] = {}
    for photo in photos:
        if photo.address:
            place, name = parted(photo.address)
            found.setdefault(place, []).append(name)
    return found


def _is_theirs(photo: KeptPhoto, gone: Forgetting) -> bool:
    owner = gone.given_away.get(photo.face_id, photo.identity_id)
    return photo.face_id in gone.taken or owner in gone.identity_ids


def _parted(rows: pa.Table, gone: Forgetting) -> tuple[pa.Table, pa.Table]:
    """Return the faces of a person, and all others, each as whose it is."""
    face_ids: list[Any] = rows["face_id"].to_pylist()
    owners: list[Any] = rows["identity_id"].to_pylist()
    owners = [
        gone.given_away.get(face_id, owner) for face_id, owner in zip(face_ids, owners, strict=True)
    ]
    theirs = pa.array(
        [
            face_id in gone.taken or owner in gone.identity_ids
            for face_id, owner in zip(face_ids, owners, strict=True)
        ],
        pa.bool_(),
    )
    place = rows.schema.get_field_index("identity_id")
    field = rows.schema.field(place)
    owned = rows.set_column(place, field, pa.array(owners, field.type))
    mask = theirs.to_numpy(zero_copy_only=False)
    return owned.filter(theirs), owned.filter(pa.array(~mask))


def _landmarks_in(rows: pa.Table) -> set[Landmarks]:
    if "landmarks" not in rows.column_names:  # made by an earlier version
        return set()
    stored: list[Any] = rows["landmarks"].drop_null().to_pylist()
    return {tuple((x, y) for x, y in each) for each in stored}


def without_words(rows: pa.Table, words: Collection[str]) -> pa.Table:
    """Return rows of a table without words in what says who made them."""
    if "by" not in rows.schema.names:
        return rows
    place = rows.schema.get_field_index("by")
    names: list[Any] = rows["by"].to_pylist()
    told = pa.array([redacted(name, words) for name in names], pa.string())
    return rows.set_column(place, rows.schema.field(place), told)


def without_identities(rows: pa.Table, identity_ids: Collection[str]) -> pa.Table:
    """Return rows of a table without identities.

    A row of one of them goes, unless its lists have others: then it is the first of these.
    """
    lists = [field.name for field in rows.schema if field.type == pa.list_(pa.string())]
    kept: list[dict[str, Any]] = []
    for row in rows.to_pylist():
        others: list[str] = []
        for name in lists:
            row[name] = row[name] and [each for each in row[name] if each not in identity_ids]
            others += row[name] or ()
        if row.get("identity_id") in identity_ids:
            if not others:
                continue
            row["identity_id"] = others[0]
        kept.append(row)
    return pa.Table.from_pylist(kept, schema=rows.schema)
