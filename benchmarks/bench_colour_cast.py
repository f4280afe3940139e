"""What a colour cast costs recognition, and what grey-world white balance makes of it.

    .venv/bin/python benchmarks/bench_colour_cast.py [DATA] [--people 250] [--embedder NAME]

DATA has `faces/identities.csv` and LFW's faces; by default it is where the tests look for it. So
many people with two pictures or more are enrolled with the first, as it is. The second is looked
for once: as it is and under each light, without and with white balance by the picture itself, as a
camera's first frame. The line printed says how like genuine pairs are, and at the embedder's
threshold which share is missed (FNIR), and which is taken for somebody else where they themselves
are left out of the gallery (FPIR). Its seconds are of one look at one picture.
"""

import argparse
from itertools import product
from pathlib import Path
from types import MappingProxyType

import numpy as np
from bench_face_width import looked_at, pairs, share
from harness import note, report_latency, seconds_a_call

from genesis_ray.domain.streams.frames import Gains, Image
from genesis_ray.vision.faces import EmbeddedFace, FaceEmbedder
from genesis_ray.vision.white_balance import balanced, gains_of

_DATA = Path(__file__).parents[2] / "shared" / "data"

_LIGHTS: MappingProxyType[str, Gains | None] = MappingProxyType(
    {"none": None, "tungsten": (0.5, 1.0, 1.3), "sodium": (0.2, 0.8, 1.4)}
)
"""What a light, under which the camera's own white balance fails, does to blue, green and red."""


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path, nargs="?", default=_DATA)
    parser.add_argument("--people", type=int, default=250)
    parser.add_argument("--embedder", default="fused")
    asked = parser.parse_args()
    embedder = FaceEmbedder(asked.embedder)
    first, second = pairs(asked.data / "faces")
    first, second = first[: asked.people], second[: asked.people]
    note(f"{len(first)} people")
    seconds: list[float] = []
    enrolled = looked_at(first, embedder, seconds)
    gallery = np.stack([_embedding(face, embedder.dimension) for face in enrolled])
    results = {}
    for light, is_balanced in product(_LIGHTS, (False, True)):
        name = f"{light}, {'grey-world' if is_balanced else 'as-is'}"
        probes = [_lit(image, _LIGHTS[light], is_balanced=is_balanced) for image in second]
        found = looked_at(probes, embedder, seconds)
        results[name] = _scored(gallery, found, embedder.threshold)
        note(f"{name}: {results[name]}")
    report_latency(
        "colour-cast",
        seconds,
        parameters={
            **vars(asked),
            "lights": dict(_LIGHTS),
            "threshold": embedder.threshold,
            "enrolled": len(first),
        },
        results=results,
        costs_ms=_costs_ms(),
    )


def _lit(image: Image, light: Gains | None, *, is_balanced: bool) -> Image:
    under_it = balanced(image, light)
    return balanced(under_it, gains_of(under_it)) if is_balanced else under_it


def _scored(
    gallery: np.ndarray,
    probes: list[EmbeddedFace | None],
    threshold: float,
) -> dict[str, float]:
    """Return the rates for probes, of which row i of the gallery is the same person as i."""
    dimension = gallery.shape[1]
    scores = np.stack([_embedding(face, dimension) for face in probes]) @ gallery.T
    own = scores.diagonal().copy()
    np.fill_diagonal(scores, -1)
    other = scores.max(axis=1)
    found = [face is not None for face in probes]
    return {
        "genuine_mean": round(float(own[found].mean()), 4),
        "genuine_p05": round(float(np.quantile(own[found], 0.05)), 4),
        "impostor_p99": round(float(np.quantile(scores[found], 0.99)), 4),
        "fnir": share(list((own <= threshold) | (own <= other))),
        "fpir": share(list(other > threshold)),
        "no_face": share([not each for each in found]),
    }


def _embedding(face: EmbeddedFace | None, dimension: int) -> np.ndarray:
    """Return a face's template; one that nothing is like where no face was found."""
    return np.zeros(dimension, np.float32) if face is None else face.embedding


def _costs_ms() -> dict[str, float]:
    """Return what telling the gains of a 720p frame takes, and balancing the detector's input."""
    frame = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    small, gains = np.ascontiguousarray(frame[:360, :640]), gains_of(frame)
    calls = {"gains_of": lambda: gains_of(frame), "balanced": lambda: balanced(small, gains)}
    return {
        name: round(1e3 * float(np.median(seconds_a_call(call, repeats=50))), 2)
        for name, call in calls.items()
    }


if __name__ == "__main__":
    main()
