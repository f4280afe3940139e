"""Stages of a resolver and a journal, and what cameras tell them."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import (
    CameraStateChanged,
    Event,
    FaceRecognized,
)
from genesis_ray.domain.recognition.identity import Candidate, Face, MatchPolicy
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.pipeline.resolver_stage import Resolved, ResolverStage

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


CAMERAS = ("door", "till")


PEOPLE = np.eye(4, dtype=np.float32)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Album:
    """A gallery of visitors, one face each, and their register."""

    def __init__(self) -> None:
        self._faces: dict[str, np.ndarray] = {}

    def nearest(self, embedding, *, limit):
        found = [Candidate(who, float(face @ embedding)) for who, face in self._faces.items()]
        return sorted(found, key=lambda each: -each.similarity)[:limit]

    def expect(self, embeddings, *, limit):
        pass

    def enroll(self, identity_id, embeddings, *, qualities, at, camera_id):  # noqa: ARG002
        self._faces[identity_id] = embeddings[0]

    def is_taken(self, identity_id, *, at):  # noqa: ARG002
        return identity_id in self._faces

    def add_visitor(self, identity_id, *, at):
        pass

    def forget(self) -> None:
        self._faces.clear()


def resolver_stage(
    cameras=CAMERAS, album=None, *, visitor_faces: int | None = 1, known: bool = False, **options
) -> ResolverStage:
    policy = ResolverPolicy(
        tenant_id="shop",
        site_id="york",
        embedder="fused",
        match=MatchPolicy(threshold=0.5, votes=2),
        min_quality=0,
        visitor_faces=visitor_faces,
    )
    album = album or Album()
    if known:
        album.enroll("ada", PEOPLE[:1], qualities=[1], at=START, camera_id="")
    return ResolverStage(cameras, IdentityResolver(policy, album, album), **options)


def journal_stage(cameras=CAMERAS) -> JournalStage:
    journal = SiteJournal(tenant_id="shop", site_id="york", visit_gap=timedelta(minutes=5))
    return JournalStage(cameras, journal)


def face(
    camera: str,
    seconds: float,
    *,
    track: int = 1,
    person: int = 0,
    number: int = 0,
    since: float | None = None,
) -> Face:
    return Face(
        camera_id=camera,
        track_id=track,
        face_index=number,
        captured_at=at(seconds),
        embedding=PEOPLE[person],
        quality=1.0,
        in_view_since=None if since is None else at(since),
    )


def online(camera: str, seconds: float) -> tuple[datetime, tuple[Event, ...]]:
    state = CameraStateChanged(
        tenant_id="shop",
        site_id="york",
        camera_id=camera,
        occurred_at=at(seconds),
        state="online",
        reason="",
    )
    return at(seconds), (state,)


def seen_twice(camera: str, seconds: float, **whose) -> list[Face]:
    return [face(camera, seconds, **whose), face(camera, seconds, **whose, number=1)]


def named(resolved: Resolved) -> list[tuple[str, str, bool]]:
    return [
        (event.camera_id, event.identity_id, event.is_new)
        for _, together in resolved.events
        for event in together
        if isinstance(event, FaceRecognized) and event.decision == "named"
    ]


appearances = st.lists(
    st.tuples(st.sampled_from(CAMERAS), st.integers(0, 20), st.integers(1, 3), st.integers(0, 2)),
    unique_by=lambda appearance: appearance[:3],
    max_size=20,
)


"""Faces: of which camera, at which second, of which track, and whose."""


def run(faces: list[Face], *, cameras, turns) -> list[Event]:
    """Give two stages the faces second by second, the cameras taking turns; return the facts."""
    resolving, journaling = resolver_stage(cameras), journal_stage(cameras)
    facts: list[Event] = []
    clocks = dict.fromkeys(CAMERAS, 0)
    while clocks:
        camera = [*clocks][next(turns, 0) % len(clocks)]
        second = clocks[camera]
        own = [f for f in faces if f.camera_id == camera and f.captured_at == at(second)]
        progress = at(second) if second < 20 else DONE
        resolved = resolving.take(camera, own, progress)
        facts += journaling.take(camera, [online(camera, second)], progress)
        facts += journaling.take(RESOLVER, resolved.events, resolved.progress)
        clocks[camera] += 1
        if progress == DONE:
            del clocks[camera]
    assert (resolving.late, journaling.late, journaling.is_done) == (0, 0, True)
    return facts + journaling.finish()
