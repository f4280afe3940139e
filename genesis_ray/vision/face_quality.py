"""How much a picture of a face tells about whose it is."""

from genesis_ray.domain.frames import Image
from genesis_ray.vision.found_face import FoundFace


def quality_of(image: Image, face: FoundFace) -> float:
    """Return 0 (useless) to 1 (large, sharp, frontal)."""
    return 1.0
