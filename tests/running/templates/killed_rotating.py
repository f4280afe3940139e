"""Rotates keys, and is killed at it: `DATA KEYS WHEN` on stdin, see `deadly_steps`."""

from pathlib import Path

from genesis_ray.running.templates.key_rotation import rotate
from genesis_ray.settings import Settings
from tests.deadly_steps import serve


def rotate_keys(data: str, keys: str) -> None:
    rotate(
        Settings(
            data_dir=Path(data),
            faces={"embedder": "synthetic"},
            templates={"key_store": f"file:{keys}"},
        )
    )


if __name__ == "__main__":
    serve(rotate_keys)
