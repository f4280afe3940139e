"""Merges people, and is killed at it: `DATA ONE OTHER WHEN` on stdin, see `deadly_steps`."""

from pathlib import Path

from genesis_ray.running.people.repairs import Repairs
from genesis_ray.settings import Settings
from tests.deadly_steps import serve


def merge(data: str, one: str, other: str) -> None:
    settings = Settings(data_dir=Path(data), faces={"embedder": "synthetic"})
    with Repairs(settings, by="eve", why="the same coat") as repairs:
        repairs.merge(one, other)


if __name__ == "__main__":
    serve(merge)
