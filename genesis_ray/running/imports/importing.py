"""Bringing in what a Genesis installation remembers, verified, with its files untouched."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from genesis_ray.domain.events import Event
from genesis_ray.errors import StoreError
from genesis_ray.migration.genesis_database import CARRIED
from genesis_ray.migration.genesis_files import embeddings_of
from genesis_ray.migration.genesis_rows import GenesisIdentity, Unreadable
from genesis_ray.migration.genesis_source import GenesisSource
from genesis_ray.running.imports.import_events import (
    alert_events,
    bring_in,
    identity_events,
    sample_events,
    visit_events,
)
from genesis_ray.running.imports.import_people import PeopleTallies, bring_in_people
from genesis_ray.running.imports.import_report import REPORT, Row, Tally
from genesis_ray.settings import Settings
from genesis_ray.store.disk import write_file
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.runs.run_folder import RunFolder

Progress = Callable[[str, int], None]
"""Told of what is brought in, and how many rows of it more have come by."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was brought in, and where to.

    Attributes:
        not_carried: Tables of the database that there is no place for, with their rows.
    """

    run: Path
    tallies: tuple[Tally, ...]
    not_carried: dict[str, int]

    @property
    def is_whole(self) -> bool:
        """Whether all that could be read is there as the source has it."""
        return all(tally.is_whole for tally in self.tallies)


def import_genesis(
    settings: Settings, source: GenesisSource, run: RunFolder, progress: Progress
) -> Imported:
    """Bring in people, faces by photo, and history; write a report into the run.

    It can be done again: what is there already is no second row, and what a killed import did not
    come to is brought in by the next one.

    Raises:
        SourceError: The source cannot be read any more.
        StoreError: It cannot be written, or files of the source changed meanwhile.
    """
    database = source.database
    note_run(settings.data_dir, run.path)
    tallies = [*_people(settings, source, progress)]
    if database and "sessions" in database.tables:
        visits = _each(visit_events, settings, database.sessions)
        tallies.append(_brought_in("visits", visits, run, progress))
    if database and "identity_events" in database.tables:
        noted = _each(identity_events, settings, database.identity_events)
        tallies.append(_brought_in("identity events", noted, run, progress))
    if database and "alerts" in database.tables:
        alerts = _each(alert_events, settings, database.alerts)
        tallies.append(_brought_in("alerts", alerts, run, progress))
    if source.layout.metrics or (database and "metrics" in database.tables):
        samples = _each(sample_events, settings, source.samples)
        tallies.append(_brought_in("metrics", samples, run, progress))
    if not source.is_unchanged():
        raise StoreError(
            "files of the source changed while they were read; stop what writes to them, or copy "
            "them, and import again: what was brought in stays and is not doubled"
        )
    others = [each for each in database.tables if each not in CARRIED] if database else []
    not_carried = {name: database.count(name) for name in others} if database else {}
    imported = Imported(run.path, tuple(tallies), not_carried)
    _write_report(imported, source.sha256)
    run.write_summary({"settings": settings.model_dump(mode="json")})
    return imported


def _people(settings: Settings, source: GenesisSource, progress: Progress) -> Iterator[Tally]:
    people, faces, pictures = Tally("people"), Tally("faces by photo"), Tally("kept photos")
    embeddings = Tally("embeddings")
    identities: list[GenesisIdentity] = (
        list(people.readable(source.database.identities())) if source.database else []
    )
    people.read += len(set(source.photos) - {each.person_id for each in identities})
    if not people.read:
        return
    tallies = PeopleTallies(people, faces, pictures)
    bring_in_people(
        settings, identities, source.photos, tallies, lambda count: progress("people", count)
    )
    yield people
    if source.layout.faces:
        yield faces
        if settings.faces.keep_photos:
            yield pictures
    for identity in identities:
        if identity.embedding is not None:
            embeddings.read += 1
            embeddings.leave_out(
                identity.person_id,
                f"{len(identity.embedding)} numbers of another model, which no face here is like",
                kind="of another model",
            )
    for path in embeddings_of(source.layout.faces) if source.layout.faces else ():
        embeddings.read += 1
        embeddings.leave_out(
            f"{path.parent.name}/{path.name}",
            "of another model, which no face here is like; the photo beside it counts",
            kind="of another model",
        )
    if embeddings.read:
        yield embeddings


_Read = Callable[[Tally], Iterator[Sequence[Event]]]
"""Reads the source and yields the events of each row that can be read."""


def _brought_in(what: str, rows: _Read, run: RunFolder, progress: Progress) -> Tally:
    tally = Tally(what)
    bring_in(run.events, rows, tally, lambda count: progress(what, count))
    return tally


def _each(
    events_of: Callable[[Settings, Row], Sequence[Event]],
    settings: Settings,
    read: Callable[[], Iterable[Row | Unreadable]],
) -> _Read:
    return lambda tally: (events_of(settings, each) for each in tally.readable(read()))


def _write_report(imported: Imported, digests: dict[str, str]) -> None:
    report = {
        "imported_at": datetime.now(UTC).isoformat(),
        "is_whole": imported.is_whole,
        "rows": [tally.to_json() for tally in imported.tallies],
        "not_carried": imported.not_carried,
        "source_sha256": digests,
    }
    write_file(imported.run / REPORT, json.dumps(report, indent=2).encode())
