"""Keys and faces for the tests of what is protected."""

from pathlib import Path

import numpy as np

from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey
from genesis_ray.store.keys.templates import Protector


def key(version: int = 1, *, tenant_id: str = "default", seed: int = 0) -> TemplateKey:
    return TemplateKey(tenant_id, version, bytes([version, seed, *range(30)]))


def ring(*versions: int, tenant_id: str = "default", seed: int = 0) -> KeyRing:
    keys = tuple(key(version, tenant_id=tenant_id, seed=seed) for version in versions or (1,))
    return KeyRing("file", tenant_id, "/keys/default", keys)


def unit(seed: int, n: int, dimension: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def protected(plain: np.ndarray, key: TemplateKey, embedder: str = "fused") -> np.ndarray:
    return Protector(key, embedder=embedder, dimension=plain.shape[1]).protect(plain)


def holders(folder: Path, embeddings: np.ndarray) -> list[str]:
    """Return the files below a folder that hold one of these embeddings, as floats or doubles."""
    needles = [row.astype(kind).tobytes() for row in embeddings for kind in ("<f4", "<f8")]
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    )
