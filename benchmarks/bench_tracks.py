"""How many tracks get a wrong name, or none: the real resolver on tracks of real pictures.

    .venv/bin/python benchmarks/bench_tracks.py identities.csv --root faces [--seeds 20]

The pictures are those of `genesis evaluate identification`. A track is five pictures of one person
half a second apart, of other days each. Of people with six pictures or more a third drawn at
random is enrolled, with one picture, among others up to 450; who else has five is a stranger.

A line for tracks without visitors, then with them, for each `--mean-threshold`: the shares of
strangers' tracks that were named somebody who was there before, be it a visitor, and of enrolled
people's that were not named, were named wrongly, or became a visitor. With 95 % intervals from
drawing people with replacement. With `--likeness` once more, with faces that wait for others.

A last line chooses the mean's threshold on one half of all people and scores it on the other, ten
times and both ways: the least at which 1 stranger's track in 500 is named by its mean.
"""

import argparse
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from face_pictures import Indices, Pictures, embedded
from harness import report_latency

from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.recognition.identity import Candidate, Face, MatchPolicy
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.vision import embedders

_FACES = 5
"""Of a track: as many as make a visitor."""

_ENROLLED = 450
_BEARABLE = 1 / 500
_HALVINGS = 10
_TRIED = np.arange(0.0, 0.16, 0.01)
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_RESAMPLES = 1000

Embeddings = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Track:
    """What became of a track.

    Attributes:
        person: Who is on it.
        is_enrolled: They are in the gallery.
        name: What it was named; None: nothing.
        above: For a name by the mean: how far above the threshold of single faces it was.
    """

    person: int
    is_enrolled: bool
    name: FaceRecognized | None
    above: float

    @property
    def is_wrong(self) -> bool:
        """It has the name of somebody else, who was there before."""
        if self.name is None or self.name.is_new:
            return False
        return not self.is_enrolled or self.name.identity_id != str(self.person)

    @property
    def is_as_visitor(self) -> bool:
        """It has the name of another stranger, of whom a visitor was made before."""
        return self.is_wrong and bool(self.name and not self.name.identity_id.isdigit())

    @property
    def is_missed(self) -> bool:
        """It is of somebody enrolled, and does not have their name."""
        return self.is_enrolled and (self.name is None or self.name.identity_id != str(self.person))


class Album:
    """A gallery in memory, exact, which visitors are added to; and the register of these."""

    def __init__(self, people: Iterable[int], faces: Embeddings) -> None:
        self._names = [str(each) for each in people]
        self._faces = list(faces)
        self._matrix = faces

    def nearest(self, embedding: npt.NDArray[np.float32], *, limit: int) -> list[Candidate]:
        """Return the most similar identities, each once."""
        similarities = self._matrix @ embedding
        best: dict[str, Candidate] = {}
        for place in np.argsort(-similarities, kind="stable").tolist():
            name = self._names[place]
            best.setdefault(name, Candidate(name, float(similarities[place])))
            if len(best) == limit:
                break
        return list(best.values())

    def expect(self, embeddings: Embeddings, *, limit: int) -> None:
        """Look for each when it is asked for."""

    def enroll(
        self,
        identity_id: str,
        embeddings: Embeddings,
        *,
        qualities: Sequence[float],  # noqa: ARG002
        at: datetime,  # noqa: ARG002
        camera_id: str,  # noqa: ARG002
    ) -> None:
        """Add faces."""
        self._names += [identity_id] * len(embeddings)
        self._faces += list(embeddings)
        self._matrix = np.stack(self._faces)

    def is_taken(self, identity_id: str, *, at: datetime) -> bool:  # noqa: ARG002
        """Tell whether somebody has this identity."""
        return identity_id in self._names

    def add_visitor(self, identity_id: str, *, at: datetime) -> None:
        """Note nothing: their faces come next."""


def main() -> None:
    """Measure, and print a line a way."""
    options = _options()
    pictures = embedded(
        options.identities,
        root=options.root,
        sets=options.sets,
        embedder=options.embedder,
        without=options.without,
    )
    threshold = embedders.find(options.embedder).threshold
    report(pictures, threshold, options)


def report(pictures: Pictures, threshold: float, options: argparse.Namespace) -> None:
    """Measure by pictures that are embedded, and print a line a way."""
    everybody = np.unique(pictures.person)
    ways: list[tuple[str, ResolverPolicy]] = [("off", _policy(threshold, None, 0.0))]
    ways += [(f"on/mean+{more:g}", _policy(threshold, _FACES, more)) for more in options.means]
    if options.likeness is not None:
        waiting = replace(
            _policy(threshold, _FACES, options.means[-1]),
            tracks_kept=timedelta(days=30),
            tracks_similarity=options.likeness,
        )
        ways.append((f"on/mean+{options.means[-1]:g}/several-tracks", waiting))
    for name, policy in ways:
        seconds, tracks = _resolved(pictures, policy, everybody, options.seeds)
        strangers = [each for each in tracks if not each.is_enrolled]
        enrolled = [each for each in tracks if each.is_enrolled]
        wrong = [each for each in tracks if each.is_wrong]
        report_latency(
            f"tracks/visitors-{name}",
            seconds,
            parameters={"seeds": options.seeds, "threshold": threshold},
            strangers={
                "tracks": len(strangers),
                "people": len({each.person for each in strangers}),
            },
            strangers_named=_share(strangers, [each.is_wrong for each in strangers]),
            as_visitors=sum(each.is_as_visitor for each in strangers),
            by_mean=sum(each.name is not None and each.name.basis == "mean" for each in wrong),
            enrolled={"tracks": len(enrolled), "people": len({each.person for each in enrolled})},
            missed=_share(enrolled, [each.is_missed for each in enrolled]),
            named_wrongly=_share(enrolled, [each.is_wrong for each in enrolled]),
            made_a_visitor=_share(
                enrolled, [bool(each.name and each.name.is_new) for each in enrolled]
            ),
        )
    begun = time.perf_counter()
    chosen = _chosen_on_halves(pictures, threshold, everybody, options.seeds)
    report_latency(
        "tracks/mean-threshold-of-halves",
        [time.perf_counter() - begun],
        parameters={"seeds": options.seeds, "threshold": threshold},
        **chosen,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("identities", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--set", dest="sets", nargs="+", default=["lfw"])
    parser.add_argument("--embedder", default="fused")
    parser.add_argument("--without", nargs="+", default=[], help="people whose labels are wrong")
    parser.add_argument(
        "--mean-threshold", dest="means", nargs="+", type=float, default=[0.0, 0.07]
    )
    parser.add_argument(
        "--likeness", type=float, help="faces of several tracks so alike make a visitor too"
    )
    parser.add_argument("--seeds", type=int, default=20)
    return parser.parse_args()


def _policy(threshold: float, visitor_faces: int | None, mean_threshold: float) -> ResolverPolicy:
    return ResolverPolicy(
        tenant_id="default",
        site_id="site",
        embedder="fused",
        match=MatchPolicy(threshold=threshold),
        min_quality=0.3,
        visitor_faces=visitor_faces,
        mean_threshold=mean_threshold,
    )


def _resolved(
    pictures: Pictures, policy: ResolverPolicy, people: Indices, seeds: int
) -> tuple[list[float], list[Track]]:
    """Have tracks of some of the people named, in galleries of some; return seconds a gallery."""
    counts = np.bincount(pictures.person)
    often, enough = people[counts[people] > _FACES], people[counts[people] >= _FACES]
    others = people[counts[people] < _FACES]
    seconds, tracks = [], []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        known = random.permutation(often)[: len(often) // 3]
        filling = random.permutation(others)[: max(0, _ENROLLED - len(known))]
        gallery = np.concatenate([known, filling])
        orders = {
            int(who): random.permutation(np.flatnonzero(pictures.person == who))
            for who in np.concatenate([gallery, np.setdiff1d(enough, known)])
        }
        album = Album(gallery, pictures.vectors[[orders[int(who)][0] for who in gallery]])
        begun = time.perf_counter()
        tracks += _named(
            pictures, policy, album, orders, set(gallery.tolist()), random.permutation(enough)
        )
        seconds.append(time.perf_counter() - begun)
    return seconds, tracks


def _named(
    pictures: Pictures,
    policy: ResolverPolicy,
    album: Album,
    orders: dict[int, Indices],
    enrolled: Collection[int],
    shown: Indices,
) -> list[Track]:
    """Return what becomes of a track of each of the people shown, one after another."""
    resolver = IdentityResolver(policy, album, album)
    tracks = []
    for number, who in enumerate(shown.tolist()):
        named = [
            event
            for index, picture in enumerate(orders[who][-_FACES:].tolist())
            for event in resolver.resolve(_face(pictures, picture, number, index))
            if isinstance(event, FaceRecognized) and event.decision == "named"
        ]
        name = named[0] if named else None
        by_mean = name is not None and name.basis == "mean" and not name.is_new
        above = name.similarity - policy.match.threshold if name and by_mean else -np.inf
        tracks.append(Track(who, who in enrolled, name, above))
    return tracks


def _face(pictures: Pictures, picture: int, track: int, index: int) -> Face:
    return Face(
        camera_id="door",
        track_id=track + 1,
        face_index=index,
        captured_at=_START + timedelta(minutes=track, seconds=index / 2),
        quality=float(pictures.qualities[picture]),
        embedding=pictures.vectors[picture],
    )


def _share(tracks: Sequence[Track], is_so: Sequence[bool]) -> dict[str, float]:
    return shares([each.person for each in tracks], is_so)


def shares(people: Sequence[int], is_so: Sequence[bool]) -> dict[str, float]:
    """Return the share of things that something holds of, by their people, with its interval."""
    _, person = np.unique(people, return_inverse=True)
    so = np.bincount(person, weights=np.asarray(is_so, np.float64))
    all_of = np.bincount(person)
    drawn = np.random.default_rng(0).integers(len(so), size=(_RESAMPLES, len(so)))
    drawn_shares = so[drawn].sum(axis=1) / all_of[drawn].sum(axis=1)
    low, high = np.quantile(drawn_shares, [0.025, 0.975])
    return {"value": float(np.mean(is_so)), "low": float(low), "high": float(high)}


def _chosen_on_halves(
    pictures: Pictures, threshold: float, people: Indices, seeds: int
) -> dict[str, object]:
    """Choose the mean's threshold on one half of the people, and score it on the other."""
    policy = _policy(threshold, _FACES, 0.0)
    chosen, by_mean, missed = [], [], []
    for halving in range(_HALVINGS):
        order = np.random.default_rng(halving).permutation(people)
        halves = [_resolved(pictures, policy, half, seeds)[1] for half in np.array_split(order, 2)]
        for own, other in (halves, halves[::-1]):
            more = _least(own)
            chosen.append(more)
            strangers = [each for each in other if not each.is_enrolled]
            enrolled = [each for each in other if each.is_enrolled]
            by_mean.append(np.mean([each.above >= more for each in strangers]))
            missed.append(np.mean([each.is_missed or 0 <= each.above < more for each in enrolled]))
    return {
        "chosen": {"mean": float(np.mean(chosen)), "spread": float(np.std(chosen))},
        "strangers_named_by_mean_of_the_other_half": float(np.mean(by_mean)),
        "missed_of_the_other_half": float(np.mean(missed)),
    }


def _least(tracks: Iterable[Track]) -> float:
    """Return how much more suffices for few enough strangers to be named by their mean."""
    above = np.array([each.above for each in tracks if not each.is_enrolled])
    enough = [more for more in _TRIED.tolist() if np.mean(above >= more) <= _BEARABLE]
    return float(enough[0])


if __name__ == "__main__":
    main()
