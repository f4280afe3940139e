"""Forgets Ada, or goes on with it, and is killed at it: `DATA WHEN`, see `deadly_steps`."""

from pathlib import Path

from genesis_ray.running.erasure.forgetting import finish, forget
from genesis_ray.settings import Settings
from tests.deadly_steps import serve
from tests.running.somebody import ADA


def go_on(data: str) -> None:
    settings = Settings(data_dir=Path(data), faces={"embedder": "synthetic"})
    was_done = list((settings.data_dir / "receipts").rglob("*.json"))
    if finish(settings) is None and not was_done:
        forget(settings, ADA.identity_id, by="eve", why="")


if __name__ == "__main__":
    serve(go_on)
