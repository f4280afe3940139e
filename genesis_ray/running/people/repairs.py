"""Repairing identities: what somebody says about who is who becomes an entry of the ledger."""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypedDict, TypeVar
from uuid import uuid4

from genesis_ray.domain.recognition.ledger import (
    Confirm,
    Entry,
    Merge,
    Reject,
    Rename,
    Split,
    Undo,
    Unlearn,
    WhoIsWho,
    fold,
    holding_of,
)
from genesis_ray.domain.recognition.ledger_checks import check
from genesis_ray.domain.recognition.person_names import person_name, remark
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import ConfigurationError, LedgerError, NotFoundError
from genesis_ray.running.people.consent import is_blocked
from genesis_ray.running.people.identities import faces_of, identity_folder
from genesis_ray.running.people.naming import TrackName, find
from genesis_ray.running.people.seen_tracks import Row, SeenTrack, seen_track, utc
from genesis_ray.running.people.turns import turn
from genesis_ray.settings import Settings
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People

_AnyEntry = TypeVar("_AnyEntry", bound=Entry)


class Repairs(Closeable):
    """The ledger of one tenant, open for a decision of somebody.

    Each method makes one entry, at once and durably, and returns it. People are named by an
    identity or the beginning of one, or by what they are called where only one is called so.

    Attributes:
        who: What holds now, by all entries.
    """

    def __init__(self, settings: Settings, *, by: str, why: str) -> None:
        """Open the ledger, once it is its turn; `by` and `why` are noted with each entry.

        Raises:
            ConfigurationError: `by` or `why` is no text, or too long.
            StoreError: Another process writes to it, and goes on doing so.
        """
        self._settings = settings
        self._folder = identity_folder(settings)
        self._by = remark(by, "by")
        self._why = remark(why, "why")
        with ExitStack() as opened:
            opened.enter_context(turn(settings))
            self._people = People(self._folder).everyone()
            self._ledger = opened.enter_context(Ledger(self._folder, writer=True))
            self._refresh()
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Let others decide."""
        self._opened.close()

    def merge(self, one: str, other: str, *, why: str = "") -> Merge:
        """Note that two identities are one person; `why` where it is this merge's alone.

        Raises:
            GenesisError: One is not known or not clear, or they are one already.
        """
        ids = find(self.who, one), find(self.who, other)
        merged = Merge(**self._envelope(), identity_id=ids[0], other_id=ids[1])
        return self._made(replace(merged, why=remark(why, "why")) if why else merged)

    def split(
        self,
        person: str,
        tracks: Sequence[TrackName],
        face_ids: Sequence[str],
        run: RunFolder | None,
    ) -> Split:
        """Note that tracks of a run, and faces, are somebody else than they were named.

        The faces that made a visitor of such a track go with it.

        Raises:
            GenesisError: One is not known or not clear, or is not this person's.
        """
        identity_id = self.who.now(find(self.who, person))
        sights: list[TrackSight] = []
        made_of: list[tuple[str, str, datetime]] = []
        for track in tracks:
            seen = seen_track(track, run, self._settings.tenant_id)
            if confirmed := self._confirmed(seen):
                raise LedgerError(
                    f"track {track} is {self.who.person(confirmed.track.identity_id).name!r} as "
                    f"{confirmed.by} confirmed that, so it cannot be split from them; take that "
                    f"back: genesis people undo {confirmed.entry_id}"
                )
            own = [row for row in seen.named if self._is_now(row, seen) == identity_id]
            if not own:
                raise LedgerError(
                    f"track {track} was not named {self.who.person(identity_id).name!r}, so it "
                    f"cannot be split from them{self._named_as(seen)}"
                )
            written = dict.fromkeys(row["identity_id"] for row in own)
            sights += [seen.as_identity(each) for each in written]
            made_of += [
                (row["identity_id"], track.camera_id, row["occurred_at"])
                for row in own
                if row["is_new"]
            ]
        faces = self._faces(identity_id, face_ids, made_of) if made_of or face_ids else {}
        new_id = str(uuid4())
        return self._made(
            Split(
                **self._envelope(),
                identity_id=identity_id,
                new_id=new_id,
                tracks=tuple(sights),
                face_ids=tuple(faces),
                owner_ids=tuple(faces.values()),
            )
        )

    def rename(self, person: str, name: str) -> Rename:
        """Note what a person is called from now on.

        Raises:
            GenesisError: The person is not known or not clear, or nobody can be called so.
        """
        called = person_name(name)
        identity_id = self.who.now(find(self.who, person))
        return self._made(Rename(**self._envelope(), identity_id=identity_id, name=called))

    def reject(self, track: TrackName, person: str, run: RunFolder) -> Reject:
        """Note that a track of a run is not this person.

        Raises:
            GenesisError: One of them is not known or not clear.
        """
        identity_id = self.who.now(find(self.who, person))
        seen = seen_track(track, run, self._settings.tenant_id)
        return self._made(Reject(**self._envelope(), track=seen.as_identity(identity_id)))

    def confirm(self, track: TrackName, person: str | None, run: RunFolder) -> Confirm:
        """Note whose a track of a run is that got no name there.

        None: whom its review proposes.

        Raises:
            GenesisError: One of them is not known or not clear, the track shows no face or has a
                name, or the person may not be named for want of consent.
        """
        seen = seen_track(track, run, self._settings.tenant_id)
        if not self._confirmed(seen) and any(self._is_now(row, seen) for row in seen.named):
            raise LedgerError(
                f"track {track} has a name{self._named_as(seen)}; where that is wrong: genesis "
                f"people split PERSON --track {track}, and merge who that makes with who it is"
            )
        if not seen.nameless:
            raise LedgerError(
                f"track {track} showed no face that counts, so nothing was said of it that could "
                f"be confirmed"
            )
        identity_id = self.who.now(find(self.who, person) if person else _proposed(seen))
        if is_blocked(self._settings, identity_id):
            name = self.who.person(identity_id).name
            raise LedgerError(
                f"{name!r} gave no consent, and identity.consent is required, so no track may bear "
                f"that name: genesis people consent {identity_id[:8]} given"
            )
        return self._made(Confirm(**self._envelope(), track=seen.as_identity(identity_id)))

    def unlearn(self, person: str, change_ids: Sequence[str]) -> Unlearn:
        """Note that templates which a person learned do not hold.

        Raises:
            GenesisError: The person is not known or not clear, or has unlearned them.
        """
        identity_id = self.who.now(find(self.who, person))
        return self._made(
            Unlearn(**self._envelope(), identity_id=identity_id, face_ids=tuple(change_ids))
        )

    def undo(self, entry_id: str) -> Undo:
        """Note that an entry does not hold; the beginning of its id is enough.

        Raises:
            GenesisError: It is not known or not clear, is undone, or later ones build on it.
        """
        entries = self._ledger.entries()
        ids = [each.entry_id for each in entries] if entry_id else []
        found = [each for each in ids if each.startswith(entry_id)]
        if len(found) > 1 and entry_id not in found:
            raise ConfigurationError(
                f"several entries begin with {entry_id!r}: {', '.join(found)}; name one"
            )
        undone_id = found[0] if len(found) == 1 else entry_id
        return self._made(Undo(**self._envelope(), undone_id=undone_id))

    def entries(self) -> list[Entry]:
        """Return all entries, in the order in which they were made."""
        return self._ledger.entries()

    def _envelope(self) -> "_Envelope":
        known = {entry.entry_id for entry in self._ledger.entries()}
        entry_id = next(
            each for each in iter(lambda: secrets.token_hex(4), "") if each not in known
        )
        return {"entry_id": entry_id, "at": datetime.now(UTC), "by": self._by, "why": self._why}

    def _made(self, entry: _AnyEntry) -> _AnyEntry:
        check(entry, self._ledger.entries(), self._people)
        self._ledger.append(entry)
        self._refresh()
        return entry

    def _refresh(self) -> None:
        self.who: WhoIsWho = fold(self._ledger.entries(), self._people)

    def _is_now(self, row: Row, seen: SeenTrack) -> str | None:
        at, there = utc(row["occurred_at"]), self.who.of_recordings(seen.as_identity("").only)
        return there.of_track(row["identity_id"], row["camera_id"], row["track_id"], at)

    def _confirmed(self, seen: SeenTrack) -> Confirm | None:
        """Return what made a track whose it is; None where somebody rejected that, or nothing."""
        sight = seen.as_identity("")
        there = self.who.of_recordings(sight.only)
        found = [
            entry
            for entry in holding_of(self._ledger.entries())
            if isinstance(entry, Confirm)
            and entry.track.begins(sight)
            and there.may_be(
                entry.track.identity_id, sight.camera_id, sight.track_id, entry.track.since
            )
        ]
        return found[-1] if found else None

    def _named_as(self, seen: SeenTrack) -> str:
        named = [self._is_now(row, seen) for row in seen.named]
        called = [self.who.person(each).name for each in named if each]
        return f"; it is {called[0]!r}" if called else "; it has no name"

    def _faces(
        self,
        identity_id: str,
        face_ids: Sequence[str],
        made_of: Sequence[tuple[str, str, datetime]],
    ) -> dict[str, str]:
        """Return as whom faces of a person were enrolled: those named, and those of tracks."""
        faces = faces_of(self._settings, self.who, identity_id)
        own = {face["face_id"]: face["enrolled_as"] for face in faces}
        for face_id in face_ids:
            if face_id not in own:
                raise NotFoundError(
                    f"no face {face_id!r} of {self.who.person(identity_id).name!r}; "
                    f"`genesis people show {identity_id} --json` lists them"
                )
        told = {(one, camera_id, utc(at).isoformat()) for one, camera_id, at in made_of}
        known_by = [
            face["face_id"]
            for face in faces
            if (face["enrolled_as"], face["camera_id"], face["enrolled_at"]) in told
        ]
        return {face_id: own[face_id] for face_id in (*face_ids, *known_by)}


class _Envelope(TypedDict):
    entry_id: str
    at: datetime
    by: str
    why: str


def _proposed(seen: SeenTrack) -> str:
    """Return whom the latest review of a track proposes."""
    proposed: list[str] = [row["identity_id"] for row in seen.nameless if row["identity_id"]]
    if not proposed:
        raise ConfigurationError(
            f"track {seen.track} is like nobody known; say whose it is: genesis people confirm "
            f"{seen.track} PERSON"
        )
    return proposed[-1]
