"""A data folder and two runs that know of somebody in every way there is, and of others."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from genesis_ray.domain.events import Event, FaceRecognized, FaceScored, TrackObserved
from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.people.naming import TrackName
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.result import summary
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos, seal
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import ColourEmbedder
from tests.store.places import places
from tests.store.some_keys import unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ADA = Person(
    identity_id="0c5e4a52-6d0f-4c3b-9a3f-1e2d3c4b5a69", name="Ada Lovelace", kind="enrolled",
    enrolled_at=NOON,
)  # fmt: skip
SHE = visitor("3f2a91bc-4d5e-5f60-8a1b-2c3d4e5f6071", at=NOON)
"""A visitor who turned out to be Ada."""
BEN = visitor("91bc3f2a-0001-5f60-8a1b-2c3d4e5f6071", at=NOON)
CARL = Person(
    identity_id="5d0c71aa-0002-4f60-8a1b-2c3d4e5f6071", name="Carl", kind="enrolled",
    enrolled_at=NOON,
)  # fmt: skip

FACES = unit(7, 8, ColourEmbedder().dimension)
OF_ADA = FACES[:4]
"""Two photos, and two faces as a visitor; a third of the visitor's faces was somebody else's."""

PLACES = {ADA.identity_id: places(1, 2), CARL.identity_id: places(2, 2)}
"""Where the faces of photos are in them."""

PICTURE = bytes(range(256)) * 4


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def track(person: Person, track_id: int, since: int, *others: Person) -> list[Event]:
    """Return the events of a track of ten seconds that is named at its first sight."""
    own = {
        "tenant_id": "default", "site_id": "site", "camera_id": "door", "track_id": track_id,
    }  # fmt: skip
    ranked = (person, *others)
    return [
        *(
            TrackObserved(
                **own, occurred_at=at(second), frame_index=second, x1=0.1, y1=0.1, x2=0.2, y2=0.9,
                confidence=0.9,
            )
            for second in range(since, since + 11)
        ),
        FaceScored(
            **own, occurred_at=at(since), face_index=0, quality=0.8, embedder="colour",
            candidate_ids=tuple(each.identity_id for each in ranked),
            similarities=tuple(0.9 - 0.1 * place for place in range(len(ranked))),
        ),
        FaceRecognized(
            **own, occurred_at=at(since), identity_id=person.identity_id, decision="named",
            similarity=0.9, runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8,
            gate="", is_new=False, embedder="colour",
        ),
    ]  # fmt: skip


def write_run(settings: Settings, path: Path, *tracks: list[Event]) -> RunFolder:
    """Write a run of these tracks with its visits, as a journal makes them."""
    journal = SiteJournal(tenant_id="default", site_id="site", visit_gap=timedelta(seconds=300))
    told: list[Event] = []
    for event in sorted((e for own in tracks for e in own), key=lambda each: each.occurred_at):
        told += [event, *journal.apply(event)]
    run = RunFolder.create(path)
    run.write_summary(summary(settings, None))
    with EventLog(run.events) as log:
        log.append([*told, *journal.finish()])
    return run


def keep_photo(settings: Settings, person: Person) -> None:
    key, face_id = tenant_keys(settings).current, f"a photo of {person.identity_id}"
    photo = KeptPhoto(
        face_id=face_id, identity_id=person.identity_id, key_version=key.version,
        fingerprint=key.fingerprint, at=NOON,
    )  # fmt: skip
    KeptPhotos(identity_folder(settings)).put(photo, seal(PICTURE, face_id, key))


def world(folder: Path) -> Settings:
    """Write it all: data in `folder`/data, a run in `folder`/run and the service's.

    Tracks of the first: 1 and 2 are Ada's, as herself and as a visitor; 3 Ben's; 4 was named Ada
    and is somebody new's; 5 was named Ben and is nobody's; 6 is Carl's, and Ada was like him; 7
    is Ada's a day later.
    """
    settings = Settings(data_dir=folder / "data", faces={"embedder": "synthetic"})
    run = write_run(
        settings,
        folder / "run",
        track(ADA, 1, 0, CARL),
        track(SHE, 2, 20, ADA),
        track(BEN, 3, 5, SHE, CARL),
        track(ADA, 4, 1000),
        track(BEN, 5, 2000),
        track(CARL, 6, 3000, ADA, BEN),
        track(ADA, 7, 90_000),
    )
    note_run(settings.data_dir, run.path)
    for person in (ADA, CARL):
        keep_photo(settings, person)
    (run.path / "media").mkdir()
    (run.path / "media" / "timeline.png").write_bytes(b"a picture with names")
    (run.path / "media" / "door.mp4").write_bytes(b"a film")
    (run.state / "resolver").mkdir(parents=True)
    (run.state / "resolver" / "00000001.state").write_bytes(b"sealed")
    work = run.work / "key-1"
    work.mkdir(parents=True)
    (work / "door.jsonl").write_bytes(f'{{"embedding": {OF_ADA[0].tolist()}}}'.encode())
    live = write_run(settings, folder / "data" / "run", track(SHE, 1, 50_000, BEN))
    (live.path / "notes.txt").write_text("nothing of anybody")
    enroll(settings)
    with Repairs(settings, by="eve", why=f"the coat of {ADA.name}") as repairs:
        repairs.merge(SHE.identity_id, ADA.identity_id)
        born = repairs.split(ADA.identity_id, [TrackName("door", 4)], [], run).new_id
        repairs.rename(born, "Dora")
        repairs.reject(TrackName("door", 5), BEN.identity_id, run)
        undone = repairs.merge(BEN.identity_id, CARL.identity_id)
        repairs.undo(undone.entry_id)
    return settings


def enroll(settings: Settings) -> None:
    """Store people and faces, in a few commits, so that there are earlier versions."""
    folder, embedder = identity_folder(settings), ColourEmbedder()
    for person in (ADA, SHE, BEN, CARL):
        with People(folder, writer=True) as people:
            people.add(person)
    with FaceGallery(
        folder, embedder=embedder.name, dimension=embedder.dimension, keys=tenant_keys(settings),
        writer=True,
    ) as gallery:  # fmt: skip
        for person, faces in (
            (ADA, FACES[:2]), (SHE, FACES[2:4]), (BEN, FACES[4:6]), (CARL, FACES[6:]),
        ):  # fmt: skip
            gallery.enroll(
                person.identity_id, faces, qualities=[0.9] * len(faces), at=NOON,
                places=PLACES.get(person.identity_id, ()),
            )  # fmt: skip
            gallery.flush()
