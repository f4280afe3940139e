from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.recognition.identity import Candidate, Face, MatchPolicy
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED, WhoIsWho
from genesis_ray.domain.recognition.template_update import Template, UpdatePolicy
from genesis_ray.domain.recognition.visitor_expiry import LastSeen
from genesis_ray.domain.tracking.track_sights import TrackSight, by_track
from genesis_ray.pipeline.matching_without import MatchingWithout
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.pipeline.resolver_ports import Decisions
from genesis_ray.pipeline.upkeep import IdentityUpkeep

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
AXES = np.eye(8, dtype=np.float32)
ANN, BOB, STRANGER = AXES[:3]
NEAR_BOTH = (0.75 * ANN + 0.6 * BOB + 0.278 * AXES[7]).astype(np.float32)
AVERAGE = UpdatePolicy(kind="average", similarity=0.7, undoable=2)


def day(number: float) -> datetime:
    return NOON + timedelta(days=number)


def like(person: np.ndarray, similarity: float, noise: int = 7) -> np.ndarray:
    face = similarity * person + np.sqrt(1 - similarity**2) * AXES[noise]
    return face.astype(np.float32)


class Shelf:
    """Gallery, register, sights and changes of two visitors, in memory."""

    def __init__(self) -> None:
        self.owners = {"a": "ann", "b": "bob"}
        self.stored = {name: Template(name, face, 0.9, "door")
                       for name, face in (("a", ANN), ("b", BOB))}  # fmt: skip
        self.retired: set[str] = set()
        self.changes = []
        self.sights = []

    def templates(self, identity_ids):
        return [
            each
            for name, each in self.stored.items()
            if self.owners[name] in set(identity_ids) and name not in self.retired
        ]

    def nearest(self, embedding, *, limit):
        best = {}
        for name in self.stored.keys() - self.retired:
            similarity = float(self.stored[name].embedding @ embedding)
            best[self.owners[name]] = max(similarity, best.get(self.owners[name], -1))
        ranked = sorted((Candidate(*pair) for pair in best.items()), key=lambda c: -c.similarity)
        return ranked[:limit]

    def enroll(self, identity_id, embeddings, *, qualities, at, camera_id, face_ids=None):  # noqa: ARG002
        for number, embedding in enumerate(embeddings):
            name = face_ids[number] if face_ids else f"{identity_id} {number}"
            self.owners[name] = identity_id
            self.stored[name] = Template(name, embedding, qualities[number], camera_id)

    def retire(self, face_ids):
        self.retired |= set(face_ids) & self.stored.keys()

    def remove(self, face_ids):
        for name in set(face_ids) & self.stored.keys():
            del self.stored[name]

    def add(self, change):
        self.changes.append(change)

    def of(self, identity_ids):
        return [each for each in self.changes if each.identity_id in set(identity_ids)]

    def note(self, identity_id, *, at):
        self.sights.append((identity_id, at))

    def is_taken(self, *_, **__):
        return False

    def add_visitor(self, identity_id, *, at):
        pass


class Desk:
    def __init__(
        self,
        policy: UpdatePolicy | None = AVERAGE,
        who: WhoIsWho = NOTHING_DECIDED,
        decisions: Decisions | None = None,
    ):
        self.shelf = Shelf()
        seen = LastSeen({"ann": NOON, "bob": NOON}, keep=timedelta(days=30))
        self.upkeep = IdentityUpkeep(
            seen, self.shelf, self.shelf, self.shelf, who=who, policy=policy
        )
        rules = ResolverPolicy(
            tenant_id="shop", site_id="york", embedder="fused",
            match=MatchPolicy(threshold=0.5, margin=0.1), min_quality=0.3, visitor_faces=4,
        )  # fmt: skip
        self._resolver = IdentityResolver(
            rules, self.shelf, self.shelf, decisions or who, self.upkeep
        )
        self.tracks = 0

    def names(self, *faces, on: float = 1, quality: float = 0.9) -> list[FaceRecognized]:
        """Return the names that a track of such faces is given on a day."""
        self.tracks += 1
        events = [
            event
            for number, embedding in enumerate(faces)
            for event in self._resolver.resolve(
                Face(camera_id="till", track_id=self.tracks, face_index=number,
                     captured_at=day(on) + timedelta(seconds=number), embedding=embedding,
                     quality=quality)
            )
        ]  # fmt: skip
        return [event for event in events if isinstance(event, FaceRecognized)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_visitor_who_expired_is_somebody_new(desk):
    assert [each.identity_id for each in desk.names(*[ANN] * 3, on=29.9)] == ["ann"]
    assert [each.identity_id for each in desk.names(*[BOB] * 3, on=31)] == []
    (again,) = desk.names(*[BOB] * 4, on=31)
    assert again.is_new
    assert again.identity_id != "bob"


def test_a_visitor_who_comes_again_is_noted_once_a_day(desk):
    for on in (0.5, 1, 1.5, 2):
        desk.names(*[ANN] * 3, on=on)
    assert [at.date() for _, at in desk.shelf.sights] == [day(1).date(), day(2).date()]


def test_a_new_visitor_expires_by_when_they_were_made(desk):
    (made,) = desk.names(*[STRANGER] * 4, on=10)
    assert [each.identity_id for each in desk.names(*[STRANGER] * 3, on=39)] == [made.identity_id]


def test_a_sure_recognition_moves_the_template_and_keeps_the_old_one(desk):
    face = like(ANN, 0.9)
    desk.names(face, face, face)
    (change,) = desk.shelf.changes
    assert (change.identity_id, change.replaced_id, change.camera_id) == ("ann", "a", "till")
    assert change.similarity == pytest.approx(0.9)
    assert desk.shelf.retired == {"a"}
    (template,) = desk.shelf.templates(["ann"])
    assert template.face_id == change.change_id
    assert 0.9 < float(template.embedding @ face) < 0.93


@pytest.mark.parametrize(
    ("faces", "quality"),
    [
        ([like(ANN, 0.69)] * 3, 0.9),
        ([like(ANN, 0.9)] * 3, 0.69),
        ([ANN, ANN, like(ANN, 0.69)], 0.9),
        ([NEAR_BOTH] * 3, 0.9),
        ([ANN, ANN, NEAR_BOTH], 0.9),
    ],
    ids=["not alike enough", "a bad face", "this face is not", "somebody else is near", "to this"],
)
def test_nothing_is_learned_where_there_is_a_doubt(desk, faces, quality):
    assert [each.identity_id for each in desk.names(*faces, quality=quality)] == ["ann"]
    assert desk.shelf.changes == []


NOT_BOB = TrackSight(identity_id="bob", camera_id="till", track_id=1, since=day(1), until=day(2))


@pytest.mark.parametrize(
    "who",
    [
        WhoIsWho(rejected=by_track([NOT_BOB])),
        MatchingWithout(NOTHING_DECIDED, ["bob"]),
    ],
    ids=["rejected", "withheld"],
)
@pytest.mark.parametrize("faces", [[NEAR_BOTH] * 3, [ANN, ANN, NEAR_BOTH]])
def test_who_may_not_be_named_is_near_all_the_same_so_nothing_is_learned(who, faces):
    desk = Desk(decisions=who)
    (name,) = desk.names(*faces)
    assert (name.identity_id, name.runner_up_id) == ("ann", None)
    assert desk.shelf.changes == []


def test_who_may_not_be_named_and_is_not_near_keeps_nobody_from_learning():
    desk = Desk(decisions=MatchingWithout(NOTHING_DECIDED, ["bob"]))
    desk.names(*[like(ANN, 0.9)] * 3)
    assert len(desk.shelf.changes) == 1


def test_a_new_visitor_learns_nothing_of_the_faces_they_were_made_of(desk):
    assert desk.names(*[STRANGER] * 4)
    assert desk.shelf.changes == []


def test_somebody_learns_once_a_day(desk):
    for on in (1, 1.5, 2.1, 2.2):
        desk.names(*[like(ANN, 0.9)] * 3, on=on)
    assert [change.at.date() for change in desk.shelf.changes] == [day(1).date(), day(2).date()]


def test_older_footage_teaches_nothing_new(desk):
    for on in (5, 3):
        desk.names(*[like(ANN, 0.9)] * 3, on=on)
    assert len(desk.shelf.changes) == 1


def test_what_can_be_undone_no_more_is_given_up(desk):
    for on in range(1, 6):
        desk.names(*[like(ANN, 0.9)] * 3, on=on)
    assert len(desk.shelf.changes) == 5
    ids = [change.change_id for change in desk.shelf.changes]
    assert desk.shelf.stored.keys() - {"b"} == set(ids[2:])
    assert desk.shelf.retired & desk.shelf.stored.keys() == set(ids[2:4])


def test_who_is_one_learns_as_one():
    who = WhoIsWho(aliases={"bob": "ann"})
    desk = Desk(who=who)
    desk.names(*[like(BOB, 0.9)] * 3)
    desk.names(*[like(ANN, 0.9)] * 3, on=1.5)
    (change,) = desk.shelf.changes
    assert (change.identity_id, change.replaced_id) == ("ann", "b")


def test_where_it_is_not_wanted_nobody_learns():
    desk = Desk(policy=None)
    desk.names(*[like(ANN, 0.9)] * 3)
    assert desk.shelf.changes == []


def test_by_exchange_a_different_face_becomes_a_template_until_there_are_enough():
    desk = Desk(policy=replace(AVERAGE, kind="exchange", templates=2))
    desk.names(*[like(ANN, 0.75)] * 3)
    assert [change.replaced_id for change in desk.shelf.changes] == [""]
    assert len(desk.shelf.templates(["ann"])) == 2


def test_the_same_faces_make_the_same_changes():
    desks = Desk(), Desk()
    for desk in desks:
        for on in (1, 2, 3):
            desk.names(*[like(ANN, 0.9)] * 3, on=on)
    assert desks[0].shelf.changes == desks[1].shelf.changes


def test_what_is_only_for_review_neither_teaches_nor_keeps_a_visitor(desk):
    face = Face(camera_id="till", track_id=1, face_index=0, captured_at=day(20),
                embedding=like(ANN, 0.9), quality=0.9)  # fmt: skip
    (name,) = Desk(policy=None).names(*[like(ANN, 0.9)] * 3)
    desk.upkeep.named(face, replace(name, decision="review"))
    assert desk.shelf.changes == desk.shelf.sights == []
    desk.upkeep.named(face, name)
    assert len(desk.shelf.changes) == len(desk.shelf.sights) == 1
