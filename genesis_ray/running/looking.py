"""Finding and embedding the faces of head crops in this process, as the live system does apart."""

from collections.abc import Sequence

from genesis_ray.running.assembly import Embedder
from genesis_ray.running.looks import Looks
from genesis_ray.running.station import CameraStation
from genesis_ray.running.station_values import Seen
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.faces import EmbeddedFace, FaceCrop


def looks_of(station: CameraStation, seen: Sequence[Seen], embedder: Embedder) -> Looks:
    """Find the faces of a station's crops, and embed those that it chooses."""
    crops = [crop for one in seen for crop in one.crops]
    looks = station.choose(seen, embedder.find(crops) if crops else [])
    return looks.embedded(embedder.embed(looks.chosen) if looks.chosen else [])


def embed_heads(embedder: Embedder, crops: Sequence[HeadCrop]) -> list[EmbeddedFace | None]:
    """Embed the face of the person each crop is for, whatever its quality; None without one."""
    found = embedder.find(crops)
    faces = [FaceCrop(crop, face) for crop, face in zip(crops, found, strict=True) if face]
    embedded = iter(embedder.embed(faces))
    return [next(embedded) if face else None for face in found]
