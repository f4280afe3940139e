"""How fast faces are found in a gallery, how surely, and whether it stays as small as it is.

    .venv/bin/python benchmarks/bench_gallery.py [--sizes 1000 10000 100000 1000000]
        [--only exact sketches faiss-flat faiss-hnsw resolver churn] [--probes 500]
        [--churn 50000] [--churn-size 10000] [--churn-rate 200] [--dimension 640] [--folder DIR]

A JSON line for each size and way: `exact` compares all faces, `sketches` those whose sketches are
near, both by the gallery's own calls; `faiss-flat` and `faiss-hnsw` search the same templates by
FAISS, where it is installed (it is no requirement). Samples are seconds of a search of one face;
beside them searches a second of 64 faces at once, the time to build and to open, sizes on the disk
and in memory, and recall: how often the most similar identity by an exact search is the first
found, and how many of the ten most similar are among ten.

`resolver` gives faces of sixteen cameras to the resolver in front of such a gallery: faces a
second. `churn` enrols and removes so many faces one by one, and tells memory and disk on the way.

Templates are drawn as benchmarks/face_templates.py says: three faces a person, like LFW's by the
default embedder. Probes are further faces of people enrolled. Each way has a process of its own.
1,000,000 faces take 12 GB of disk and 8 GB of memory; of ten million see README.md.
"""

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from face_templates import LFW, Crowd, Vectors, likeness
from harness import note, report_latency, report_rate, seconds_a_call

from genesis_ray.domain.recognition.identity import Face, MatchPolicy
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.pipeline.resolver_stage import ResolverStage
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey

_FACES_EACH = 3
_LIMIT = 10
_ROWS = 8 * _LIMIT  # faces that FAISS is asked for, to have ten people
_TOGETHER = 64
_FLUSH_EVERY = 2_000  # people, or a hundredth of all
_CAMERAS = 16
_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
_CHURN_BATCH = 50

Search = Callable[[Vectors], list[list[str]]]
"""Probes [n, dimension] in; the identities nearest to each out, best first."""


@dataclass(frozen=True)
class Material:
    """What is searched, as files that each way's process maps: faces, and whose they are."""

    folder: Path
    size: int

    @property
    def faces(self) -> Vectors:
        """The templates enrolled, [size, dimension]; three after each other are a person's."""
        faces: Vectors = np.load(self.folder / "faces.npy", mmap_mode="r")
        return faces

    @property
    def dimension(self) -> int:
        """Of a template."""
        return self.faces.shape[1]

    @property
    def probes(self) -> Vectors:
        """Further templates of some of these people."""
        probes: Vectors = np.load(self.folder / "probes.npy")
        return probes

    @property
    def nearest(self) -> list[list[str]]:
        """Whom an exact search finds for each probe."""
        rows = np.load(self.folder / "nearest.npy")
        return [[f"{person}" for person in people] for people in rows]

    def people(self) -> Iterator[tuple[str, Vectors]]:
        """Yield each identity with its faces."""
        faces = self.faces
        for start in range(0, self.size, _FACES_EACH):
            yield f"{start // _FACES_EACH}", np.array(faces[start : start + _FACES_EACH])


def main() -> None:
    """Measure, and print a line for each size and way."""
    options = _options()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for size in options.sizes:
            material = _prepared(Path(folder) / f"{size}", size, options)
            for way in options.only:
                note(f"{size:,} faces, {way}")
                with ProcessPoolExecutor(1, mp_context=context) as process:
                    process.submit(_WAYS[way], material, options).result()
            shutil.rmtree(material.folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=[1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--only", nargs="+", choices=list(_WAYS), default=list(_WAYS))
    parser.add_argument("--dimension", type=int, default=640, help="of a template")
    parser.add_argument("--probes", type=int, default=500)
    parser.add_argument("--churn", type=int, default=50_000, help="faces enrolled and removed")
    parser.add_argument("--churn-size", type=int, default=10_000, help="faces that there are")
    parser.add_argument("--churn-rate", type=float, default=200.0, help="of them a second")
    parser.add_argument("--folder", type=Path, help="where galleries are made  [temporary]")
    return parser.parse_args()


def _prepared(folder: Path, size: int, options: argparse.Namespace) -> Material:
    """Draw faces and probes, and find by plain products who is nearest to each probe."""
    folder.mkdir()
    people, probes = -(-size // _FACES_EACH), options.probes
    crowd = Crowd(people, dimension=options.dimension)
    who = np.arange(size) // _FACES_EACH
    faces = crowd.faces(who)
    np.save(folder / "faces.npy", faces)
    wanted = np.random.default_rng(1).integers(people, size=probes)
    drawn = crowd.faces(wanted)
    np.save(folder / "probes.npy", drawn)
    note(f"{size:,} faces: {likeness(faces[:3000], who[:3000])}; LFW: {LFW}")
    nearest = np.empty((probes, min(_LIMIT, people)), np.int64)
    starts = np.arange(0, size, _FACES_EACH)
    for start in range(0, probes, 16):
        products = drawn[start : start + 16] @ faces.T
        best = np.maximum.reduceat(products, starts, axis=1)
        nearest[start : start + 16] = np.argsort(-best, axis=1)[:, :_LIMIT]
    np.save(folder / "nearest.npy", nearest)
    return Material(folder, size)


def _exactly(material: Material, options: argparse.Namespace) -> None:
    _measure_gallery("exact", material, options, exact_up_to=None)


def _by_sketches(material: Material, options: argparse.Namespace) -> None:
    _measure_gallery("sketches", material, options, exact_up_to=1)


def _measure_gallery(
    way: str, material: Material, options: argparse.Namespace, *, exact_up_to: int | None
) -> None:
    folder = material.folder / way
    begun = time.perf_counter()
    with _opened(folder, material.dimension) as gallery:
        _enroll_all(gallery, material)
    built: dict[str, object] = {"enrol_s": round(time.perf_counter() - begun, 1)}
    before = _resident_mb()
    begun = time.perf_counter()
    with _opened(folder, material.dimension, exact_up_to=exact_up_to) as gallery:
        search = _searching(gallery)
        search(material.probes[:1])  # which makes the sketches
        built["open_s"] = round(time.perf_counter() - begun, 2)
        _measure(way, material, options, search, before, disk_mb=_disk_mb(folder), **built)
    shutil.rmtree(folder)


def _by_faiss_flat(material: Material, options: argparse.Namespace) -> None:
    _measure_faiss(
        "faiss-flat", material, options, lambda faiss: faiss.IndexFlatIP(material.dimension)
    )


def _by_faiss_hnsw(material: Material, options: argparse.Namespace) -> None:
    def index(faiss: Any) -> Any:
        hnsw = faiss.IndexHNSWFlat(material.dimension, 20, faiss.METRIC_INNER_PRODUCT)
        hnsw.hnsw.efConstruction = 150
        hnsw.hnsw.efSearch = 200
        return hnsw

    _measure_faiss("faiss-hnsw", material, options, index)


def _measure_faiss(
    way: str, material: Material, options: argparse.Namespace, make: Callable[[Any], Any]
) -> None:
    try:
        import faiss
    except ImportError:
        note(f"{way} is left out: FAISS is not installed")
        return
    before = _resident_mb()
    begun = time.perf_counter()
    index = make(faiss)
    for start in range(0, material.size, 10_000):
        index.add(np.array(material.faces[start : start + 10_000]))
    built = round(time.perf_counter() - begun, 1)

    def search(probes: Vectors) -> list[list[str]]:
        _, rows = index.search(probes, min(_ROWS, material.size))
        owners = [list(dict.fromkeys(f"{row // _FACES_EACH}" for row in own)) for own in rows]
        return [own[:_LIMIT] for own in owners]

    _measure(way, material, options, search, before, index_s=built, faiss=faiss.__version__)


def _measure(
    way: str,
    material: Material,
    options: argparse.Namespace,
    search: Search,
    resident_before: float,
    **more: object,
) -> None:
    probes = material.probes
    each = iter(np.concatenate([probes[:10], probes]))  # the first ten warm up
    alone = seconds_a_call(lambda: search(next(each)[None]), repeats=len(probes), warmup=10)
    stacks = [probes[i : i + _TOGETHER] for i in range(0, len(probes), _TOGETHER)]
    begun = time.perf_counter()
    found = [names for stack in stacks for names in search(stack)]
    together = len(probes) / (time.perf_counter() - begun)
    report_latency(
        f"gallery/{way}/{material.size}",
        alone,
        parameters=_parameters(options),
        searches_a_second_by_64=round(together, 1),
        **_recall(found, material.nearest),
        memory_mb=round(_resident_mb() - resident_before),
        peak_memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        **more,
    )


def _recall(found: Sequence[Sequence[str]], nearest: Sequence[Sequence[str]]) -> dict[str, object]:
    first = [own[:1] == wanted[:1] for own, wanted in zip(found, nearest, strict=True)]
    among = [
        len(set(own) & set(wanted)) / len(wanted)
        for own, wanted in zip(found, nearest, strict=True)
    ]
    return {
        "recall_at_1": round(float(np.mean(first)), 4),
        "recall_at_10": round(float(np.mean(among)), 4),
    }


def _resolve(material: Material, options: argparse.Namespace) -> None:
    """Give stacks of 64 faces, four of each camera, to a resolver."""
    folder = material.folder / "resolver"
    with _opened(folder, material.dimension, exact_up_to=50_000) as gallery:
        _enroll_all(gallery, material)
        resolver = IdentityResolver(_POLICY, gallery, _NobodyNew())
        cameras = [f"camera {number}" for number in range(_CAMERAS)]
        stage = ResolverStage(cameras, resolver)
        probes = material.probes
        rates = []
        now = _NOON
        for start in range(0, len(probes) - _TOGETHER + 1, _TOGETHER):
            now += timedelta(seconds=1)
            faces = [
                Face(
                    camera_id=cameras[number % _CAMERAS],
                    track_id=start + number,
                    face_index=0,
                    captured_at=now,
                    embedding=probe,
                    quality=0.9,
                )
                for number, probe in enumerate(probes[start : start + _TOGETHER])
            ]
            begun = time.perf_counter()
            for camera in cameras:
                own = [face for face in faces if face.camera_id == camera]
                stage.take(camera, own, now)
            rates.append(_TOGETHER / (time.perf_counter() - begun))
    report_rate(
        f"gallery/resolver/{material.size}", rates, of="faces", parameters=_parameters(options)
    )
    shutil.rmtree(folder)


def _churn(material: Material, options: argparse.Namespace) -> None:
    """Enrol a face and remove the oldest one, again and again; once, whatever the sizes are."""
    if material.size != options.sizes[0]:
        return
    crowd = Crowd(options.churn_size, dimension=material.dimension)
    folder = material.folder / "churn"
    seconds: list[float] = []
    progress: list[dict[str, object]] = []
    with _opened(folder, material.dimension) as gallery:
        for person in range(options.churn_size):
            _enroll(gallery, f"{person}", crowd.faces(np.array([person])))
        gallery.flush()
        oldest: list[str] = gallery.faces()["face_id"].to_pylist()
        for done in range(0, options.churn + 1, _CHURN_BATCH):
            if done % max(_CHURN_BATCH, options.churn // 20) == 0:
                progress.append(
                    {
                        "changed": done,
                        "memory_mb": round(_resident_mb()),
                        "disk_mb": round(_disk_mb(folder)),
                    }
                )
                note(f"{progress[-1]}")
            begun = time.perf_counter()
            for number in range(done, done + _CHURN_BATCH):
                person = number % options.churn_size
                _enroll(gallery, f"{person}", crowd.faces(np.array([person])))
            added: list[str] = gallery.pending()["face_id"].to_pylist()
            gallery.remove(oldest[:_CHURN_BATCH])
            oldest = oldest[_CHURN_BATCH:] + added
            gallery.flush()
            seconds.append(time.perf_counter() - begun)
            time.sleep(max(0.0, _CHURN_BATCH / options.churn_rate - seconds[-1]))
    progress.append({"changed": "closed", "disk_mb": round(_disk_mb(folder))})
    report_latency(
        f"gallery/churn/{options.churn_size}",
        seconds,
        parameters=_parameters(options),
        faces_a_sample=_CHURN_BATCH,
        progress=progress,
    )
    shutil.rmtree(folder)


_WAYS: dict[str, Callable[[Material, argparse.Namespace], None]] = {
    "exact": _exactly,
    "sketches": _by_sketches,
    "faiss-flat": _by_faiss_flat,
    "faiss-hnsw": _by_faiss_hnsw,
    "resolver": _resolve,
    "churn": _churn,
}

_POLICY = ResolverPolicy(
    tenant_id="default",
    site_id="site",
    embedder="fused",
    match=MatchPolicy(threshold=0.48),
    min_quality=0.3,
    visitor_faces=None,
)


class _NobodyNew:
    """A register to which no visitor comes."""

    def is_taken(self, identity_id: str, *, at: datetime) -> bool:
        """Not called."""
        raise NotImplementedError(identity_id, at)

    def add_visitor(self, identity_id: str, *, at: datetime) -> None:
        """Not called."""


def _opened(folder: Path, dimension: int, *, exact_up_to: int | None = None) -> FaceGallery:
    key = TemplateKey("default", 1, bytes(range(32)))
    return FaceGallery(
        folder,
        embedder="fused",
        dimension=dimension,
        keys=KeyRing("file", "default", "benchmark", (key,)),
        writer=True,
        exact_up_to=exact_up_to,
    )


def _enroll_all(gallery: FaceGallery, material: Material) -> None:
    at_once = max(_FLUSH_EVERY, material.size // _FACES_EACH // 100)
    for number, (identity_id, faces) in enumerate(material.people(), 1):
        _enroll(gallery, identity_id, faces)
        if number % at_once == 0:
            gallery.flush()
    gallery.flush()


def _enroll(gallery: FaceGallery, identity_id: str, faces: Vectors) -> None:
    gallery.enroll(identity_id, faces, qualities=[0.9] * len(faces), at=_NOON)


def _searching(gallery: FaceGallery) -> Search:
    def search(probes: Vectors) -> list[list[str]]:
        gallery.expect(probes, limit=_LIMIT)
        found = [gallery.nearest(probe, limit=_LIMIT) for probe in probes]
        return [[each.identity_id for each in own] for own in found]

    return search


def _parameters(options: argparse.Namespace) -> dict[str, object]:
    return {**vars(options), "limit": _LIMIT, "likeness": asdict(LFW)}


def _resident_mb() -> float:
    resident: float = psutil.Process().memory_info().rss / 2**20
    return resident


def _disk_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
