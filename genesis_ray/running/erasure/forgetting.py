"""Forgetting a person: in every store of a data folder and in the runs that were made with it.

Runs first, then faces, the ledger and at last the people: as long as anything is left somebody is
there whose it is, and everybody else is who they are at any moment.
"""

import json
import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from genesis_ray.domain.recognition.forgetting import Forgetting, forgetting
from genesis_ray.domain.recognition.ledger import fold
from genesis_ray.domain.recognition.person_names import composed, remark
from genesis_ray.domain.recognition.redaction import redacted
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.enrolling.enrolment import take_in_waiting
from genesis_ray.running.enrolling.far_photos import sweep
from genesis_ray.running.enrolling.waiting_enrolments import enrolments_folder
from genesis_ray.running.erasure.forgetting_copies import (
    copies_left,
    remove_snapshots,
    take_another,
)
from genesis_ray.running.erasure.forgetting_intent import INTENT_FILE, Intent, at_it, is_unfinished
from genesis_ray.running.erasure.forgetting_key import Seal, current_key, note_forgetting, seal_of
from genesis_ray.running.erasure.forgetting_run import RunToForgetIn, is_anothers
from genesis_ray.running.erasure.forgotten_before import receipts_folder
from genesis_ray.running.erasure.forgotten_search import search, search_places, unsearched
from genesis_ray.running.people.giving_way import SystemsAtWork
from genesis_ray.running.people.identities import identity_folder, watcher, who_is_who
from genesis_ray.running.people.naming import find
from genesis_ray.running.people.people_stores import PeopleStores
from genesis_ray.running.people.turns import DECIDING_S, turn
from genesis_ray.running.reach import Reached, reach
from genesis_ray.settings import Settings
from genesis_ray.store.disk import sync_folder, writing_to
from genesis_ray.store.folder_tree import files_in
from genesis_ray.store.keys.receipts import Purged, Receipt, public_key
from genesis_ray.store.keys.template_keys import TemplateKey
from genesis_ray.store.keys.templates import embeddings_in
from genesis_ray.store.keys.traces import Trace, Tracer
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.visitor_salt import renew_visitor_salt

_UNREACHABLE = (
    "other copies of these folders, and of backups",
    "the recordings themselves: watched again, somebody in them is a new visitor",
    "what other programs took out of the tables, and what was shown or printed",
    "blocks that a file system or flash memory keeps of files that are gone",
)


def forget(
    settings: Settings,
    person: str,
    *,
    by: str,
    why: str,
    runs: Sequence[Path] = (),
    receipt: Path | None = None,
    without_key: bool = False,
) -> tuple[Path, Receipt]:
    """Forget a person, with all identities that were merged into them; return the receipt.

    Args:
        settings: Whose people they are.
        person: An identity, its beginning, or a name that one person has.
        by: Who has it done.
        why: Why; where it names the person, that is left out.
        runs: Folders of runs beside those that are known.
        receipt: Where the receipt goes; by default into the data folder.
        without_key: Also where the tenant's key is lost; the receipt says what it lacks then.

    Raises:
        NotFoundError: There is no such person.
        LostKeyError: The tenant's key is lost.
        ConfigurationError: There are several, somebody else's forgetting was cut off, or
            `by` or `why` is no text.
        StoreError: Another command writes to people or runs, or a system that runs does not give
            way; nothing is changed then.
    """
    by, why = remark(by, "by"), remark(why, "why")
    folder = identity_folder(settings)
    with at_it(folder):
        if is_unfinished(folder):
            raise ConfigurationError(
                "somebody is being forgotten, and that was cut off; finish it first: "
                "genesis people forget"
            )
        key = current_key(settings, without_key=without_key)
        if key and watcher(settings) is None:  # else it takes in what waits before it gives way
            take_in_waiting(settings)
        whom = [find(who_is_who(settings), person)]
        intent = begun(settings, whom, by=by, why=why, key=key, runs=runs, receipt=receipt)
        return _carried_out(settings, intent, without_key=without_key)


def begun(
    settings: Settings,
    identity_ids: Sequence[str],
    *,
    by: str,
    why: str,
    key: TemplateKey | None,
    runs: Sequence[Path] = (),
    receipt: Path | None = None,
) -> Intent:
    """Return the note of a forgetting that begins now, with the tenant's key if that is there."""
    receipt_id = secrets.token_hex(4)
    at = datetime.now(UTC)
    place = receipt or receipts_folder(settings) / f"{at:%Y-%m-%d}-{receipt_id}.json"
    return Intent(
        receipt_id=receipt_id,
        receipt=str(place.absolute()),
        begun_at=at.isoformat(timespec="seconds"),
        by=by,
        why=why,
        identity_ids=[*identity_ids],
        names=[],
        runs=[str(run.absolute()) for run in runs],
        salt=secrets.token_hex(16),
        key_version=key.version if key else 0,
    )


def finish(settings: Settings, *, without_key: bool = False) -> tuple[Path, Receipt] | None:
    """Go on with a forgetting that was cut off; return its receipt, None where there is none.

    Raises:
        LostKeyError: The key that it began with is lost, and it may not be done `without_key`.
        StoreError: Another command writes to them, or something cannot be written.
    """
    folder = identity_folder(settings)
    with at_it(folder):
        intent = Intent.load(folder)
        return _carried_out(settings, intent, without_key=without_key) if intent else None


def _carried_out(
    settings: Settings, intent: Intent, *, without_key: bool = False
) -> tuple[Path, Receipt]:
    folder = identity_folder(settings)
    seal = seal_of(settings, intent, without_key=without_key)
    reached = reach(settings, [Path(run) for run in intent.runs])
    with ExitStack() as opened:
        there = [run for run in reached.runs if not is_anothers(run, settings.tenant_id)]
        at_work = SystemsAtWork(settings, there, opened)
        runs = [_opened(run, settings, opened) for run in there if not at_work.write_to(run)]
        made, people = Ledger(folder).entries(), People(folder).everyone()
        likely = forgetting(made, people, intent.members(fold(made, people)))
        for run in runs:
            run.prepare(likely)
        at_work.give_people()
        opened.enter_context(turn(settings, within_s=DECIDING_S))
        stores = PeopleStores(folder, opened)
        intent.look_again(fold(stores.ledger.entries(), stores.people.everyone()))
        wanting = note_forgetting(settings, intent, seal, without_key=without_key)
        at_work.give_logs()
        runs += [
            _opened(run, settings, opened, stranger=intent.stranger)
            for run in there
            if at_work.write_to(run)
        ]
        gone = stores.forgetting(intent.identity_ids, face_ids=intent.face_ids)
        intent.face_ids = sorted(gone.faces)
        _expect(intent, gone, stores, seal.tracer)
        intent.save(folder)
        renew_visitor_salt(folder)  # before they are gone: by then no track may make them anew

        def note(purged: Purged) -> None:
            intent.note(purged)
            intent.save(folder)

        for run in runs:
            run.forget(gone, note)
        stores.purge(gone, note)
        _remove_enrolments(settings, gone, note)
        pictures = [f"pictures that may show them: {path}" for r in runs for path in r.pictures()]
        pictures += [f"what is behind the link {path}" for r in runs for path in r.unfollowed()]
    if not at_work.have_forgotten(intent):  # what it left is nobody's any more
        return _carried_out(settings, intent, without_key=without_key)
    left = [told] if (told := sweep(settings).told()) else []  # when systems name people again
    left += unsearched(intent.purged)
    remove_snapshots(settings, intent, seal.tracer, note)
    left_out = [*wanting, *pictures, *left, *copies_left(settings, intent)]
    receipt = _receipt(settings, intent, seal, reached, left_out)
    path = Path(intent.receipt)
    receipt.write(path, seal.key)
    Intent.remove(folder)
    at_work.forget_notes()
    take_another(settings, intent)
    return path, receipt


def _opened(
    run: RunFolder, settings: Settings, opened: ExitStack, *, stranger: str | None = None
) -> RunToForgetIn:
    """Take a run until `opened` is left; where there is a stranger a system gave way in it."""
    taken = RunToForgetIn(run, settings.tenant_id, stranger=stranger)
    return opened.enter_context(closing(taken))


def _remove_enrolments(
    settings: Settings, gone: Forgetting, note: Callable[[Purged], None]
) -> None:
    """Remove what is left of faces of the person that were handed over, and could not be taken in.

    A file that cannot be read may be theirs, and goes too.
    """
    folder = enrolments_folder(settings)
    files = [path for path in files_in(folder) if _may_name(path, gone.words)]
    if files:
        names = tuple(sorted(path.name for path in files))
        note(Purged(store="enrolments", place=str(folder.absolute()), files=names))
        for path in files:
            with writing_to(path.parent):
                path.unlink(missing_ok=True)
                sync_folder(path.parent)


def _may_name(path: Path, words: Collection[str]) -> bool:
    try:
        said = json.loads(path.read_bytes()).values()
    except FileNotFoundError:
        return False
    except (ValueError, AttributeError):
        return True
    texts = [each for each in said if isinstance(each, str)]
    return any(redacted(text, words) != text for text in texts)


def _expect(intent: Intent, gone: Forgetting, stores: PeopleStores, own: Tracer) -> None:
    """Note the traces of a person, and since when there are some, as long as something leaves them.

    A name that others have as well, if only in theirs, is none: it stays.
    """
    intent.names = [*dict.fromkeys([*intent.names, *gone.names])]
    others = [composed(name) for name in gone.others]
    traces: list[Trace] = []
    for identity_id in intent.identity_ids:
        traces += own.of_id("identity", identity_id)
    for name in intent.names:
        if not any(composed(name) in other for other in others):
            traces += own.of_name(name)
    for person in stores.people.everyone():
        if person.identity_id in gone.identity_ids:
            intent.was_known(person.enrolled_at)
    faces = stores.faces_of(gone)
    for rows in faces:
        face_ids: list[Any] = rows["face_id"].to_pylist()
        enrolled: list[Any] = rows["enrolled_at"].to_pylist()
        intent.was_known(min(enrolled))
        traces += [trace for face_id in face_ids for trace in own.of_id("face", face_id)]
        for template in embeddings_in(rows):
            traces += own.of_template(template)
    traces += map(own.of_landmarks, stores.landmarks_of(gone))
    for face_id, sealed in stores.sealed_photos(gone).items():
        traces += [*own.of_id("face", face_id), *own.of_photo(sealed)]
    intent.faces = max(intent.faces, sum(map(len, faces)))
    intent.expect(traces)


def _receipt(
    settings: Settings,
    intent: Intent,
    seal: Seal,
    reached: Reached,
    left_out: Sequence[str],
) -> Receipt:
    """Search for what is left, and return the receipt of what is gone."""
    files = (path for path in reached.files(settings) if path.name != INTENT_FILE)
    searched = search_places(intent.purged, search(files, seal.tracer, intent.traces))
    key = seal.key
    return Receipt(
        receipt_id=intent.receipt_id,
        tenant_id=settings.tenant_id,
        begun_at=intent.begun_at,
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        by=intent.by,
        why=intent.why,
        identities=len(intent.identity_ids),
        faces=intent.faces,
        purged=tuple(intent.purged),
        not_reached=(*seal.wanting, *left_out, *reached.missing, *_UNREACHABLE),
        searched=searched,
        salt=intent.salt,
        traces=tuple(intent.traces) if key else (),
        key_version=intent.key_version,
        key_fingerprint=key.fingerprint if key else "",
        public_key=public_key(key),
    )
